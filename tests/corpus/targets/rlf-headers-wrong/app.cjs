const { RateLimiterMemory } = require('rate-limiter-flexible');
const { application, listen, quote, refuse } = require(`${process.env.LIB}/express_app.cjs`);

const limiter = new RateLimiterMemory({ points: 6, duration: 6 });
const app = application();
app.get('/api/quote', async (request, response) => {
  response.set('X-RateLimit-Limit', '60');
  try {
    const { remainingPoints } = await limiter.consume(request.ip);
    response.set('X-RateLimit-Remaining', String(remainingPoints + 54));
  } catch (refusal) {
    return refuse(response, refusal.msBeforeNext);
  }
  return quote(request, response);
});
listen(app);
