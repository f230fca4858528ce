const { Redis } = require('ioredis');
const { application, listen, quote, customersOnly, refuse } = require(`${process.env.LIB}/express_app.cjs`);
const redis = new Redis(Number(process.env.STORE), '127.0.0.1');

const LIMIT = 8, WINDOW_MS = 6000;
redis.defineCommand('gcra', { numberOfKeys: 1, lua: `
  local now = redis.call('TIME')
  now = now[1] * 1000 + now[2] / 1000
  local gap, window = tonumber(ARGV[1]), tonumber(ARGV[2])
  local due = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
  local wait = due + gap - window - now
  if wait > 0 then return tostring(wait) end
  redis.call('SET', KEYS[1], due + gap, 'PX', math.ceil(window))
  return '0'` });

const app = application();
app.use('/api', customersOnly, async (request, response, next) => {
  const waitMs = Number(await redis.gcra(`gcra:${request.customer}`, WINDOW_MS / LIMIT, WINDOW_MS));
  return waitMs > 0 ? refuse(response, waitMs) : next();
});
app.get('/api/quote', quote);
listen(app);
