import type { Actor } from '../../src/auth/actor';
import { lotId } from '../../src/ledger/lot.graphql';
import { anonymous, codes, customer, desk, scoped, service, World } from './world';

interface Shown {
  id: string;
  state: string;
  points: number;
  amount: { amount: string };
  outstanding: { amount: string };
  [field: string]: unknown;
}
interface Result {
  __typename: string;
  code?: string;
  voiding?: Record<string, unknown>;
  claims?: Shown[];
  claim?: Shown;
}

const CLAIM = `id state points redemptionId discountCode amount { amount currency } outstanding { amount } decidedAmount { amount }
  customer { id } redeemer { id } order { id } reason openedAt openedBy decidedAt decidedBy note`;
const VOIDING =
  'kind points lots { customerId lotNumber points } refereeId discountCode reason by at';
const RESULT = `... on VoidForAbuseSuccess { voiding { ${VOIDING} } claims { ${CLAIM} } }`;
const DECIDED = `... on CompensationClaimSuccess { claim { ${CLAIM} } }`;
const ACME = { organizationId: 'acme', billingAccountId: 'acme-1' };
const AT = '2025-01-10T10:00:00.000Z';

let world: World;
/** Ada has 100 points, gave bo 60 of them; bo redeemed 25 of these. */
beforeEach(async () => {
  world = await World.open(AT);
  await world.register('ada', null, 'EU', ACME);
  await world.register('bo', null, 'EU', ACME);
  await world.earn('a1', 'ada', '100.00');
  await run(desk, 'transferXPoints', { fromId: 'ada', toId: 'bo', points: 60, reason: 'OTHER' });
  await world.place('b1', 'bo', '50.00');
  await run(customer('bo'), 'redeemXPoints', { customerId: 'bo', orderId: 'b1', points: 25 });
});
afterEach(() => world.close());

async function run(actor: Actor, name: string, input: object, fields = ''): Promise<Result> {
  const { data, errors } = await world.command<Result>(actor, name, input, fields);
  expect(errors).toEqual([]);
  return data.answer;
}
const voidLots = (input: object = {}, actor = desk) => {
  const lots = { customerId: 'ada', lots: ['1'], reason: 'Two accounts of one person', ...input };
  return world.command<Result>(actor, 'voidXPointsLots', lots, RESULT);
};

async function ask<T>(actor: Actor, query: string, variables = {}): Promise<T> {
  const { data, errors } = await world.ask(actor, query, variables);
  expect(errors).toEqual([]);
  return data as T;
}

async function claimsOf(id: string, actor: Actor, args = ''): Promise<Shown[]> {
  const query = `{ rewardsMember(customerId: "${id}") { compensationClaims${args} { nodes { ${CLAIM} } } } }`;
  const data = await ask<{ rewardsMember: { compensationClaims: { nodes: Shown[] } } }>(
    actor,
    query,
  );
  return data.rewardsMember.compensationClaims.nodes;
}

