// An application that knows no limit, for limiters that stand in front of one: one document, and 404 elsewhere.
const http = require('node:http');

http.createServer((request, response) => {
  const found = request.url.split('?')[0] === '/api/report';
  response.writeHead(found ? 200 : 404, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(found ? { report: 'daily', rows: [1, 2, 3] } : { error: 'not found' }));
}).listen(Number(process.argv[2]), '127.0.0.1');
