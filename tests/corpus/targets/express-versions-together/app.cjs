const { rateLimit } = require('express-rate-limit');
const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
const limit = rateLimit({ windowMs: 6000, limit: 6 });
app.get('/api/v1/quote', limit, quote);
app.get('/api/v2/quote', limit, quote);
listen(app);
