/**
 * The shop's own server, as small as it gets: it serves the page, knows who is signed in, and passes GraphQL on to
 * the gateway with that person's token. The token never reaches the page, and neither does the gateway's address.
 *
 *   GATEWAY_URL=http://localhost:4000/graphql CUSTOMER_ID=ada TOKEN=… node serve.js
 */
const { createReadStream } = require('node:fs');
const { createServer } = require('node:http');
const { extname, join } = require('node:path');

const DIST = join(__dirname, 'dist');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const FILES = { '/': 'index.html', '/page.js': 'page.js', '/page.css': 'page.css' };
/** No order form of ours is longer. */
const BODY_MAX = 100_000;

/**
 * Serves the page on loopback. `session` says who is signed in: `{ customerId, token }`; a real shop looks it up by
 * its own cookie. `port` 0 lets the system choose. Resolves with the address and a function that stops it.
 */
async function serveStorefront({ gateway, session, port = 0 }) {
  const server = createServer((request, response) => {
    answer(request, response, { gateway, session }).catch(() => {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    });
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request, response, { gateway, session }) {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (request.method === 'POST' && pathname === '/graphql') {
    return passOn(request, response, gateway, await session());
  }
  if (pathname === '/session') {
    const { customerId } = await session();
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    return response.end(JSON.stringify({ customerId }));
  }
  const file = FILES[pathname];
  if (file === undefined) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': `${TYPES[extname(file)]}; charset=utf-8` });
  createReadStream(join(DIST, file)).pipe(response);
}

/** Only JSON is passed on: another site's form cannot send that without asking, so it cannot act for who is signed in. */
async function passOn(request, response, gateway, { token }) {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return response.writeHead(415).end();
  }
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > BODY_MAX) return response.writeHead(413).end();
  }
  const answered = await fetch(gateway, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      authorization: `Bearer ${token}`,
    },
    body,
  });
  response.writeHead(answered.status, {
    'content-type': answered.headers.get('content-type') ?? 'application/json',
    'cache-control': 'no-store',
  });
  response.end(await answered.text());
}

async function main() {
  const { GATEWAY_URL = 'http://localhost:4000/graphql', CUSTOMER_ID = 'ada', TOKEN } = process.env;
  if (!TOKEN) throw new Error('TOKEN is missing: `npm run supergraph` prints one of Ada’s.');
  const session = async () => ({ customerId: CUSTOMER_ID, token: TOKEN });
  const { url } = await serveStorefront({ gateway: GATEWAY_URL, session, port: 3000 });
  console.log(`The shop is on ${url}`);
}

if (require.main === module) {
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

module.exports = { serveStorefront };
