import type { Actor } from '../../src/auth/actor';
import { anonymous, codes, customer, desk, service, World } from './world';

const MEMBERSHIP =
  'membership { state pointsToForfeit noticeAt endsAt redeemUntil endedAt endReason }';
const RESULT = `... on LimitExceeded { limit } ... on RewardsMembershipSuccess { forfeited ${MEMBERSHIP} customer { id xPoints { available held } } }`;

interface Membership {
  state: string;
  pointsToForfeit: number;
  noticeAt: string | null;
  endsAt: string | null;
  redeemUntil: string | null;
  endedAt: string | null;
  endReason: string | null;
}
interface Result {
  __typename: string;
  code?: string;
  limit?: number;
  forfeited?: number;
  membership?: Membership;
}

let world: World;
beforeEach(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  await world.register('ada');
  await world.register('bo');
  await world.earn('a1', 'ada', '100.00');
});
afterEach(() => world.close());

const run = (actor: Actor, name: string, input: object) =>
  world.command<Result>(actor, name, { customerId: 'ada', ...input }, RESULT);
const leave = (input: object, actor = customer('ada')) => run(actor, 'leaveRewards', input);
const terminate = (input: object = {}, actor = desk) =>
  run(actor, 'terminateMember', { reason: 'Terms broken', ...input });

async function membership(actor: Actor = customer('ada'), id = 'ada'): Promise<Membership> {
  const { data, errors } = await world.ask<{ rewardsMember: { membership: Membership } }>(
    actor,
    `{ rewardsMember(customerId: "${id}") { ${MEMBERSHIP} } }`,
  );
  expect(errors).toEqual([]);
  return data.rewardsMember.membership;
}

describe('leaveRewards (R2.3)', () => {
  test('names the number that is forfeited: what is left once holds are released', async () => {
    await world.place('open', 'ada', '1.00');
    const hold = { customerId: 'ada', orderId: 'open', points: 30, hold: {} };
    await world.command(customer('ada'), 'redeemXPoints', hold, '');
    expect((await membership()).pointsToForfeit).toBe(100);
    const before = await world.digest();
    for (const forfeits of [70, 99, 101, 0, -1, Number.MAX_SAFE_INTEGER]) {
      expect((await leave({ forfeits })).data.answer).toEqual({
        __typename: 'LimitExceeded',
        code: 'FORFEITURE_CHANGED',
        message: expect.stringContaining('Now: 100.'),
        limit: 100,
      });
    }
    expect(await world.digest()).toBe(before);
    const { data, errors } = await leave({ forfeits: 100, idempotencyKey: 'bye' });
    expect(errors).toEqual([]);
    expect(data.answer).toEqual({
      __typename: 'RewardsMembershipSuccess',
      forfeited: 100,
      membership: {
        state: 'ENDED',
        pointsToForfeit: 0,
        noticeAt: null,
        endsAt: null,
        redeemUntil: null,
        endedAt: '2025-01-10T10:00:00.000Z',
        endReason: 'The member left.',
      },
      customer: { id: 'ada', xPoints: { available: 0, held: 0 } },
    });
    expect((await leave({ forfeits: 100, idempotencyKey: 'bye' })).data).toEqual(data);
    expect((await leave({ forfeits: 0 })).data.answer).toMatchObject({
      code: 'MEMBERSHIP_NOT_ACTIVE',
    });
  });

  test('what expired is in no number, booked or not; what is owed is paid first', async () => {
    await world.at('2026-01-10T23:00:00Z');
    expect((await membership()).pointsToForfeit).toBe(0);
    await world.earn('a2', 'ada', '50.00');
    await world.place('open', 'ada', '0.40');
    const redeemed = { customerId: 'ada', orderId: 'open', points: 40 };
    await world.command(customer('ada'), 'redeemXPoints', redeemed, '');
    await world.tell({ type: 'order.cancelled', orderId: 'a2', net: null });
    expect((await membership()).pointsToForfeit).toBe(0);
    expect((await leave({ forfeits: 0 })).data.answer).toMatchObject({ forfeited: 0 });
  });

  test('the member themself or the desk; nobody else', async () => {
    const before = await world.digest();
    for (const actor of [customer('bo'), service, anonymous]) {
      const code = actor === anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      expect(codes((await leave({ forfeits: 100 }, actor)).errors)).toEqual({ answer: code });
    }
    expect((await leave({ customerId: 'nobody', forfeits: 0 }, desk)).data.answer).toMatchObject({
      code: 'NOT_A_MEMBER',
    });
    expect(await world.digest()).toBe(before);
    expect((await leave({ forfeits: 100 }, desk)).data.answer.__typename).toBe(
      'RewardsMembershipSuccess',
    );
  });
});

