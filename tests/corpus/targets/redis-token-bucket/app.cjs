const { Redis } = require('ioredis');
const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);
const redis = new Redis(Number(process.env.STORE), '127.0.0.1');

const LIMIT = 6, WINDOW_S = 6;
redis.defineCommand('take', { numberOfKeys: 1, lua: `
  local now = redis.call('TIME')
  now = now[1] + now[2] / 1000000
  local capacity, rate = tonumber(ARGV[1]), tonumber(ARGV[1]) / tonumber(ARGV[2])
  local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
  local tokens = math.min(capacity, (tonumber(state[1]) or capacity) + (now - (tonumber(state[2]) or now)) * rate)
  local taken = tokens >= 1
  if taken then tokens = tokens - 1 end
  redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
  redis.call('EXPIRE', KEYS[1], tonumber(ARGV[2]) * 2)
  return taken and '0' or tostring((1 - tokens) / rate)` });

const app = application();
app.use('/api', async (request, response, next) => {
  const wait = Number(await redis.take(`bucket:${request.ip}`, LIMIT, WINDOW_S));
  if (wait === 0) return next();
  return response.status(429).set('Retry-After', String(Math.floor(wait))).json({ error: 'too many requests' });
});
app.get('/api/quote', quote);
listen(app);
