// A fixed window by client address: express-rate-limit with its defaults. Prints a line for each request.
import express from 'express';
import { rateLimit } from 'express-rate-limit';

const { PORT, LIMIT, WINDOW_S } = process.env;
const app = express();
app.use((request, _response, next) => {
  process.stdout.write(`${request.method}\n`);
  next();
});
app.use('/api', rateLimit({ limit: Number(LIMIT), windowMs: Number(WINDOW_S) * 1000 }));
app.get('/api/v1/items', (_request, response) => response.json({ items: [1, 2, 3] }));
app.listen(Number(PORT), '127.0.0.1');