describe('voidXPointsLots (R8.1)', () => {
  test('what is unspent goes, also where it was transferred to; what was redeemed is claimed', async () => {
    const { data, errors } = await voidLots();
    expect(errors).toEqual([]);
    expect(data.answer).toEqual({
      __typename: 'VoidForAbuseSuccess',
      voiding: {
        ...{ kind: 'LOTS', points: 75, refereeId: null, discountCode: null },
        lots: [
          { customerId: 'ada', lotNumber: 1, points: 40 },
          { customerId: 'bo', lotNumber: 1, points: 35 },
        ],
        ...{ reason: 'Two accounts of one person', by: 'desk:desk-1', at: AT },
      },
      claims: [
        {
          ...{ id: expect.stringMatching(/^[\w-]+$/), state: 'OPEN', points: 25 },
          ...{ redemptionId: expect.any(String), discountCode: null },
          ...{ amount: { amount: '0.25', currency: 'EUR' }, outstanding: { amount: '0.25' } },
          ...{ customer: { id: 'ada' }, redeemer: { id: 'bo' }, order: { id: 'b1' } },
          ...{ reason: 'Two accounts of one person', openedAt: AT, openedBy: 'desk:desk-1' },
          ...{ decidedAmount: null, decidedAt: null, decidedBy: null, note: null },
        },
      ],
    });
    const balances = `{ ada: rewardsMember(customerId: "ada") { ...B } bo: rewardsMember(customerId: "bo") { ...B } }
      fragment B on Customer { xPoints { available lifetimeEarned } tier { turnover { amount } }
        lots(state: VOIDED) { nodes { number state remaining } }
        xPointsHistory(first: 1) { nodes { kind availableChange arithmetic { type points } } } }`;
    const entry = (points: number) => ({
      ...{ kind: 'VOIDED', availableChange: -points, arithmetic: { type: 'VOID', points } },
    });
    const lots = { nodes: [{ number: 1, state: 'VOIDED', remaining: 0 }] };
    expect(await ask(desk, balances)).toEqual({
      ada: {
        ...{ lots, xPoints: { available: 0, lifetimeEarned: 60 } },
        ...{ tier: { turnover: { amount: '100.00' } }, xPointsHistory: { nodes: [entry(40)] } },
      },
      bo: {
        ...{ lots, xPoints: { available: 0, lifetimeEarned: 0 } },
        ...{ tier: { turnover: { amount: '0.00' } }, xPointsHistory: { nodes: [entry(35)] } },
      },
    });
  });

  test('a lot is named by its id too; another’s, or nobody’s, is not found', async () => {
    const id = lotId('ada', 1);
    for (const lots of [['2'], ['0'], ['-1'], ['99999999999'], ['x'], [lotId('bo', 1)], [`${id}=`]])
      expect((await voidLots({ lots })).data.answer).toMatchObject({ code: 'LOT_NOT_FOUND' });
    expect((await voidLots({ lots: [id, '1'] })).data.answer.voiding).toMatchObject({ points: 75 });
    expect((await voidLots({ lots: [id] })).data.answer).toMatchObject({ code: 'ALREADY_VOIDED' });
  });

  test('lots are 1 to 100', async () => {
    const many = Array.from({ length: 101 }, (_, n) => `${n + 1}`);
    expect(codes((await voidLots({ lots: [] })).errors)).toEqual({ answer: 'BAD_USER_INPUT' });
    expect(codes((await voidLots({ lots: many })).errors)).toEqual({ '': 'LIST_TOO_LONG' });
    const named = await voidLots({ lots: many.slice(1) });
    expect(named.data.answer).toMatchObject({ code: 'LOT_NOT_FOUND' });
  });

  test('a repetition is answered with the first one, with other input a conflict', async () => {
    const first = await voidLots({ idempotencyKey: 'same' });
    expect((await voidLots({ idempotencyKey: 'same' })).data).toEqual(first.data);
    const other = await voidLots({ idempotencyKey: 'same', reason: 'Another' });
    expect(other.data.answer).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await claimsOf('ada', desk)).toHaveLength(1);
  });

  test('the platform is told, in each account’s order (R9.2)', async () => {
    await voidLots();
    const told = await world.app.database.query(
      `select account_id as id, type, data from outbox where type ~ '^(points.voided|claim)' order by account_id, number`,
    );
    expect(told).toEqual([
      {
        ...{ id: 'ada', type: 'points.voided' },
        data: { points: 40, lots: [{ lot: 1, points: 40 }] },
      },
      {
        ...{ id: 'ada', type: 'claim.opened' },
        data: {
          ...{ claimId: expect.any(String), redeemerId: 'bo', redemptionId: expect.any(String) },
          ...{ orderId: 'b1', discountCode: null, points: 25 },
          amount: { amount: '0.25', currency: 'EUR' },
        },
      },
      {
        ...{ id: 'bo', type: 'points.voided' },
        data: { points: 35, lots: [{ lot: 1, points: 35 }] },
      },
    ]);
  });
});

