const { rateLimit } = require('express-rate-limit');
const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
const isLoadTest = (request) => request.get('x-ratelimit-bypass') !== undefined;
app.use('/api', rateLimit({ windowMs: 6000, limit: 6, skip: isLoadTest }));
app.get('/api/quote', quote);
listen(app);
