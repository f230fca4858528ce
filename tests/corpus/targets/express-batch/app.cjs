const { rateLimit } = require('express-rate-limit');
const { application, listen } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
app.use(rateLimit({ windowMs: 6000, limit: 6 }));
const check = ({ code }) => ({ code, valid: code === 'SPRING' });
app.post('/api/vouchers', (request, response) => response.json(Array.isArray(request.body) ? request.body.map(check) : check(request.body)));
listen(app);
