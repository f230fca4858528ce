const { rateLimit } = require('express-rate-limit');
const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
const client = (request) => (request.get('x-forwarded-for') ?? request.socket.remoteAddress).split(',')[0].trim();
app.use('/api', rateLimit({ windowMs: 5000, limit: 7, keyGenerator: client }));
app.get('/api/quote', quote);
listen(app);