describe('terminateMember (R2.4)', () => {
  test('with notice: still as before, then to redeem only, then over, booked or not', async () => {
    const { data, errors } = await terminate();
    expect(errors).toEqual([]);
    const noticed = {
      state: 'ENDING',
      pointsToForfeit: 100,
      noticeAt: '2025-01-10T10:00:00.000Z',
      endsAt: '2025-02-28T23:00:00.000Z',
      redeemUntil: '2025-05-31T22:00:00.000Z',
      endedAt: null,
      endReason: 'Terms broken',
    };
    expect(data.answer).toMatchObject({ forfeited: 0, membership: noticed });
    expect((await terminate()).data.answer).toMatchObject({ code: 'MEMBERSHIP_NOT_ACTIVE' });
    await world.at('2025-02-28T22:59:59.999Z');
    expect((await membership()).state).toBe('ENDING');
    await world.at('2025-02-28T23:00:00Z');
    expect((await membership()).state).toBe('REDEEM_ONLY');
    await world.at('2025-05-31T21:59:59.999Z');
    expect(await membership()).toEqual({ ...noticed, state: 'REDEEM_ONLY' });
    await world.at('2025-05-31T22:00:00Z');
    expect(await membership()).toEqual({
      ...noticed,
      state: 'ENDED',
      pointsToForfeit: 0,
      endedAt: '2025-05-31T22:00:00.000Z',
    });
    const lots = `{ rewardsMember(customerId: "ada") { lots(state: FORFEITED) { nodes { number } } } }`;
    expect((await world.ask(desk, lots)).data).toEqual({
      rewardsMember: { lots: { nodes: [{ number: 1 }] } },
    });
  });

  test('for good cause: at once, and the points are gone', async () => {
    expect((await terminate({ goodCause: true })).data.answer).toMatchObject({
      forfeited: 100,
      membership: { state: 'ENDED', endReason: 'Terms broken' },
    });
    expect((await terminate({ goodCause: true })).data.answer).toMatchObject({
      code: 'MEMBERSHIP_NOT_ACTIVE',
    });
  });

  test('for the desk only; the reason is shown to the member and the desk', async () => {
    const before = await world.digest();
    for (const actor of [customer('ada'), customer('bo'), service, anonymous]) {
      const code = actor === anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      expect(codes((await terminate({}, actor)).errors)).toEqual({ answer: code });
    }
    for (const reason of ['', ' ', 'x'.repeat(501), 'a\u0000b']) {
      expect(codes((await terminate({ reason })).errors)).toEqual({ answer: 'BAD_USER_INPUT' });
    }
    expect((await terminate({ customerId: 'nobody' })).data.answer).toMatchObject({
      code: 'NOT_A_MEMBER',
    });
    expect(await world.digest()).toBe(before);
    await terminate({ goodCause: null });
    expect((await membership(customer('ada'))).endReason).toBe('Terms broken');
    expect((await membership(desk)).endReason).toBe('Terms broken');
    expect((await membership(service)).endReason).toBeNull();
  });
});

describe('an order of a membership that ends', () => {
  const FIELDS = 'xPoints { expected held redemptions { state decidedAt } }';
  const seen = async () => (await world.entities(desk, 'Order', FIELDS, ['open'])).entities[0];

  test('expects nothing after the end, and its hold is released with it, booked or not (R2.9)', async () => {
    await terminate();
    await world.at('2025-05-01T10:00:00Z');
    await world.place('open', 'ada', '1.00');
    const hold = { orderId: 'open', points: 30, hold: { seconds: 90 * 86_400 } };
    await world.command(customer('ada'), 'redeemXPoints', { customerId: 'ada', ...hold }, '');
    expect(await seen()).toEqual({
      xPoints: { expected: 0, held: 30, redemptions: [{ state: 'HELD', decidedAt: null }] },
    });
    await world.at('2025-05-31T22:00:00Z');
    expect(await seen()).toEqual({
      xPoints: {
        expected: 0,
        held: 0,
        redemptions: [{ state: 'RELEASED', decidedAt: '2025-05-31T22:00:00.000Z' }],
      },
    });
  });

  test('is expected until the instant of the end', async () => {
    await terminate();
    await world.place('open', 'ada', '1.00');
    await world.at('2025-02-28T22:59:59.999Z');
    expect(await seen()).toMatchObject({ xPoints: { expected: 1 } });
    const pending = '{ rewardsMember(customerId: "ada") { xPoints { pending } } }';
    expect((await world.ask(desk, pending)).data).toMatchObject({
      rewardsMember: { xPoints: { pending: 1 } },
    });
    await world.at('2025-02-28T23:00:00Z');
    expect(await seen()).toMatchObject({ xPoints: { expected: 0 } });
    expect((await world.ask(desk, pending)).data).toMatchObject({
      rewardsMember: { xPoints: { pending: 0 } },
    });
  });
});

