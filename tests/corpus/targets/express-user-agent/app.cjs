const { rateLimit, ipKeyGenerator } = require('express-rate-limit');
const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
const client = (request) => `${ipKeyGenerator(request.ip)} ${request.get('user-agent')}`;
app.use('/api', rateLimit({ windowMs: 6000, limit: 8, keyGenerator: client, standardHeaders: 'draft-8', legacyHeaders: false }));
app.get('/api/quote', quote);
listen(app);
