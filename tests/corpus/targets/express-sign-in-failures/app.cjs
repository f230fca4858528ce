const { rateLimit } = require('express-rate-limit');
const { application, listen } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
app.use(rateLimit({ windowMs: 6000, limit: 6, skipFailedRequests: true }));
app.post('/auth/login', (request, response) => {
  const { email, password } = request.body ?? {};
  if (email !== 'ada@example.com' || password !== 'correct horse') return response.status(401).json({ error: 'wrong email or password' });
  return response.json({ token: 'session-token' });
});
listen(app);