describe('discontinueProgram (R2.5)', () => {
  const ENDING = 'ending { endsAt redeemUntil goodCause announcedAt members done finishedAt }';
  const end = (input: object, actor = desk) =>
    world.command<Result>(
      actor,
      'discontinueProgram',
      { program: 'EU', reason: 'Over', ...input },
      `... on DiscontinueProgramSuccess { ${ENDING} }`,
    );
  const shown = async (actor: Actor) =>
    (await world.ask(actor, `{ rewardsProgram(code: "EU") { ${ENDING} } }`)).data;

  test('the dates are public, the progress is for the desk', async () => {
    expect(await shown(anonymous)).toEqual({ rewardsProgram: { ending: null } });
    const { data, errors } = await end({ endsOn: '2025-06-30' });
    expect(errors).toEqual([]);
    const dates = {
      endsAt: '2025-06-30T22:00:00.000Z',
      redeemUntil: '2025-09-30T22:00:00.000Z',
      goodCause: false,
      announcedAt: '2025-01-10T10:00:00.000Z',
    };
    const progress = { members: 2, done: 2, finishedAt: expect.any(String) };
    expect(data.answer).toEqual({
      __typename: 'DiscontinueProgramSuccess',
      ending: { ...dates, ...progress },
    });
    expect(await shown(desk)).toEqual({ rewardsProgram: { ending: { ...dates, ...progress } } });
    const hidden = { members: null, done: null, finishedAt: null };
    for (const actor of [anonymous, customer('ada'), service]) {
      expect(await shown(actor)).toEqual({ rewardsProgram: { ending: { ...dates, ...hidden } } });
    }
    expect(await membership()).toMatchObject({ state: 'ENDING', endsAt: dates.endsAt });
    expect((await end({ endsOn: '2025-06-30' })).data.answer.__typename).toBe(
      'DiscontinueProgramSuccess',
    );
    expect((await end({ endsOn: '2025-07-31' })).data.answer).toMatchObject({
      code: 'PROGRAM_ENDING_ALREADY',
    });
  });

  test('for good cause at once', async () => {
    await end({ goodCause: true });
    expect(await membership()).toMatchObject({ state: 'ENDED', pointsToForfeit: 0 });
  });

  test('for the desk only, with clear refusals and every row as it was', async () => {
    const before = await world.digest();
    for (const actor of [customer('ada'), service, anonymous]) {
      const code = actor === anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      expect(codes((await end({ endsOn: '2025-06-30' }, actor)).errors)).toEqual({ answer: code });
    }
    const refused = [
      [{ program: 'XX', endsOn: '2025-06-30' }, 'PROGRAM_NOT_FOUND'],
      [{ endsOn: '2025-01-09' }, 'INVALID_END_DATE'],
      [{ endsOn: '2025-02-30' }, 'INVALID_END_DATE'],
      [{ endsOn: 'soon' }, 'INVALID_END_DATE'],
      [{}, 'INVALID_END_DATE'],
    ] as const;
    for (const [input, code] of refused) {
      expect((await end(input)).data.answer).toMatchObject({ __typename: 'CommandRefused', code });
    }
    for (const input of [
      { goodCause: true, endsOn: '2025-06-30' },
      { endsOn: '2025-06-30', reason: '' },
    ]) {
      expect(codes((await end(input)).errors)).toEqual({ answer: 'BAD_USER_INPUT' });
    }
    expect(await world.digest()).toBe(before);
  });

  test('the statements do not grow with the members shown', async () => {
    const fields = `membership { program { code ${ENDING} } }`;
    const one = await world.entities(desk, 'Customer', fields, ['ada']);
    const two = await world.entities(desk, 'Customer', fields, ['ada', 'bo']);
    expect(two.errors).toEqual([]);
    expect(two.statements.length).toBe(one.statements.length);
  });
});

describe('exportMemberData', () => {
  const give = (id: string, actor: Actor) =>
    world.ask<{ exportMemberData: string | null }>(
      actor,
      `{ exportMemberData(customerId: "${id}") }`,
    );

  test('everything kept of a customer as JSON, to themself and the desk', async () => {
    for (const actor of [customer('ada'), desk]) {
      const { data, errors } = await give('ada', actor);
      expect(errors).toEqual([]);
      const kept = JSON.parse(data.exportMemberData!);
      expect(kept.lots).toHaveLength(1);
      expect(kept.orders).toEqual([expect.objectContaining({ id: 'a1', customer_id: 'ada' })]);
      expect(data.exportMemberData).not.toContain('bo');
    }
    expect((await give('nobody', desk)).data).toEqual({ exportMemberData: null });
  });

  test('to nobody else, whether or not there is something', async () => {
    for (const id of ['ada', 'nobody']) {
      for (const actor of [customer('bo'), service, anonymous]) {
        const code = actor === anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN';
        expect(codes((await give(id, actor)).errors)).toEqual({ exportMemberData: code });
      }
    }
  });
});
