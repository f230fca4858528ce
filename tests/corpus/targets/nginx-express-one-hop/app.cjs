const { rateLimit } = require('express-rate-limit');
const { application, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
app.set('trust proxy', 1);
app.use('/api', rateLimit({ windowMs: 5000, limit: 6 }));
app.get('/api/quote', quote);
app.listen(Number(process.env.UPSTREAM), '127.0.0.1');
