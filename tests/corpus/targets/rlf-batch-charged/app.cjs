const { RateLimiterMemory } = require('rate-limiter-flexible');
const { application, listen, refuse } = require(`${process.env.LIB}/express_app.cjs`);

const limiter = new RateLimiterMemory({ points: 6, duration: 6 });
const app = application();
const check = ({ code }) => ({ code, valid: code === 'SPRING' });
app.post('/api/vouchers', async (request, response) => {
  const codes = Array.isArray(request.body) ? request.body : [request.body];
  if (codes.length > 20) return response.status(400).json({ error: 'at most 20 codes' });
  try {
    await limiter.consume(request.ip, codes.length);
  } catch (refusal) {
    return refuse(response, refusal.msBeforeNext);
  }
  return response.json(Array.isArray(request.body) ? codes.map(check) : check(codes[0]));
});
listen(app);
