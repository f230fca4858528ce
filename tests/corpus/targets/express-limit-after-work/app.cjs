const { rateLimit } = require('express-rate-limit');
const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
const lookUpAccount = (_request, _response, next) => setTimeout(next, 40);
app.get('/api/quote', lookUpAccount, rateLimit({ windowMs: 6000, limit: 6 }), quote);
listen(app);
