const { Redis } = require('ioredis');
const { application, listen, quote, refuse } = require(`${process.env.LIB}/express_app.cjs`);
const redis = new Redis(Number(process.env.STORE), '127.0.0.1');

const LIMIT = 6, WINDOW_S = 5;

const app = application();
app.use('/api', async (request, response, next) => {
  const tenant = request.get('x-tenant-id'), user = request.get('x-user-id');
  if (!tenant || !user) return response.status(401).json({ error: 'X-Tenant-Id and X-User-Id are required' });
  const key = `${tenant}:${user}`;
  const hits = await redis.incr(key);
  if (hits === 1) await redis.expire(key, WINDOW_S);
  return hits > LIMIT ? refuse(response, await redis.pttl(key)) : next();
});
app.get('/api/quote', quote);
listen(app);