describe('voidDiscount and voidReferral (R8.1)', () => {
  /** Eve came through ada's link. */
  async function referred(): Promise<string> {
    const link = '{ rewardsMember(customerId: "ada") { referral { link { code } } } }';
    const { rewardsMember } = await ask<{
      rewardsMember: { referral: { link: { code: string } } };
    }>(desk, link);
    const referralCode = rewardsMember.referral.link.code;
    await world.register('eve', null, 'EU', { ...ACME, referralCode });
    await world.place('e1', 'eve', '100.00');
    const codesOf = '{ rewardsMember(customerId: "eve") { discountCodes { code } } }';
    const eve = await ask<{ rewardsMember: { discountCodes: { code: string }[] } }>(desk, codesOf);
    const { code } = eve.rewardsMember.discountCodes[0]!;
    await run(desk, 'applyDiscountCode', { customerId: 'eve', orderId: 'e1', code });
    return code;
  }
  const STANDING = `{ rewardsMember(customerId: "eve") { discountCodes { state order { id } } referral { referredBy { id } } } }`;

  test('a discount comes off an open order; of a paid one its value is claimed', async () => {
    const code = await referred();
    const input = { customerId: 'eve', code: code.toLowerCase(), reason: 'Sold on' };
    const answer = await run(desk, 'voidDiscount', input, RESULT);
    expect(answer).toMatchObject({
      ...{ claims: [], voiding: { kind: 'DISCOUNT', discountCode: code, points: 0, lots: [] } },
    });
    const { rewardsMember } = await ask<{ rewardsMember: { discountCodes: object[] } }>(
      desk,
      STANDING,
    );
    expect(rewardsMember.discountCodes).toEqual([{ state: 'VOIDED', order: null }]);
    const again = { customerId: 'eve', orderId: 'e1', code };
    expect(await run(desk, 'applyDiscountCode', again)).toMatchObject({
      code: 'DISCOUNT_NOT_FOUND',
    });
    expect(await run(desk, 'voidDiscount', input)).toMatchObject({ code: 'ALREADY_VOIDED' });
    expect(await run(desk, 'voidDiscount', { ...input, customerId: 'bo' })).toMatchObject({
      code: 'DISCOUNT_NOT_FOUND',
    });
  });

  test('a referral takes its bonus and its code with it, and is listed for the desk', async () => {
    const code = await referred();
    await world.tell({ type: 'order.paid', orderId: 'e1', xPoints: null });
    await world.tell({ type: 'order.delivered', orderId: 'e1' });
    const input = { refereeId: 'eve', reason: 'The same person' };
    const answer = await run(desk, 'voidReferral', input, RESULT);
    expect(answer.voiding).toMatchObject({
      ...{ kind: 'REFERRAL', points: 5000, refereeId: 'eve', discountCode: code },
      lots: [{ customerId: 'ada', lotNumber: 2, points: 5000 }],
    });
    expect(answer.claims).toMatchObject([
      {
        ...{ points: 0, discountCode: code, redemptionId: null, amount: { amount: '10.00' } },
        ...{ customer: { id: 'eve' }, redeemer: { id: 'eve' }, order: { id: 'e1' } },
      },
    ]);
    expect(await claimsOf('eve', customer('eve'))).toMatchObject([
      { amount: { amount: '10.00' }, outstanding: { amount: '10.00' } },
    ]);
    await world.tell({ type: 'order.cancelled', orderId: 'e1', net: '40.00' });
    expect(await claimsOf('eve', desk)).toMatchObject([{ outstanding: { amount: '6.00' } }]);
    const reviews = `{ referralReviews(state: VOIDED) { nodes { state bonus referee { id } lastReview { by note } } } }`;
    expect(await ask(desk, reviews)).toEqual({
      referralReviews: {
        nodes: [
          {
            ...{ state: 'VOIDED', bonus: 0, referee: { id: 'eve' } },
            lastReview: { by: 'desk:desk-1', note: 'The same person' },
          },
        ],
      },
    });
    expect(await run(desk, 'voidReferral', input)).toMatchObject({ code: 'ALREADY_VOIDED' });
    expect(await run(desk, 'voidReferral', { ...input, refereeId: 'bo' })).toMatchObject({
      code: 'REFERRAL_NOT_FOUND',
    });
  });
});

