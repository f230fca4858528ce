const { rateLimit } = require('express-rate-limit');
const { application, customersOnly, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
app.use('/api', customersOnly);
app.use('/api', rateLimit({ windowMs: 6000, limit: 6, keyGenerator: (request) => request.customer, skip: (request) => request.customer === 'curie' }));
app.get('/api/quote', (request, response) => (request.get('x-debug') ? response.set('X-Served-By', 'one') : response) && quote(request, response));
listen(app);
