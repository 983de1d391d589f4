const assert = require('node:assert/strict');
const { order, NEWCOMERS } = require('../neighbours/data');
const { delivered, paid, placed, registered } = require('../neighbours/events');
const { listen, watch } = require('./client');
const operations = require('./operations');

const { WATCH } = operations;

/** A story of Ada's page: an order is bought, its points come to the page, and nothing is missed by leaving. */
function tellsChanges(subscribe, id, earns) {
  return async ({ supergraph, ada }) => {
    const subscription = await subscribe(supergraph, ada, WATCH, { id: 'ada' });
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
      resumed = await subscribe(supergraph, ada, WATCH, missed);
      assert.deepEqual((await resumed.next()).data, data);
    } finally {
      await subscription.close();
      await resumed?.close();
    }
  };
}

/** Ada is Silver: 7,000. Dana's 640.00 less 64.00 earn 576. */
async function rewardsReferral({ supergraph, as, ada, ben }) {
  const [dana] = NEWCOMERS;
  const bought = order('order-1009');
  const points = async () => (await as(ada, operations.REFERRER, { id: 'ada' })).data.customer;
  const { available } = (await points()).xPoints;
  const { link } = (await as(ada, operations.LINK, { id: 'ada' })).data.customer.referral;
  assert.ok(link.url.endsWith(link.code));
  const asked = await as(null, operations.INVITATION, { code: link.code });
  const invitation = { isValid: true, discountPercent: 10, program: { code: 'EU' } };
  assert.deepEqual(asked.data.referralInvitation, invitation);

  await supergraph.rewards.tell([registered(dana, { referralCode: link.code })]);
  const token = await supergraph.token(dana.id);
  const referred = async () =>
    (await as(token, operations.REFERRED, { id: dana.id })).data.customer;
  const before = await referred();
  const [{ code }] = before.discountCodes;
  assert.deepEqual(before, {
    xPoints: { available: 0 },
    discountCodes: [{ code, percent: 10, state: 'AVAILABLE', order: null }],
    referral: { referredBy: { name: 'Ada Brandt' } },
  });

  await supergraph.rewards.tell([placed(bought)]);
  const apply = (who, idempotencyKey) => {
    const input = { customerId: dana.id, orderId: bought.id, code, idempotencyKey };
    return as(who, operations.APPLY, { input });
  };
  const stolen = await apply(ben, 'not-mine');
  assert.ok(stolen.errors.length > 0 && !stolen.data?.applyDiscountCode);
  const applied = await apply(token, 'discount-1009');
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
  const { xPoints, discountCodes } = await referred();
  assert.equal(xPoints.available, 576);
  assert.deepEqual(discountCodes, [
    { code, percent: 10, state: 'USED', order: { number: '#1009' } },
  ]);
  const invitees = {
    nodes: [{ customer: { name: 'Dana Roth' }, state: 'REWARDED', bonus: 7_000 }],
  };
  assert.deepEqual(await points(), {
    xPoints: { available: available + 7_000 },
    referral: { pointsEarned: 7_000, invitees },
  });
}

/** After the story of the referral, whose bonus is the newest entry. */
async function tellsWhatThePhoneMissed({ supergraph, ada, page }) {
  const { sequence, available } = (await page()).xPoints;
  const missed = { id: 'ada', after: sequence - 1 };
  const phone = await watch(supergraph, ada, operations.PHONE, missed);
  try {
    const { data, errors } = await phone.next();
    assert.equal(errors, undefined);
    assert.deepEqual(data.xPointsBalanceChanged, {
      sequence,
      entry: {
        kind: 'CREDITED',
        availableChange: 7_000,
        lots: [{ from: 'ISSUED', to: 'REMAINING', points: 7_000 }],
      },
      balance: { available },
      customer: { name: 'Ada Brandt' },
    });
  } finally {
    await phone.close();
  }
}

module.exports = {
  CHANGE_STORIES: [
    {
      title:
        'tells a balance’s changes over a WebSocket, joined with the neighbours, from where one left off',
      needs: ['subscriptions', 'tokenAfterEvents'],
      play: tellsChanges(watch, 'order-1004', 240),
    },
    {
      title:
        'tells a balance’s changes by server-sent events, joined with the neighbours, from where one left off',
      needs: ['subscriptions'],
      play: tellsChanges(listen, 'order-1005', 91),
    },
    {
      title:
        'rewards a referral: a colleague registers, orders with the discount, and the referrer gets the bonus',
      play: rewardsReferral,
    },
    {
      title: 'tells the referrer’s phone, which was off, of the bonus',
      needs: ['subscriptions'],
      play: tellsWhatThePhoneMissed,
    },
  ],
};
