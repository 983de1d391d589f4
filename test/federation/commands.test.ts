import { REFUSAL_CODES } from '../../src/kernel/errors';
import { redemptionId } from '../../src/ledger/redemption';
import { anonymous, codes, customer, desk, service, World } from './world';

const RESULT = `__typename
  ... on Refusal { code message }
  ... on InsufficientXPoints { available }
  ... on LimitExceeded { limit }
  ... on RedeemXPointsSuccess {
    redemption { id state points held captured released restored value { amount } heldUntil order { id } }
    balance { sequence available held owed }
    customer { id xPoints { available held sequence } }
    order { id xPoints { held redeemed } }
  }`;

interface Redeemed {
  __typename: string;
  code?: string;
  message?: string;
  redemption: { id: string; state: string; held: number; captured: number };
}

let world: World;
let keys = 0;
beforeEach(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  await world.register('ada');
  await world.register('bob');
  await world.earn('a1', 'ada', '100.00');
  await world.place('open', 'ada', '60.00');
});
afterEach(() => world.close());

async function command(
  actor: typeof desk,
  mutation: string,
  input: object,
  idempotencyKey = `k${++keys}`,
) {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`;
  const result = type.endsWith('MemberInput!')
    ? '__typename ... on Refusal { code message } ... on RewardsMembershipSuccess { membership { state suspensionReason } customer { id membership { state } } }'
    : RESULT;
  const query = `mutation M($input: ${type}) { answer: ${mutation}(input: $input) { ${result} } }`;
  return world.ask<{ answer: Redeemed }>(actor, query, { input: { idempotencyKey, ...input } });
}

const redeem = (input: object, actor = customer('ada'), key?: string) =>
  command(actor, 'redeemXPoints', { customerId: 'ada', orderId: 'open', ...input }, key);

async function held(points = 50): Promise<string> {
  const { data } = await redeem({ points, hold: {} });
  return data.answer.redemption.id;
}

describe('redeemXPoints', () => {
  test('pays at once and shows the redemption, the balance, the member and the order', async () => {
    const { data, errors } = await redeem({ points: 40 });
    expect(errors).toEqual([]);
    expect(data.answer).toEqual({
      __typename: 'RedeemXPointsSuccess',
      redemption: {
        id: redemptionId('ada', 2),
        state: 'CAPTURED',
        points: 40,
        held: 0,
        captured: 40,
        released: 0,
        restored: 0,
        value: { amount: '0.40' },
        heldUntil: null,
        order: { id: 'open' },
      },
      balance: { sequence: 2, available: 60, held: 0, owed: 0 },
      customer: { id: 'ada', xPoints: { available: 60, held: 0, sequence: 2 } },
      order: { id: 'open', xPoints: { held: 0, redeemed: 40 } },
    });
  });

  test('as many as possible where no number is named; held for 30 minutes where no time is (R6.4, R6.7)', async () => {
    const { data } = await redeem({ hold: {} });
    expect(data.answer.redemption).toMatchObject({
      state: 'HELD',
      points: 100,
      heldUntil: '2025-01-10T10:30:00.000Z',
    });
    const nulls = await redeem({ points: null, hold: { seconds: null } });
    expect(nulls.data.answer.code).toBe('INSUFFICIENT_X_POINTS');
  });

  test('refusals are answers with the numbers that explain them', async () => {
    await world.place('small', 'ada', '0.30');
    const answers = [
      await redeem({ points: 0 }),
      await redeem({ points: 1, hold: { seconds: 59 } }),
      await redeem({ orderId: 'none', points: 1 }),
      await redeem({ points: 101 }),
      await redeem({ orderId: 'small', points: 31 }),
    ];
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    expect(answers.map(({ data }) => data.answer)).toEqual([
      expect.objectContaining({
        ...{ __typename: 'LimitExceeded', code: 'INVALID_POINTS' },
        message: expect.stringMatching(/1 or more.* At most: 9007199254740991\.$/),
      }),
      {
        __typename: 'CommandRefused',
        code: 'INVALID_HOLD_TIME',
        message: REFUSAL_CODES.INVALID_HOLD_TIME,
      },
      expect.objectContaining({ __typename: 'CommandRefused', code: 'ORDER_NOT_FOUND' }),
      {
        __typename: 'InsufficientXPoints',
        code: 'INSUFFICIENT_X_POINTS',
        message: `${REFUSAL_CODES.INSUFFICIENT_X_POINTS} Available: 100.`,
        available: 100,
      },
      {
        __typename: 'LimitExceeded',
        code: 'EXCEEDS_ORDER_VALUE',
        message: `${REFUSAL_CODES.EXCEEDS_ORDER_VALUE} At most: 30.`,
        limit: 30,
      },
    ]);
  });

  test("somebody else's order is not found, like one that is not there (R7.4)", async () => {
    await world.place('b1', 'bob', '10.00');
    const theirs = await redeem({ orderId: 'b1', points: 1 });
    const nobodys = await redeem({ orderId: 'nope', points: 1 });
    expect(theirs.data).toEqual(nobodys.data);
  });

  test('a repetition gets the first answer, with other input a conflict', async () => {
    const first = await redeem({ points: 40 }, customer('ada'), 'same');
    const again = await redeem({ points: 40 }, customer('ada'), 'same');
    const other = await redeem({ points: 41 }, customer('ada'), 'same');
    expect(again.data.answer.redemption).toEqual(first.data.answer.redemption);
    expect(other.data.answer).toMatchObject({
      __typename: 'CommandRefused',
      code: 'IDEMPOTENCY_CONFLICT',
    });
  });

  test('only the member themself and the desk may', async () => {
    const seen = [];
    for (const actor of [customer('bob'), anonymous, service]) {
      const { data, errors } = await redeem({ points: 1 }, actor);
      seen.push([data, codes(errors)]);
    }
    expect(seen).toEqual([
      [null, { answer: 'FORBIDDEN' }],
      [null, { answer: 'UNAUTHENTICATED' }],
      [null, { answer: 'FORBIDDEN' }],
    ]);
    expect((await redeem({ points: 1 }, desk)).data.answer.__typename).toBe('RedeemXPointsSuccess');
  });

  test.each(['', 'x'.repeat(256), 'a\u0000b', ' a'])('the key %j is refused', async (key) => {
    expect(codes((await redeem({ points: 1 }, customer('ada'), key)).errors)).toEqual({
      answer: 'BAD_USER_INPUT',
    });
  });

  test.each([{ points: 1.5 }, { points: '1' }, { points: true }, { points: 2 ** 53 }])(
    '%j is no number of points',
    async (input) => {
      expect(Object.values(codes((await redeem(input)).errors))).toEqual(['BAD_USER_INPUT']);
    },
  );
});

describe('capture and release (R6.7)', () => {
  test('a part is captured, the rest released', async () => {
    const id = await held();
    const { data } = await command(service, 'captureRedemption', { redemptionId: id, points: 20 });
    expect(data.answer.redemption).toMatchObject({
      state: 'CAPTURED',
      captured: 20,
      released: 30,
      held: 0,
    });
    const again = await command(service, 'releaseRedemption', { redemptionId: id });
    expect(again.data.answer.code).toBe('REDEMPTION_NOT_HELD');
  });

  test('all of it where no number is named, and given back', async () => {
    const first = await command(desk, 'captureRedemption', { redemptionId: await held(30) });
    expect(first.data.answer.redemption).toMatchObject({ state: 'CAPTURED', captured: 30 });
    const second = await command(service, 'releaseRedemption', { redemptionId: await held(30) });
    expect(second.data.answer.redemption).toMatchObject({ state: 'RELEASED', released: 30 });
  });

  test('refusals, in their order (R7.4)', async () => {
    const id = await held(50);
    const unknown = [
      'rubbish',
      '',
      redemptionId('ada', 99),
      redemptionId('nobody', 1),
      redemptionId('a\u0000b', 1),
      redemptionId('ada', Number.MAX_SAFE_INTEGER),
      redemptionId('', 1),
    ];
    for (const redemptionId of unknown) {
      for (const mutation of ['captureRedemption', 'releaseRedemption']) {
        const { data } = await command(service, mutation, { redemptionId });
        expect(data.answer).toMatchObject({
          __typename: 'CommandRefused',
          code: 'REDEMPTION_NOT_FOUND',
        });
      }
      const invalid = await command(service, 'captureRedemption', { redemptionId, points: 0 });
      expect(invalid.data.answer.code).toBe('INVALID_POINTS');
    }
    const beyond = await command(service, 'captureRedemption', { redemptionId: id, points: 51 });
    expect(beyond.data.answer).toMatchObject({
      __typename: 'LimitExceeded',
      code: 'EXCEEDS_HOLD',
      limit: 50,
    });
  });

  test('the member may neither capture nor release (R6.6), nor learn which redemptions exist', async () => {
    const id = await held();
    for (const redemptionId of [id, 'rubbish']) {
      for (const mutation of ['captureRedemption', 'releaseRedemption']) {
        const { errors } = await command(customer('ada'), mutation, { redemptionId });
        expect(codes(errors)).toEqual({ answer: 'FORBIDDEN' });
      }
    }
  });
});

describe('suspend and reinstate (R2.7)', () => {
  test('the desk suspends with a reason, and ends it', async () => {
    const suspended = await command(desk, 'suspendMember', {
      customerId: 'ada',
      reason: ' fraud ',
    });
    expect(suspended.data.answer).toEqual({
      __typename: 'RewardsMembershipSuccess',
      membership: { state: 'SUSPENDED', suspensionReason: 'fraud' },
      customer: { id: 'ada', membership: { state: 'SUSPENDED' } },
    });
    expect((await redeem({ points: 1 })).data.answer.code).toBe('MEMBERSHIP_NOT_ACTIVE');
    const again = await command(desk, 'suspendMember', { customerId: 'ada', reason: 'fraud' });
    expect(again.data.answer.code).toBe('MEMBERSHIP_NOT_ACTIVE');
    const back = await command(desk, 'reinstateMember', { customerId: 'ada' });
    expect(back.data.answer).toMatchObject({ membership: { state: 'ACTIVE' } });
    const twice = await command(desk, 'reinstateMember', { customerId: 'ada' });
    expect(twice.data.answer.code).toBe('MEMBERSHIP_NOT_SUSPENDED');
    const nobody = await command(desk, 'reinstateMember', { customerId: 'nobody' });
    expect(nobody.data.answer.code).toBe('NOT_A_MEMBER');
  });

  test.each([customer('ada'), service, anonymous])('nobody else may: %j', async (actor) => {
    const { errors } = await command(actor, 'suspendMember', { customerId: 'ada', reason: 'x' });
    expect(Object.values(codes(errors))).toEqual([
      actor === anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN',
    ]);
  });

  test.each(['', '  ', 'x'.repeat(501), 'a\u0007'])('the reason %j is refused', async (reason) => {
    const { errors } = await command(desk, 'suspendMember', { customerId: 'ada', reason });
    expect(codes(errors)).toEqual({ answer: 'BAD_USER_INPUT' });
  });
});

test('an operation holds one command; each shows what the ones before changed', async () => {
  const one = (alias: string, key: string) =>
    `${alias}: redeemXPoints(input: { customerId: "ada", orderId: "open", points: 10, idempotencyKey: "${key}" }) {
      ... on RedeemXPointsSuccess { customer { xPoints { available } } order { xPoints { redeemed } } } }`;
  const ask = (...commands: string[]) =>
    world.ask(customer('ada'), `mutation { ${commands.join(' ')} }`);
  const two = await ask(one('a', 'x'), one('b', 'y'));
  expect([two.data, codes(two.errors)]).toEqual([undefined, { '': 'TOO_MANY_MUTATIONS' }]);
  expect((await ask(one('a', 'x'))).data).toEqual({
    a: { customer: { xPoints: { available: 90 } }, order: { xPoints: { redeemed: 10 } } },
  });
  expect((await ask(one('b', 'y'))).data).toEqual({
    b: { customer: { xPoints: { available: 80 } }, order: { xPoints: { redeemed: 20 } } },
  });
});
