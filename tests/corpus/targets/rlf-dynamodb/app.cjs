const { DynamoDB } = require('@aws-sdk/client-dynamodb');
const { RateLimiterDynamo } = require('rate-limiter-flexible');
const { application, listen, quote, customersOnly, refuse } = require(`${process.env.LIB}/express_app.cjs`);

const limiter = new RateLimiterDynamo({ storeClient: new DynamoDB({}), tableName: 'limits', points: 6, duration: 6, ttlSet: true }, (error) => {
  if (error) throw error;
  listen(app);
});

const app = application();
app.use('/api', customersOnly, async (request, response, next) => {
  try {
    await limiter.consume(request.customer);
  } catch (refusal) {
    return refusal instanceof Error ? next(refusal) : refuse(response, refusal.msBeforeNext);
  }
  return next();
});
app.get('/api/quote', quote);
