const { rateLimit } = require('express-rate-limit');
const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
const session = (request) => /(?:^|; *)sid=([^;]*)/.exec(request.get('cookie') ?? '')?.[1] ?? 'none';
app.get('/api/quote', rateLimit({ windowMs: 5000, limit: 6, keyGenerator: session }), quote);
listen(app);
