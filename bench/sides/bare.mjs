/** No GraphQL at all: the ids out of the request, one statement, JSON. */
import { createServer } from 'node:http';
import { openData, serve } from './peer-data.mjs';

const POOL_SIZE = 10;

serve(async (url) => {
  const data = openData(url, POOL_SIZE);
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', async () => {
      const { variables } = JSON.parse(Buffer.concat(parts).toString('utf8'));
      const loader = data.makeLoader();
      const found = await loader.loadMany(variables.representations.map(({ id }) => id));
      const body = JSON.stringify({
        data: { _entities: found.map(({ id, xPoints, tier }) => ({ id, xPoints, tier })) },
      });
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { port: server.address().port };
});
