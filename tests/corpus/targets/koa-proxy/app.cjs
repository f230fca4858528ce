const { Redis } = require('ioredis');
const Koa = require('koa');
const rateLimit = require('koa-ratelimit');

const redis = new Redis(Number(process.env.STORE), '127.0.0.1');

const app = new Koa({ proxy: true });
app.use(rateLimit({ driver: 'redis', db: redis, duration: 5000, max: 6 }));
app.use((context) => {
  if (context.path !== '/api/quote') return;
  context.body = { pair: 'EURUSD', bid: '1.0841' };
});
app.listen(Number(process.env.PORT), '127.0.0.1');