describe('claims (R8.1)', () => {
  async function claimed(): Promise<string> {
    return (await voidLots()).data.answer.claims![0]!.id;
  }

  test('shrink with what is cancelled later, and are settled by what is left', async () => {
    const id = await claimed();
    await world.tell({ type: 'order.cancelled', orderId: 'b1', net: '49.90' });
    expect(await claimsOf('ada', desk)).toMatchObject([
      { state: 'OPEN', points: 25, amount: { amount: '0.25' }, outstanding: { amount: '0.10' } },
    ]);
    const input = { claimId: id, note: 'Paid by transfer' };
    const answer = await run(desk, 'settleClaim', input, DECIDED);
    expect(answer.claim).toMatchObject({
      ...{ id, state: 'SETTLED', outstanding: { amount: '0.00' } },
      ...{ decidedAmount: { amount: '0.10' }, decidedAt: AT, decidedBy: 'desk:desk-1' },
      note: 'Paid by transfer',
    });
    for (const name of ['settleClaim', 'waiveClaim']) {
      expect(await run(desk, name, input)).toMatchObject({ code: 'CLAIM_NOT_OPEN' });
    }
  });

  test('one of which nothing is left shows so, and can be waived', async () => {
    const id = await claimed();
    await world.tell({ type: 'order.cancelled', orderId: 'b1', net: null });
    expect(await claimsOf('ada', desk)).toMatchObject([{ outstanding: { amount: '0.00' } }]);
    const answer = await run(desk, 'waiveClaim', { claimId: id, note: 'Nothing left' }, DECIDED);
    expect(answer.claim).toMatchObject({ state: 'WAIVED', decidedAmount: { amount: '0.00' } });
  });

  test('that there are none are not found', async () => {
    const id = await claimed();
    const forged = Buffer.from(JSON.stringify(['claim', 'ada', 2 ** 40])).toString('base64url');
    for (const claimId of ['none', '', `${id}A`, lotId('ada', 1), forged]) {
      expect(await run(desk, 'settleClaim', { claimId, note: 'x' })).toMatchObject({
        code: 'CLAIM_NOT_FOUND',
      });
    }
  });

  test('the member sees theirs without the desk’s words; a colleague nothing, the desk all', async () => {
    await claimed();
    const [own] = await claimsOf('ada', customer('ada'));
    expect(own).toMatchObject({
      ...{ state: 'OPEN', amount: { amount: '0.25' }, reason: null, openedBy: null },
      ...{ redeemer: { id: 'bo' }, order: { id: 'b1' } },
    });
    expect(await claimsOf('ada', service)).toMatchObject([{ reason: null }]);
    expect(await claimsOf('bo', customer('bo'))).toEqual([]);
    expect(await claimsOf('ada', desk, '(state: WAIVED)')).toEqual([]);
    const query = '{ rewardsMember(customerId: "ada") { compensationClaims { nodes { id } } } }';
    const { errors } = await world.ask(customer('bo'), query);
    expect(codes(errors)).toEqual({ rewardsMember: 'FORBIDDEN' });
  });

  test('of a colleague’s order and of the colleague the member learns the id alone', async () => {
    await claimed();
    const query = `{ rewardsMember(customerId: "ada") { compensationClaims { nodes {
      redeemer { id xPoints { available } } order { id xPoints { redeemed } } } } } }`;
    expect(await ask(customer('ada'), query)).toEqual({
      rewardsMember: {
        compensationClaims: {
          nodes: [{ redeemer: { id: 'bo', xPoints: null }, order: { id: 'b1', xPoints: null } }],
        },
      },
    });
  });

  test('voidings are the desk’s to read', async () => {
    await voidLots();
    const query = `{ rewardsMember(customerId: "ada") { rewardsVoidings { nodes { ${VOIDING} } } } }`;
    expect(await ask(desk, query)).toMatchObject({
      rewardsMember: { rewardsVoidings: { nodes: [{ kind: 'LOTS', by: 'desk:desk-1' }] } },
    });
    for (const actor of [customer('ada'), service]) {
      expect(await ask(actor, query)).toEqual({ rewardsMember: { rewardsVoidings: null } });
    }
  });

  test('a walk in pages finds everything once, in one statement each', async () => {
    for (let i = 1; i <= 4; i += 1) {
      const points = { customerId: 'ada', orderId: 'mine', points: 10 };
      if (i === 1) await world.place('mine', 'ada', '50.00');
      await run(customer('ada'), 'redeemXPoints', points);
      if (i === 3) await world.at('2025-01-10T10:00:01Z');
    }
    await voidLots();
    const walk = async (first: number): Promise<string[]> => {
      const found: string[] = [];
      for (let after: string | null = null; ; ) {
        const query = `query W($after: String) { list: compensationClaims(first: ${first}, after: $after) {
          nodes { id outstanding { amount } } pageInfo { hasNextPage endCursor } } }`;
        type List = {
          list: { nodes: Shown[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
        };
        const answer: { data: List; statements: readonly string[] } = await world.ask<List>(
          desk,
          query,
          { after },
        );
        // The page, and what its claims' redemptions still draw.
        expect(answer.statements.length).toBeLessThanOrEqual(2);
        found.push(...answer.data.list.nodes.map(({ id }) => id));
        const { hasNextPage, endCursor } = answer.data.list.pageInfo;
        if (!hasNextPage) return found;
        after = endCursor;
      }
    };
    const all = await walk(100);
    expect(new Set(all).size).toBe(5);
    for (const first of [1, 2, 5]) expect(await walk(first)).toEqual(all);
    const own = (await claimsOf('ada', desk, '(first: 100)')).map(({ id }) => id);
    expect([...own].sort()).toEqual([...all].sort());
    const { errors } = await world.ask(desk, '{ compensationClaims(after: "x") { nodes { id } } }');
    expect(codes(errors)).toEqual({ compensationClaims: 'BAD_USER_INPUT' });
  });
});

test('nobody but the desk voids, decides and lists', async () => {
  const before = await world.digest();
  const reason = { reason: 'x' };
  const commands: [string, object][] = [
    ['voidXPointsLots', { customerId: 'ada', lots: ['1'], ...reason }],
    ['voidReferral', { refereeId: 'ada', ...reason }],
    ['voidDiscount', { customerId: 'ada', code: 'X', ...reason }],
    ['settleClaim', { claimId: 'none', note: 'x' }],
    ['waiveClaim', { claimId: 'none', note: 'x' }],
  ];
  for (const actor of [customer('ada'), service, scoped('p', 'rewards:partner'), anonymous]) {
    const code = actor === anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN';
    for (const [name, input] of commands) {
      const { errors } = await world.command(actor, name, input, '');
      expect(codes(errors)).toEqual({ answer: code });
    }
    const { errors } = await world.ask(actor, '{ compensationClaims { nodes { id } } }');
    expect(codes(errors)).toEqual({ compensationClaims: code });
  }
  expect(await world.digest()).toBe(before);
});
