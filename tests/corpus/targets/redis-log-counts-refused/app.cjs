const { Redis } = require('ioredis');
const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);
const redis = new Redis(Number(process.env.STORE), '127.0.0.1');

const LIMIT = 6, WINDOW_MS = 5000;

const app = application();
app.use('/api', async (request, response, next) => {
  const key = `log:${request.ip}`, now = Date.now();
  const [, , [, count]] = await redis.multi().zremrangebyscore(key, 0, now - WINDOW_MS).zadd(key, now, `${now}-${Math.random()}`)
    .zcard(key).pexpire(key, WINDOW_MS).exec();
  return count > LIMIT ? response.status(429).json({ error: 'too many requests' }) : next();
});
app.get('/api/quote', quote);
listen(app);
