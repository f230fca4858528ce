// What the Express targets share: an application that listens, and the customers whose keys are known.
const express = require('express');

const CUSTOMERS = new Map([['demo-key-1', 'ada'], ['demo-key-2', 'babbage'], ['demo-key-3', 'curie']]);

exports.application = () => {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());
  return app;
};
exports.listen = (app) => app.listen(Number(process.env.PORT), '127.0.0.1');
exports.customer = (key) => CUSTOMERS.get(key);
// 401 unless X-API-Key is a customer's; request.customer is who that is.
exports.customersOnly = (request, response, next) => {
  request.customer = CUSTOMERS.get(request.get('x-api-key'));
  return request.customer ? next() : response.status(401).json({ error: 'X-API-Key of a customer is required' });
};
exports.quote = (_request, response) => response.json({ pair: 'EURUSD', bid: '1.0841', ask: '1.0843' });
exports.refuse = (response, waitMs) =>
  response.status(429).set('Retry-After', String(Math.max(1, Math.ceil(waitMs / 1000)))).json({ error: 'too many requests' });
