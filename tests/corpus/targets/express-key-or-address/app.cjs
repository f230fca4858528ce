const { rateLimit } = require('express-rate-limit');
const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
const client = (request) => request.get('x-api-key') ?? request.ip;
app.use('/api', rateLimit({ windowMs: 5000, limit: 6, keyGenerator: client }));
app.get('/api/quote', quote);
listen(app);
