const { rateLimit } = require('express-rate-limit');
const { application, listen } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
app.use('/api', rateLimit({ windowMs: 5000, limit: 6, statusCode: 200, message: { ok: false, error: { code: 'RATE_LIMITED' } } }));
app.get('/api/quote', (_request, response) => response.json({ ok: true, result: { pair: 'EURUSD', bid: '1.0841' } }));
listen(app);
