const { rateLimit } = require('express-rate-limit');
const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
app.get('/api/v1/quote', quote);
app.get('/api/v2/quote', rateLimit({ windowMs: 6000, limit: 6 }), quote);
listen(app);
