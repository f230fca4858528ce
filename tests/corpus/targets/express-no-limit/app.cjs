const { application, listen, quote } = require(`${process.env.LIB}/express_app.cjs`);

const app = application();
app.get('/api/quote', quote);
listen(app);
