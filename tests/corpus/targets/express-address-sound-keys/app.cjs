const { rateLimit } = require('express-rate-limit');
const { application, listen, quote, customersOnly } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
app.use('/api', rateLimit({ windowMs: 7000, limit: 12 }), customersOnly);
app.get('/api/quote', quote);
listen(app);
