const assert = require('node:assert/strict');
const { ask, watch } = require('./client');
const { DESK_LIST, EVERYBODY, RELEASE, STOREFRONT, TWICE, WATCH } = require('./operations');

async function showsNobodyElse({ as, redeem, ben }) {
  for (const stranger of [ben, null]) {
    const { data, errors } = await as(stranger, STOREFRONT, { id: 'ada' });
    const { name, xPoints, tier, orders } = data.customer;
    assert.equal(name, 'Ada Brandt');
    // Null or left out: gateways differ.
    assert.ok(!xPoints && !tier);
    assert.ok(orders.every((one) => !one.xPoints && !one.xPointsQuote));
    assert.ok(errors.length > 0);
    const input = { orderId: 'order-1003', points: 1, idempotencyKey: 'not-mine' };
    const redeemed = await redeem(stranger, input);
    assert.ok(redeemed.errors.length > 0 && !redeemed.data?.redeemXPoints);
  }
  assert.equal((await as(ben, STOREFRONT, { id: 'ben' })).data.customer.xPoints.available, 4_000);
}

async function tellsNobodyElse({ supergraph, ben }) {
  for (const stranger of [ben, null]) {
    const subscription = await watch(supergraph, stranger, WATCH, { id: 'ada' });
    const answer = await subscription.next().catch((refusals) => ({ errors: refusals }));
    await subscription.close();
    assert.ok(answer.errors.length > 0 && !answer.data?.xPointsBalanceChanged);
  }
}

async function keepsDeskAndPlatformApart({ as, redeem, ada, desk, service }) {
  assert.ok((await as(ada, DESK_LIST)).errors.length > 0);
  assert.deepEqual((await as(desk, DESK_LIST)).data.setAsideEvents.nodes, []);
  const HOLD = { orderId: 'order-1003', points: 100, hold: {}, idempotencyKey: 'hold-1003' };
  const { redemption } = (await redeem(ada, HOLD)).data.redeemXPoints;
  assert.equal(redemption.state, 'HELD');
  const input = { redemptionId: redemption.id, idempotencyKey: 'release-1003' };
  const byMember = await as(ada, RELEASE, { input });
  assert.ok(byMember.errors.length > 0 && !byMember.data?.releaseRedemption);
  const byService = await as(service, RELEASE, { input });
  assert.equal(byService.data.releaseRedemption.redemption.state, 'RELEASED');
  assert.equal(byService.data.releaseRedemption.customer.name, 'Ada Brandt');
}

/** The code is the gateway's: Rewards says UNAUTHENTICATED and FORBIDDEN. */
async function guardsAtTheGateway({ as, ada }) {
  const refusals = [
    [null, '{ customer(id: "ada") { name xPoints { available } } }', { name: 'Ada Brandt' }],
    [ada, `{ customer(id: "ada") { name } ${DESK_LIST.slice(1)}`, { name: 'Ada Brandt' }],
  ];
  for (const [token, query, seen] of refusals) {
    const { data, errors } = await as(token, query);
    assert.deepEqual(
      errors.map(({ extensions }) => extensions.code),
      ['UNAUTHORIZED_FIELD_OR_TYPE'],
    );
    assert.equal(data.customer.name, seen.name);
    assert.ok(!data.customer.xPoints && !data.setAsideEvents);
  }
}

async function letsNobodyPast({ supergraph, ada, desk }) {
  const { rewards } = supergraph.urls;
  const answer = await ask(rewards, desk, '{ _service { sdl } }');
  assert.deepEqual([answer.status, answer.data], [403, undefined]);
  assert.deepEqual(
    answer.errors.map(({ extensions }) => extensions.code),
    ['FORBIDDEN'],
  );
  const socketUrl = rewards.replace('http', 'ws');
  const subscription = watch({ socketUrl }, ada, WATCH, { id: 'ada' });
  await assert.rejects(subscription.next(), { code: 4403 });
}

/** Before anybody registers: Dana is known to the neighbours alone, one id is none that Rewards takes. */
async function losesOnlySlots({ as, ada, desk }) {
  const rows = async (token) => {
    const { data, errors = [] } = await as(token, EVERYBODY);
    const codes = errors.map(({ extensions }) => extensions.code);
    const points = data.customers.map(({ xPoints }) => xPoints?.available ?? null);
    assert.ok(
      data.customers.every(({ name, tier }, i) => name && !tier === !data.customers[i].xPoints),
    );
    return { points, codes: [...new Set(codes)].sort() };
  };
  // Ada, Ben, Cem, Dana, and who came from an older system.
  assert.deepEqual(await rows(desk), {
    points: [23_000, 4_000, 310_000, null, null],
    codes: ['BAD_USER_INPUT'],
  });
  assert.deepEqual(await rows(ada), {
    points: [23_000, null, null, null, null],
    codes: ['BAD_USER_INPUT', 'FORBIDDEN'],
  });
}

async function answersTwice({ as, ada }) {
  const { data, errors } = await as(ada, TWICE, { id: 'ada' });
  assert.equal(errors, undefined);
  assert.deepEqual(
    [data.first.xPoints, data.second.xPoints],
    [{ available: 23_000 }, { available: 23_000 }],
  );
  // An order of which Rewards was not told is no error.
  const [delivered, , quoted] = data.second.orders;
  assert.deepEqual([delivered.xPoints, quoted.xPoints], [{ earned: 12_500 }, null]);
}

module.exports = {
  ENTITY_STORIES: [
    {
      title:
        'loses only the slot of a customer who is no member, is somebody else, or has an id that is none',
      play: losesOnlySlots,
    },
    {
      title:
        'answers the same customer twice, and null without an error for an order it was not told of',
      play: answersTwice,
    },
  ],
  ACCESS_STORIES: [
    { title: 'shows nobody what another member has', play: showsNobodyElse },
    {
      title: 'tells nobody what changes for another member',
      needs: ['subscriptions'],
      play: tellsNobodyElse,
    },
    {
      title: 'keeps to the desk what is the desk’s, and to the platform what is the platform’s',
      play: keepsDeskAndPlatformApart,
    },
    {
      title: 'has the gateway itself refuse what `@authenticated` and `@requiresScopes` forbid',
      needs: ['guards'],
      play: guardsAtTheGateway,
    },
    { title: 'lets nobody past the gateway, whatever token they have', play: letsNobodyPast },
  ],
};
