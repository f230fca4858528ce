const fastify = require('fastify')();

const CUSTOMERS = { 'demo-key-1': 'ada', 'demo-key-2': 'babbage' };

(async () => {
  fastify.addHook('onRequest', async (request, reply) => {
    request.customer = CUSTOMERS[request.headers['x-api-key']];
    if (!request.customer) return reply.code(401).send({ error: 'unknown key' });
  });
  await fastify.register(require('@fastify/rate-limit'), { max: 5, timeWindow: 6000, keyGenerator: (request) => request.customer });
  fastify.get('/api/quote', async () => ({ pair: 'EURUSD', bid: '1.0841' }));
  await fastify.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
})();
