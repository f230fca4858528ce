const { Redis } = require('ioredis');
const { application, listen, quote, customersOnly, refuse } = require(`${process.env.LIB}/express_app.cjs`);
const redis = new Redis(Number(process.env.STORE), '127.0.0.1');

const LIMIT = 6, WINDOW_MS = 6000;

const app = application();
app.use('/api', customersOnly, async (request, response, next) => {
  const key = `log:${request.customer}`, now = Date.now();
  await redis.zremrangebyscore(key, 0, now - WINDOW_MS);
  if ((await redis.zcard(key)) >= LIMIT) {
    const [, oldest] = await redis.zrange(key, 0, 0, 'WITHSCORES');
    return refuse(response, Number(oldest) + WINDOW_MS - now);
  }
  await redis.zadd(key, now, `${now}-${Math.random()}`);
  await redis.pexpire(key, WINDOW_MS);
  return next();
});
app.get('/api/quote', quote);
listen(app);
