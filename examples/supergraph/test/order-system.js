const { createServer } = require('node:http');
const { setTimeout: sleep } = require('node:timers/promises');

/** Longest wait for a webhook, in milliseconds. */
const WEBHOOK_MS = 15_000;

/** The order system's end of the webhooks: takes every one, and remembers it. */
async function takeWebhooks() {
  const taken = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    taken.push(JSON.parse(body));
    response.writeHead(204).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    taken,
    /** Resolves with the first message of a type that `matches`. */
    async next(type, matches) {
      for (let waited = 0; waited < WEBHOOK_MS; waited += 20) {
        const found = taken.find((one) => one.type === type && matches(one.data));
        if (found) return found;
        await sleep(20);
      }
      throw new Error(`No ${type}; came: ${taken.map((one) => one.type).join(', ')}`);
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What Rewards was asked for and told, by its own count: root fields, types of events. */
async function countedCalls(operationsUrl) {
  const text = await (await fetch(`${operationsUrl}/metrics`)).text();
  const labels = (metric, label) =>
    [...text.matchAll(new RegExp(`^${metric}\\{(.*)\\} [1-9]`, 'gm'))].map(
      ([, given]) => new RegExp(`${label}="([^"]+)"`).exec(given)[1],
    );
  return [
    ...labels('rewards_operation_seconds_count', 'operation').map((name) => `field ${name}`),
    ...labels('rewards_events_total', 'type').map((type) => `event ${type}`),
  ];
}

module.exports = { takeWebhooks, countedCalls };
