const { Redis } = require('ioredis');
const { application, listen, quote, refuse } = require(`${process.env.LIB}/express_app.cjs`);
const redis = new Redis(Number(process.env.STORE), '127.0.0.1');

const LIMIT = 5, WINDOW_S = 5;

const app = application();
app.use('/api', async (request, response, next) => {
  const apiKey = request.get('x-api-key');
  if (!apiKey) return response.status(401).json({ error: 'X-API-Key is required' });
  const key = `rl:${apiKey.slice(0, 32)}`;
  const hits = await redis.incr(key);
  if (hits === 1) await redis.expire(key, WINDOW_S);
  return hits > LIMIT ? refuse(response, await redis.pttl(key)) : next();
});
app.get('/api/quote', quote);
listen(app);
