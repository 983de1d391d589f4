const { after, before, describe, it } = require('node:test');
const { GATEWAYS } = require('../gateways');
const { history } = require('../neighbours/events');
const { startSupergraph } = require('../supergraph');
const { ask } = require('./client');
const { REDEEM, STOREFRONT } = require('./operations');
const { reasonAgainst, STORIES } = require('./stories');

/** Which gateway, and how it gets subscriptions from Rewards: e2e.js plays all ways that a gateway has. */
const { GATEWAY: name = 'hive', GATEWAY_SUBSCRIPTIONS } = process.env;
const gateway = GATEWAYS[name];
const subscriptions = GATEWAY_SUBSCRIPTIONS ?? gateway.subscriptions[0];

describe(`through ${gateway.title} (subscriptions: ${subscriptions})`, { timeout: 300_000 }, () => {
  /** What every story gets: the supergraph, who asks, and how they ask. */
  const world = {};

  before(async () => {
    const supergraph = await startSupergraph({ gateway: name, subscriptions });
    world.supergraph = supergraph;
    await supergraph.rewards.tell(history());
    world.ada = await supergraph.token('ada');
    world.ben = await supergraph.token('ben');
    world.desk = await supergraph.token('desk-1', 'rewards:desk');
    world.service = await supergraph.token('checkout', 'rewards:service');
    world.as = (token, query, variables) => ask(supergraph.url, token, query, variables);
    world.page = async () => (await world.as(world.ada, STOREFRONT, { id: 'ada' })).data.customer;
    world.redeem = (token, input) =>
      world.as(token, REDEEM, { input: { customerId: 'ada', ...input } });
  });
  after(() => world.supergraph?.stop());

  for (const story of STORIES) {
    it(story.title, { skip: reasonAgainst(story, gateway) ?? false }, () => story.play(world));
  }
});
