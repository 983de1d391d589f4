/**
 * `npm run supergraph`: starts the neighbours, the Rewards subgraph and the gateway, tells Rewards what
 * has happened so far, prints what to try, and ends all of it on Ctrl-C. Installs this package first, so
 * what needs its dependencies is loaded after that.
 */

/** Addresses that a person remembers, and that supergraph.graphql names. */
const PORTS = { gateway: 4000, customers: 4001, orders: 4002, rewards: 4003 };

const QUERY = `query Storefront {
  customer(id: "ada") {
    name
    xPoints { available value { amount currency } }
    tier { tier { name } next { tier { name } missing { amount } progress } }
    orders {
      number
      netTotal { amount currency }
      xPoints { earned }
      xPointsQuote(customerId: "ada") { earns payable remainder { amount } }
    }
  }
}`;

async function main() {
  require('./install');
  const { startSupergraph } = require('./supergraph');
  const { history } = require('./neighbours/events');
  const ending = new AbortController();
  const ended = new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, resolve);
  }).then(() => ending.abort());

  console.log('Starting the supergraph …');
  const supergraph = await startSupergraph({ ports: PORTS, signal: ending.signal });
  try {
    await supergraph.rewards.tell(history());
    console.log(await invitation(supergraph));
    await ended;
    console.log('\nStopping …');
  } finally {
    await supergraph.stop();
  }
}

async function invitation({ url, urls, token }) {
  const [member, desk, partner, analyst] = await Promise.all([
    token('ada'),
    token('desk-1', 'rewards:desk'),
    token('pat', 'rewards:partner', 'acme'),
    token('ana', 'rewards:analytics'),
  ]);
  return `
  gateway    ${url}   (GraphiQL in a browser)
  customers  ${urls.customers}
  orders     ${urls.orders}
  rewards    ${urls.rewards}   (lets only the gateway in)

Ada's token, sent as {"Authorization": "Bearer …"}, over a WebSocket as connection_init {"token": "…"}:
${member}

The rewards desk's:
${desk}

A partner's, of the organisation acme (examples/partner):
${partner}

An analyst's (examples/analytics):
${analyst}

A query to paste:
${QUERY}

Or at once:
curl -s ${url} -H 'content-type: application/json' -H 'authorization: Bearer ${member}' \\
  -d '${JSON.stringify({ query: QUERY.replace(/\s+/g, ' ') })}'

Ctrl-C ends all of it.`;
}

main().catch((error) => {
  if (error.name === 'AbortError') return;
  console.error(error.message);
  process.exitCode = 1;
});
