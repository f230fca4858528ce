const { Redis } = require('ioredis');
const { RateLimiterRedis } = require('rate-limiter-flexible');
const { application, listen, quote, customer, refuse } = require(`${process.env.LIB}/express_app.cjs`);
const redis = new Redis(Number(process.env.STORE), '127.0.0.1');

const limiter = new RateLimiterRedis({ storeClient: redis, points: 6, duration: 5 });

const app = application();
app.use('/api', async (request, response, next) => {
  const key = request.get('x-api-key') ?? '';
  if (!customer(key.trim().toLowerCase())) return response.status(401).json({ error: 'unknown key' });
  try {
    await limiter.consume(key);
  } catch (refusal) {
    return refuse(response, refusal.msBeforeNext);
  }
  return next();
});
app.get('/api/quote', quote);
listen(app);
