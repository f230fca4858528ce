const { RateLimiterMemory } = require('rate-limiter-flexible');
const { application, listen, refuse } = require(`${process.env.LIB}/express_app.cjs`);

const perAccount = new RateLimiterMemory({ points: 5, duration: 6 });
const perAddress = new RateLimiterMemory({ points: 5, duration: 6 });

const app = application();
app.post('/auth/login', async (request, response) => {
  const { email, password } = request.body ?? {};
  if (typeof email !== 'string' || typeof password !== 'string' || email.length > 200) return response.status(400).json({ error: 'email and password' });
  const account = email.trim().toLowerCase();
  try {
    await Promise.all([perAddress.consume(request.ip), perAccount.consume(account)]);
  } catch (refusal) {
    return refuse(response, refusal.msBeforeNext);
  }
  if (account !== 'ada@example.com' || password !== 'correct horse') return response.status(401).json({ error: 'wrong email or password' });
  return response.json({ token: 'session-token' });
});
listen(app);
