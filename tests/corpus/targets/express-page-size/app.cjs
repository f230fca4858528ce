const { rateLimit } = require('express-rate-limit');
const { application, listen } = require(`${process.env.LIB}/express_app.cjs`);

const products = Array.from({ length: 20000 }, (_, index) => ({ id: index + 1 }));
const app = application();
app.use(rateLimit({ windowMs: 6000, limit: 6 }));
app.get('/shop/products', (request, response) => response.json({ products: products.slice(0, Number(request.query.per_page ?? 25)) }));
listen(app);
