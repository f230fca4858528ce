const { RateLimiterMemory } = require('rate-limiter-flexible');
const { application, listen, quote, customer, refuse } = require(`${process.env.LIB}/express_app.cjs`);

const limiter = new RateLimiterMemory({ points: 7, duration: 6 });

const app = application();
app.use('/api', async (request, response, next) => {
  const key = (request.get('x-api-key') ?? '').trim().toLowerCase();
  if (!customer(key)) return response.status(401).json({ error: 'unknown key' });
  try {
    await limiter.consume(key);
  } catch (refusal) {
    return refuse(response, refusal.msBeforeNext);
  }
  return next();
});
app.get('/api/quote', quote);
listen(app);
