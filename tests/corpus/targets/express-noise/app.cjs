const { rateLimit } = require('express-rate-limit');
const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
app.use((_request, _response, next) => setTimeout(next, 40 * Math.random()));
app.use('/api', rateLimit({ windowMs: 6000, limit: 10 }));
app.get('/api/quote', (request, response) => {
  if (Math.random() < 0.01) return response.status(502).json({ error: 'bad gateway' });
  return quote(request, response);
});
listen(app);
