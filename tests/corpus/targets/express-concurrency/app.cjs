const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
let inFlight = 0;
app.use('/api', (_request, response, next) => {
  if (inFlight >= 4) return response.status(503).json({ error: 'busy' });
  inFlight += 1;
  response.on('close', () => { inFlight -= 1; });
  return setTimeout(next, 20);
});
app.get('/api/quote', quote);
listen(app);
