const { application, listen, quote, refuse } = require(`${process.env.LIB}/express_app.cjs`);

// An exact log; whoever goes on while refused is banned for two seconds more each time.
const LIMIT = 5, WINDOW_MS = 4000, MORE_MS = 2000;
const clients = new Map();

const app = application();
app.use('/api', (request, response, next) => {
  const now = performance.now();
  const client = clients.get(request.ip) ?? clients.set(request.ip, { times: [], until: 0 }).get(request.ip);
  const full = client.times.length >= LIMIT ? client.times[client.times.length - LIMIT] + WINDOW_MS : 0;
  if (now < Math.max(full, client.until)) {
    client.until = Math.max(full, client.until) + MORE_MS;
    return refuse(response, client.until - now);
  }
  client.times.push(now);
  return next();
});
app.get('/api/quote', quote);
listen(app);
