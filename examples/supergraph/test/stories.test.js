const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { NEWCOMERS, ORDERS } = require('../neighbours/data');
const { delivered, history, paid, placed, registered } = require('../neighbours/events');
const { startSupergraph } = require('../supergraph');
const { ask, listen, watch } = require('./client');

const STOREFRONT = `query Storefront($id: ID!) {
  customer(id: $id) {
    name
    organization { name }
    xPoints { available held owed value { amount currency } sequence }
    tier {
      tier { code }
      turnover { amount currency }
      next { tier { code } missing { amount } progress }
    }
    orders {
      id
      number
      netTotal { amount currency }
      xPoints { earned redeemed }
      xPointsQuote(customerId: $id) {
        net { amount currency }
        earns
        payable
        payableValue { amount }
        remainder { amount }
      }
    }
  }
}`;

const REDEEM = `mutation Redeem($input: RedeemXPointsInput!) {
  redeemXPoints(input: $input) {
    __typename
    ... on RedeemXPointsSuccess {
      redemption { id state points captured }
      balance { available held sequence }
      customer { name xPoints { available } }
      order { number xPoints { redeemed } }
    }
    ... on Refusal { code message }
    ... on InsufficientXPoints { available }
    ... on LimitExceeded { limit }
  }
}`;

const WATCH = `subscription Watch($id: ID!, $after: XPoints) {
  xPointsBalanceChanged(customerId: $id, after: $after) {
    sequence
    entry { kind availableChange order { number } }
    balance { available }
    customer { name orders { number xPoints { earned } } }
  }
}`;

const LINK = `query Link($id: ID!) { customer(id: $id) { referral { link { code url } } } }`;

const INVITATION = `query Invitation($code: String!) {
  referralInvitation(code: $code) { isValid discountPercent program { code } }
}`;

const REFERRED = `query Referred($id: ID!) {
  customer(id: $id) {
    xPoints { available }
    discountCodes { code percent state order { number } }
    referral { referredBy { name } }
  }
}`;

const APPLY = `mutation Apply($input: ApplyDiscountCodeInput!) {
  applyDiscountCode(input: $input) {
    __typename
    ... on ApplyDiscountCodeSuccess {
      amount { amount currency }
      order { number netTotal { amount } referral { discount { amount { amount } } } }
    }
    ... on Refusal { code }
  }
}`;

const REFERRER = `query Referrer($id: ID!) {
  customer(id: $id) {
    xPoints { available }
    referral { pointsEarned invitees { nodes { customer { name } state bonus } } }
  }
}`;

const PHONE = `subscription Phone($id: ID!) {
  xPointsBalanceChanged(customerId: $id) {
    sequence
    entry { kind availableChange lots { from to points } }
    balance { available }
    customer { name }
  }
}`;

const order = (id) => ORDERS.find((one) => one.id === id);

