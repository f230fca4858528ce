const fastify = require('fastify')({ trustProxy: true });

(async () => {
  await fastify.register(require('@fastify/rate-limit'), { max: 8, timeWindow: 5000 });
  fastify.get('/api/quote', async () => ({ pair: 'EURUSD', bid: '1.0841' }));
  await fastify.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
})();
