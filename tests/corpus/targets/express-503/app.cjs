const { rateLimit } = require('express-rate-limit');
const { application, listen, quote, customersOnly } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
app.use('/api', customersOnly, rateLimit({ windowMs: 6000, limit: 5, statusCode: 503, keyGenerator: (request) => request.customer }));
app.get('/api/quote', quote);
listen(app);