describe('the supergraph', { timeout: 300_000 }, () => {
  let supergraph;
  let ada;
  let ben;
  let desk;
  let service;
  const as = (token, query, variables) => ask(supergraph.url, token, query, variables);
  const page = async (token = ada) => (await as(token, STOREFRONT, { id: 'ada' })).data.customer;
  const redeem = (token, input) => as(token, REDEEM, { input: { customerId: 'ada', ...input } });

  before(async () => {
    supergraph = await startSupergraph();
    await supergraph.rewards.tell(history());
    ada = await supergraph.token('ada');
    ben = await supergraph.token('ben');
    desk = await supergraph.token('desk-1', 'rewards:desk');
    service = await supergraph.token('checkout', 'rewards:service');
  });
  after(() => supergraph?.stop());

  it('renders a storefront page from three subgraphs in one query', async () => {
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
  });

  it('redeems at checkout once, however often the request comes', async () => {
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
  });

  it('answers refusals as data, with the numbers that explain them', async () => {
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
  });

  const TRANSPORTS = [
    { transport: 'a WebSocket', subscribe: watch, id: 'order-1004', earns: 240 },
    { transport: 'server-sent events', subscribe: listen, id: 'order-1005', earns: 91 },
  ];
  for (const { transport, subscribe, id, earns } of TRANSPORTS) {
    it(`tells a balance's changes over ${transport}, joined with the neighbours, from where one left off`, async () => {
      const subscription = await subscribe(supergraph.url, ada, WATCH, { id: 'ada' });
      let resumed;
      try {
        const snapshot = (await subscription.next()).data.xPointsBalanceChanged;
        assert.equal(snapshot.entry, null);
        assert.equal(snapshot.customer.name, 'Ada Brandt');
        const bought = order(id);
        await supergraph.rewards.tell([placed(bought), paid(bought), delivered(bought)]);
        const { errors, data } = await subscription.next();
        assert.equal(errors, undefined);
        const { sequence, entry, balance, customer } = data.xPointsBalanceChanged;
        assert.equal(sequence, snapshot.sequence + 1);
        assert.deepEqual([entry.availableChange, entry.order.number], [earns, bought.number]);
        assert.equal(balance.available, snapshot.balance.available + earns);
        assert.equal(customer.name, 'Ada Brandt');
        const seen = customer.orders.find(({ number }) => number === bought.number);
        assert.equal(seen.xPoints.earned, earns);

        const missed = { id: 'ada', after: snapshot.sequence };
        resumed = await subscribe(supergraph.url, ada, WATCH, missed);
        assert.deepEqual((await resumed.next()).data, data);
      } finally {
        await subscription.close();
        await resumed?.close();
      }
    });
  }

  it('rewards a referral: a colleague registers, orders with the discount, and the referrer’s phone sees the bonus', async () => {
    const [dana] = NEWCOMERS;
    const bought = order('order-1009');
    const { link } = (await as(ada, LINK, { id: 'ada' })).data.customer.referral;
    assert.ok(link.url.endsWith(link.code));
    const invitation = (await as(null, INVITATION, { code: link.code })).data.referralInvitation;
    assert.deepEqual(invitation, { isValid: true, discountPercent: 10, program: { code: 'EU' } });

    const phone = watch(supergraph.url, ada, PHONE, { id: 'ada' });
    try {
      const snapshot = (await phone.next()).data.xPointsBalanceChanged;
      await supergraph.rewards.tell([registered(dana, { referralCode: link.code })]);
      const token = await supergraph.token(dana.id);
      const referred = async () => (await as(token, REFERRED, { id: dana.id })).data.customer;
      const before = await referred();
      const [{ code }] = before.discountCodes;
      assert.deepEqual(before, {
        xPoints: { available: 0 },
        discountCodes: [{ code, percent: 10, state: 'AVAILABLE', order: null }],
        referral: { referredBy: { name: 'Ada Brandt' } },
      });

      await supergraph.rewards.tell([placed(bought)]);
      const apply = (who, customerId, idempotencyKey) =>
        as(who, APPLY, { input: { customerId, orderId: bought.id, code, idempotencyKey } });
      const stolen = await apply(ben, dana.id, 'not-mine');
      assert.ok(stolen.errors.length > 0 && !stolen.data?.applyDiscountCode);
      const applied = await apply(token, dana.id, 'discount-1009');
      assert.equal(applied.errors, undefined);
      assert.deepEqual(applied.data.applyDiscountCode, {
        __typename: 'ApplyDiscountCodeSuccess',
        amount: { amount: '64.00', currency: 'EUR' },
        order: {
          number: '#1009',
          netTotal: { amount: '640.00' },
          referral: { discount: { amount: { amount: '64.00' } } },
        },
      });

      await supergraph.rewards.tell([paid(bought), delivered(bought)]);
      const { data, errors } = await phone.next();
      assert.equal(errors, undefined);
      // Ada is Silver: 7,000. Dana's 640.00 less 64.00 earn 576.
      assert.deepEqual(data.xPointsBalanceChanged, {
        sequence: snapshot.sequence + 1,
        entry: {
          kind: 'CREDITED',
          availableChange: 7_000,
          lots: [{ from: 'ISSUED', to: 'REMAINING', points: 7_000 }],
        },
        balance: { available: snapshot.balance.available + 7_000 },
        customer: { name: 'Ada Brandt' },
      });
      const { xPoints, discountCodes } = await referred();
      assert.equal(xPoints.available, 576);
      assert.deepEqual(discountCodes, [
        { code, percent: 10, state: 'USED', order: { number: '#1009' } },
      ]);
      const referrer = (await as(ada, REFERRER, { id: 'ada' })).data.customer;
      assert.equal(referrer.xPoints.available, snapshot.balance.available + 7_000);
      assert.deepEqual(referrer.referral, {
        pointsEarned: 7_000,
        invitees: {
          nodes: [{ customer: { name: 'Dana Roth' }, state: 'REWARDED', bonus: 7_000 }],
        },
      });
    } finally {
      await phone.close();
    }
  });

  it('shows nobody what another member has', async () => {
    for (const stranger of [ben, null]) {
      const { data, errors } = await as(stranger, STOREFRONT, { id: 'ada' });
      const { name, xPoints, tier, orders } = data.customer;
      assert.deepEqual([name, xPoints, tier], ['Ada Brandt', null, null]);
      // What the gateway itself refuses inside a list it leaves out.
      assert.ok(orders.every((one) => !one.xPoints && !one.xPointsQuote));
      assert.ok(errors.length > 0);
      const input = { orderId: 'order-1003', points: 1, idempotencyKey: 'not-mine' };
      const redeemed = await redeem(stranger, input);
      assert.ok(redeemed.errors.length > 0 && !redeemed.data?.redeemXPoints);
      const subscription = watch(supergraph.url, stranger, WATCH, { id: 'ada' });
      const answer = await subscription.next().catch((refusals) => ({ errors: refusals }));
      await subscription.close();
      assert.ok(answer.errors.length > 0 && !answer.data?.xPointsBalanceChanged);
    }
    assert.equal((await as(ben, STOREFRONT, { id: 'ben' })).data.customer.xPoints.available, 4_000);
  });

  it('keeps to the desk what is the desk’s, and to the platform what is the platform’s', async () => {
    const LISTS = '{ setAsideEvents { nodes { eventId } } }';
    assert.ok((await as(ada, LISTS)).errors.length > 0);
    assert.deepEqual((await as(desk, LISTS)).data.setAsideEvents.nodes, []);
    const HOLD = { orderId: 'order-1003', points: 100, hold: {}, idempotencyKey: 'hold-1003' };
    const { redemption } = (await redeem(ada, HOLD)).data.redeemXPoints;
    assert.equal(redemption.state, 'HELD');
    const RELEASE = `mutation ($input: ReleaseRedemptionInput!) {
      releaseRedemption(input: $input) {
        ... on RedeemXPointsSuccess { redemption { state } customer { name } }
      }
    }`;
    const input = { redemptionId: redemption.id, idempotencyKey: 'release-1003' };
    const byMember = await as(ada, RELEASE, { input });
    assert.ok(byMember.errors.length > 0 && !byMember.data?.releaseRedemption);
    const byService = await as(service, RELEASE, { input });
    assert.equal(byService.data.releaseRedemption.redemption.state, 'RELEASED');
    assert.equal(byService.data.releaseRedemption.customer.name, 'Ada Brandt');
  });

  it('lets nobody past the gateway, whatever token they have', async () => {
    const answer = await ask(supergraph.urls.rewards, desk, '{ _service { sdl } }');
    assert.deepEqual([answer.status, answer.data], [403, undefined]);
    assert.deepEqual(
      answer.errors.map(({ extensions }) => extensions.code),
      ['FORBIDDEN'],
    );
    await assert.rejects(watch(supergraph.urls.rewards, ada, WATCH, { id: 'ada' }).next(), {
      code: 4403,
    });
  });

  it('renders the page with nulls while Rewards is down, and with points when it is back', async () => {
    const before = await page();
    await supergraph.rewards.stop();
    const { status, data, errors } = await as(ada, STOREFRONT, { id: 'ada' });
    assert.equal(status, 200);
    assert.ok(errors.length > 0);
    const { name, organization, xPoints, tier, orders } = data.customer;
    assert.deepEqual([name, organization.name], ['Ada Brandt', 'Acme Robotics GmbH']);
    assert.deepEqual([xPoints, tier], [null, null]);
    assert.deepEqual(
      orders.map(({ number, netTotal }) => [number, netTotal.amount]),
      before.orders.map(({ number, netTotal }) => [number, netTotal.amount]),
    );
    assert.ok(orders.every((one) => one.xPoints === null && one.xPointsQuote === null));
    await supergraph.rewards.start();
    assert.deepEqual(await page(), before);
  });
});
