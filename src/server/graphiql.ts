import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Served from the packages themselves, so that the page works without a network. */
const ASSETS = [
  { name: 'react.js', from: 'react', file: 'umd/react.production.min.js' },
  { name: 'react-dom.js', from: 'react-dom', file: 'umd/react-dom.production.min.js' },
  { name: 'graphiql.js', from: 'graphiql', file: 'graphiql.min.js' },
  { name: 'graphiql.css', from: 'graphiql', file: 'graphiql.min.css' },
] as const;

const START = `
const url = new URL('/graphql', location.href);
const subscriptionUrl = Object.assign(new URL(url), { protocol: url.protocol.replace('http', 'ws') });
const fetcher = GraphiQL.createFetcher({ url: url.href, subscriptionUrl: subscriptionUrl.href });
const defaultQuery = \`# Who asks stands in the Headers tab below:
#   { "authorization": "Bearer <token>" }
# A token for the customer ada:       npm run --silent token -- --sub ada
# A token for the rewards desk:       npm run --silent token -- --sub you --scope rewards:desk

query Programs {
  rewardsPrograms { code currency tiers { code name pointsPerUnit } }
}
\`;
ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, { fetcher, defaultQuery, defaultEditorToolsVisibility: 'headers' }),
);
`;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Rewards – GraphiQL</title>
<link rel="stylesheet" href="/graphiql/graphiql.css">
<style>html, body, #graphiql { height: 100%; margin: 0; }</style>
</head>
<body>
<div id="graphiql"></div>
<script src="/graphiql/react.js"></script>
<script src="/graphiql/react-dom.js"></script>
<script src="/graphiql/graphiql.js"></script>
<script>${START}</script>
</body>
</html>
`;

const POLICY = [
  "default-src 'none'",
  "connect-src 'self' ws: wss:",
  `script-src 'self' 'sha256-${createHash('sha256').update(START).digest('base64')}'`,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Whether a browser asks to see a page. */
export function wantsPage(accept: string | undefined): boolean {
  return accept?.includes('text/html') ?? false;
}

/** Answers with the GraphiQL page. */
export function sendGraphiql(reply: FastifyReply): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', POLICY)
    .send(PAGE);
}

/** GraphiQL at /graphiql, for development: its packages are not installed in production. */
export function registerGraphiql(fastify: FastifyInstance): void {
  fastify.get('/graphiql', async (_request, reply) => sendGraphiql(reply));
  for (const { name, from, file } of ASSETS) {
    const type = name.endsWith('.css') ? 'text/css' : 'text/javascript';
    fastify.get(`/graphiql/${name}`, async (_request, reply) => {
      const path = join(dirname(require.resolve(`${from}/package.json`)), file);
      return reply.type(`${type}; charset=utf-8`).send(await readFile(path));
    });
  }
}
