/** Loads the packages that the service loads, and does nothing: a bare HTTP server that answers. */
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');

for (const file of JSON.parse(readFileSync(process.argv[2], 'utf8'))) require(file);

const server = createServer((request, response) => {
  request.resume().on('end', () => response.end('{"data":{"answered":true}}'));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  process.stdout.write(`{"url":"http://127.0.0.1:${port}","msg":"Serving"}\n`);
});
