const assert = require('node:assert/strict');
const { placed } = require('../neighbours/events');
const { order } = require('../neighbours/data');
const { STOREFRONT } = require('./operations');

async function rendersThePage({ as, ada }) {
  const { status, data, errors } = await as(ada, STOREFRONT, { id: 'ada' });
  assert.equal(errors, undefined);
  assert.equal(status, 200);
  const { name, organization, xPoints, tier, orders } = data.customer;
  assert.deepEqual([name, organization.name], ['Ada Brandt', 'Acme Robotics GmbH']);
  // 12,500 and 7,500 of the 9,000 EUR at Bronze's rate, the 1,500 from 20,000 on at Silver's.
  const { sequence: _, ...balance } = xPoints;
  const value = { amount: '230.00', currency: 'EUR' };
  assert.deepEqual(balance, { available: 23_000, held: 0, owed: 0, value });
  assert.deepEqual([tier.tier.code, tier.turnover.amount], ['SILVER', '21500.00']);
  assert.deepEqual([tier.next.tier.code, tier.next.missing.amount], ['GOLD', '48500.00']);
  assert.ok(tier.next.progress > 0 && tier.next.progress < 1);
  const [first, second, open] = orders;
  assert.deepEqual([first.number, first.xPoints.earned], ['#1001', 12_500]);
  assert.deepEqual([second.number, second.xPoints.earned], ['#1002', 10_500]);
  assert.deepEqual(open.xPointsQuote, {
    net: { amount: '250.00', currency: 'EUR' },
    earns: 500,
    payable: 23_000,
    payableValue: { amount: '230.00' },
    remainder: { amount: '20.00' },
  });
}

async function redeemsOnce({ supergraph, page, redeem, ada }) {
  const [told] = await supergraph.rewards.tell([placed(order('order-1003'))]);
  assert.equal(told.outcome, 'APPLIED');
  const input = { orderId: 'order-1003', points: 5_000, idempotencyKey: 'checkout-1003' };
  const [first, second] = await Promise.all([redeem(ada, input), redeem(ada, input)]);
  const { data, errors } = first;
  assert.equal(errors, undefined);
  assert.deepEqual(second.data.redeemXPoints.redemption, data.redeemXPoints.redemption);
  const { __typename, redemption, balance, customer, order: paidFor } = data.redeemXPoints;
  assert.equal(__typename, 'RedeemXPointsSuccess');
  assert.deepEqual([redemption.state, redemption.captured], ['CAPTURED', 5_000]);
  assert.deepEqual([balance.available, customer.xPoints.available], [18_000, 18_000]);
  assert.deepEqual([customer.name, paidFor.number], ['Ada Brandt', '#1003']);
  assert.equal(paidFor.xPoints.redeemed, 5_000);

  const before = await page();
  assert.equal(before.xPoints.available, 18_000);
  const again = await redeem(ada, input);
  assert.deepEqual(again.data.redeemXPoints.redemption, redemption);
  assert.deepEqual(again.data.redeemXPoints.balance, balance);
  assert.deepEqual((await page()).xPoints, before.xPoints);
}

async function refusesWithNumbers({ page, redeem, ada }) {
  const refused = async (input) => {
    const { data, errors } = await redeem(ada, { orderId: 'order-1003', ...input });
    assert.equal(errors, undefined);
    const { message, ...rest } = data.redeemXPoints;
    assert.ok(message.length > 0);
    return rest;
  };
  assert.deepEqual(await refused({ points: 20_001, idempotencyKey: 'too-much' }), {
    __typename: 'LimitExceeded',
    code: 'EXCEEDS_ORDER_VALUE',
    limit: 20_000,
  });
  assert.deepEqual(await refused({ points: 18_001, idempotencyKey: 'too-many' }), {
    __typename: 'InsufficientXPoints',
    code: 'INSUFFICIENT_X_POINTS',
    available: 18_000,
  });
  assert.deepEqual(await refused({ points: 1, idempotencyKey: 'checkout-1003' }), {
    __typename: 'CommandRefused',
    code: 'IDEMPOTENCY_CONFLICT',
  });
  assert.equal((await page()).xPoints.available, 18_000);
}

async function standsWithoutRewards({ supergraph, as, page, ada }) {
  const before = await page();
  await supergraph.rewards.stop();
  const { status, data, errors } = await as(ada, STOREFRONT, { id: 'ada' });
  assert.equal(status, 200);
  assert.ok(errors.length > 0);
  const { name, organization, xPoints, tier, orders } = data.customer;
  assert.deepEqual([name, organization.name], ['Ada Brandt', 'Acme Robotics GmbH']);
  // Of what fails together, Grafbase shows one field as null and leaves the others out.
  assert.ok(!xPoints && !tier);
  assert.deepEqual(
    orders.map(({ number, netTotal }) => [number, netTotal.amount]),
    before.orders.map(({ number, netTotal }) => [number, netTotal.amount]),
  );
  assert.ok(orders.every((one) => !one.xPoints && !one.xPointsQuote));
  await supergraph.rewards.start();
  assert.deepEqual(await page(), before);
}

module.exports = {
  STOREFRONT_STORIES: [
    { title: 'renders a storefront page from three subgraphs in one query', play: rendersThePage },
    { title: 'redeems at checkout once, however often the request comes', play: redeemsOnce },
    {
      title: 'answers refusals as data, with the numbers that explain them',
      play: refusesWithNumbers,
    },
  ],
  OUTAGE_STORIES: [
    {
      title: 'renders the page with nulls while Rewards is down, and with points when it is back',
      play: standsWithoutRewards,
    },
  ],
};
