import type { Actor } from '../../src/auth/actor';
import { anonymous, codes, customer, desk, service, World } from './world';

interface Shown {
  id: string;
  state: string;
  points: number | null;
  moved: number | null;
}
interface Result {
  __typename: string;
  code?: string;
  transfer?: Shown;
}
interface List {
  transferRequests: {
    nodes: Shown[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
}

const TRANSFER =
  'id points reason evidence state requestedAt requestedBy decidedAt decidedBy note moved from { id } to { id }';
const RESULT = `... on InsufficientXPoints { available } ... on LimitExceeded { limit } ... on XPointsTransferSuccess { transfer { ${TRANSFER} } }`;
const ACME = { organizationId: 'acme', billingAccountId: 'acme-1' };

let world: World;
beforeEach(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  await world.register('ada', null, 'EU', ACME);
  await world.register('bo', null, 'EU', ACME);
  await world.register('far', null, 'EU', { organizationId: 'other', billingAccountId: 'acme-1' });
  await world.earn('a1', 'ada', '100.00');
});
afterEach(() => world.close());

const wish = { fromId: 'ada', toId: 'bo', points: 40, reason: 'CHANGED_ROLE' };
const run = (actor: Actor, name: string, input: object) =>
  world.command<Result>(actor, name, input, RESULT);
const request = (input: object = {}, actor = customer('ada')) =>
  run(actor, 'requestXPointsTransfer', { ...wish, ...input });
const move = (input: object = {}, actor = desk) =>
  run(actor, 'transferXPoints', { ...wish, ...input });
const decide = (transferId: string, input: object = {}, actor = desk) =>
  run(actor, 'decideXPointsTransfer', { transferId, approve: true, ...input });

async function requested(input: object = {}, actor = customer('ada')): Promise<string> {
  const { data } = await request(input, actor);
  return data.answer.transfer!.id;
}

async function list(actor: Actor, args = ''): Promise<Shown[]> {
  const { data, errors } = await world.ask<List>(
    actor,
    `{ transferRequests${args} { nodes { ${TRANSFER} } } }`,
  );
  expect(errors).toEqual([]);
  return data.transferRequests.nodes;
}

async function available(id: string): Promise<number> {
  const query = `{ rewardsMember(customerId: "${id}") { xPoints { available } } }`;
  const { data } = await world.ask<{ rewardsMember: { xPoints: { available: number } } }>(
    desk,
    query,
  );
  return data.rewardsMember.xPoints.available;
}

describe('request and decide (R7.2)', () => {
  test('the giver asks, the desk approves, the points move', async () => {
    const { data, errors } = await request({ evidence: ' Letter of 3 January ' });
    expect(errors).toEqual([]);
    const { transfer } = data.answer;
    expect(data.answer).toEqual({
      __typename: 'XPointsTransferSuccess',
      transfer: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        points: 40,
        reason: 'CHANGED_ROLE',
        evidence: 'Letter of 3 January',
        state: 'REQUESTED',
        requestedAt: '2025-01-10T10:00:00.000Z',
        requestedBy: 'customer:ada',
        decidedAt: null,
        decidedBy: null,
        note: null,
        moved: null,
        from: { id: 'ada' },
        to: { id: 'bo' },
      },
    });
    expect(await available('bo')).toBe(0);
    const decided = await decide(transfer!.id, { note: 'Agreed' });
    expect(decided.data.answer.transfer).toMatchObject({
      id: transfer!.id,
      state: 'APPROVED',
      decidedBy: 'desk:desk-1',
      decidedAt: '2025-01-10T10:00:00.000Z',
      note: 'Agreed',
      moved: 40,
    });
    expect([await available('ada'), await available('bo')]).toEqual([60, 40]);
  });

  test('the receiver asks for all; the desk rejects, and nothing moves', async () => {
    const id = await requested({ points: null }, customer('bo'));
    const { data } = await decide(id, { approve: false, note: 'No proof' });
    expect(data.answer.transfer).toMatchObject({
      state: 'REJECTED',
      points: null,
      moved: null,
      note: 'No proof',
    });
    expect(await available('ada')).toBe(100);
  });

  test('a decision on nothing, a second one, and one that cannot be carried out are refused', async () => {
    for (const id of ['nothing', '', 'a\u0000b', 'x'.repeat(300)]) {
      expect((await decide(id)).data.answer).toMatchObject({ code: 'TRANSFER_NOT_FOUND' });
    }
    const id = await requested({ points: 100 });
    await move({ points: 1 });
    const before = await world.digest();
    expect((await decide(id)).data.answer).toMatchObject({
      __typename: 'InsufficientXPoints',
      code: 'INSUFFICIENT_X_POINTS',
      available: 99,
    });
    expect(await world.digest()).toBe(before);
    expect((await list(desk)).map((transfer) => transfer.state)).toEqual(['REQUESTED']);
    await decide(id, { approve: false });
    expect((await decide(id)).data.answer).toMatchObject({ code: 'TRANSFER_NOT_REQUESTED' });
  });

  test('a repetition is answered with the first one, with other input a conflict', async () => {
    const first = await request({ idempotencyKey: 'same' });
    const again = await request({ idempotencyKey: 'same' });
    const other = await request({ idempotencyKey: 'same', points: 41 });
    expect(again.data).toEqual(first.data);
    expect(other.data.answer).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    const moved = await move({ idempotencyKey: 'm' });
    expect((await move({ idempotencyKey: 'm' })).data).toEqual(moved.data);
    expect(await available('ada')).toBe(60);
  });
});

describe('who may', () => {
  test('a member asks as giver or receiver only; nobody else asks', async () => {
    const before = await world.digest();
    for (const actor of [customer('far'), desk, service, anonymous]) {
      const code = actor === anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      const { data, errors } = await request({}, actor);
      expect([data, codes(errors)]).toEqual([null, { answer: code }]);
    }
    expect(await world.digest()).toBe(before);
  });

  test('only the desk moves and decides', async () => {
    const id = await requested();
    const before = await world.digest();
    for (const actor of [customer('ada'), customer('bo'), service, anonymous]) {
      const code = actor === anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      expect(codes((await move({}, actor)).errors)).toEqual({ answer: code });
      for (const transferId of [id, 'nothing']) {
        expect(codes((await decide(transferId, {}, actor)).errors)).toEqual({ answer: code });
      }
    }
    expect(await world.digest()).toBe(before);
  });

  test('text is bounded and plain', async () => {
    for (const input of [
      { evidence: 'x'.repeat(2001) },
      { evidence: 'a\u0000b' },
      { toId: '' },
      { toId: 'a\nb' },
      { idempotencyKey: '' },
    ]) {
      expect(codes((await request(input)).errors)).toEqual({ answer: 'BAD_USER_INPUT' });
    }
    const id = await requested({ evidence: 'x'.repeat(2000) });
    for (const note of ['x'.repeat(501), 'a\u0007b']) {
      expect(codes((await decide(id, { note })).errors)).toEqual({ answer: 'BAD_USER_INPUT' });
    }
  });
});

describe('refusals (R7.4)', () => {
  test('the desk sees the true ones, with numbers', async () => {
    await world.at('2025-02-10T10:00:00Z');
    await world.register('tr', null, 'TR', ACME);
    await world.register('bill', null, 'EU', { ...ACME, billingAccountId: 'acme-2' });
    await world.register('none', null, 'EU', { organizationId: 'acme' });
    const before = await world.digest();
    const refused = async (input: object) => {
      const { answer } = (await move(input)).data;
      return answer;
    };
    expect(await refused({ points: 0 })).toMatchObject({
      __typename: 'LimitExceeded',
      code: 'INVALID_POINTS',
    });
    const inOrder = [
      [{ points: -1, toId: 'nobody' }, 'INVALID_POINTS'],
      [{ toId: 'nobody' }, 'NOT_A_MEMBER'],
      [{ toId: 'ada' }, 'SAME_ACCOUNT'],
      [{ toId: 'tr' }, 'DIFFERENT_PROGRAM'],
      [{ toId: 'far' }, 'DIFFERENT_ORGANIZATION'],
      [{ toId: 'bill' }, 'DIFFERENT_BILLING_ACCOUNT'],
      [{ toId: 'none' }, 'DIFFERENT_BILLING_ACCOUNT'],
      [{ points: 101 }, 'INSUFFICIENT_X_POINTS'],
      [{ fromId: 'bo', toId: 'ada', points: null }, 'INSUFFICIENT_X_POINTS'],
    ] as const;
    for (const [input, code] of inOrder) {
      expect(await refused(input)).toMatchObject({ code });
    }
    expect(await world.digest()).toBe(before);
    await world.command(desk, 'suspendMember', { customerId: 'bo', reason: 'Looked at' }, '');
    expect(await refused({ points: 101 })).toMatchObject({ code: 'MEMBERSHIP_NOT_ACTIVE' });
  });

  test('whoever probes strangers gets DIFFERENT_ORGANIZATION, whatever is true of them', async () => {
    await world.register('tr', null, 'TR', { organizationId: 'other' });
    await world.register('gone', null, 'EU', { organizationId: 'other' });
    await world.command(
      desk,
      'terminateMember',
      { customerId: 'gone', goodCause: true, reason: 'x' },
      '',
    );
    await world.place('stub', 'unregistered', '10.00');
    await world.register('late', '2025-01-10T10:00:00Z', 'EU', {});
    const before = await world.digest();
    const answers = [];
    for (const stranger of ['far', 'tr', 'gone', 'late', 'unregistered', 'nobody-at-all']) {
      for (const points of [1, 1_000_000, null]) {
        answers.push((await request({ toId: stranger, points })).data.answer);
        answers.push((await request({ fromId: stranger, toId: 'ada', points })).data.answer);
      }
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({
      __typename: 'CommandRefused',
      code: 'DIFFERENT_ORGANIZATION',
    });
    expect(await world.digest()).toBe(before);
  });

  test('a receiver does not learn what the giver has; the giver knows', async () => {
    expect((await request({ points: 101 })).data.answer).toMatchObject({ available: 100 });
    const { data } = await request({ points: 101 }, customer('bo'));
    expect(data.answer.__typename).toBe('XPointsTransferSuccess');
  });
});

describe('transferRequests', () => {
  test('the desk sees all, a member their own; others nothing', async () => {
    await requested({ evidence: 'Secret' });
    await world.register('cy', null, 'EU', ACME);
    await world.at('2025-01-10T10:00:01Z');
    await requested({ toId: 'cy', points: null, evidence: 'Other secret' });
    await world.at('2025-01-10T10:00:02Z');
    await move({ points: 1 });
    expect(await list(desk)).toHaveLength(2);
    expect(await list(desk, '(state: null)')).toHaveLength(3);
    expect(await list(customer('bo'), '(state: null)')).toEqual([
      expect.objectContaining({ evidence: null, requestedBy: 'customer:ada', to: { id: 'bo' } }),
      expect.objectContaining({ requestedBy: 'desk', decidedBy: 'desk', state: 'APPROVED' }),
    ]);
    expect((await list(customer('ada')))[0]).toMatchObject({ evidence: 'Secret' });
    expect(await list(customer('far'), '(state: null)')).toEqual([]);
    for (const actor of [service, anonymous]) {
      const { errors } = await world.ask(actor, '{ transferRequests { nodes { id } } }');
      const code = actor === anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      expect(codes(errors)).toEqual({ transferRequests: code });
    }
  });

  test('of a colleague it names no more than the id', async () => {
    await requested();
    const query =
      '{ transferRequests { nodes { to { id xPoints { available } membership { state } } from { xPoints { available } } } } }';
    const { data, errors } = await world.ask(customer('ada'), query);
    expect(errors).toEqual([]);
    expect(data).toEqual({
      transferRequests: {
        nodes: [
          {
            to: { id: 'bo', xPoints: null, membership: null },
            from: { xPoints: { available: 100 } },
          },
        ],
      },
    });
  });

  test('a walk in pages finds everything once, in one statement each', async () => {
    for (let i = 1; i <= 5; i += 1) await requested({ points: i });
    const all = await list(desk, '(first: 100)');
    const found: string[] = [];
    for (let after: string | null = null; ; ) {
      const query = `query W($after: String) { transferRequests(first: 2, after: $after) {
        nodes { id from { id } to { id } } pageInfo { hasNextPage endCursor } } }`;
      const answer: { data: List; statements: readonly string[] } = await world.ask<List>(
        customer('bo'),
        query,
        { after },
      );
      expect(answer.statements).toHaveLength(1);
      const { nodes, pageInfo } = answer.data.transferRequests;
      found.push(...nodes.map((node) => node.id));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect(found).toEqual(all.map((transfer) => transfer.id));
    const forged = await world.ask(desk, '{ transferRequests(after: "x") { nodes { id } } }');
    expect(codes(forged.errors)).toEqual({ transferRequests: 'BAD_USER_INPUT' });
  });
});

describe('lots of a transfer (R7.3)', () => {
  const LOTS = `lots(state: null) { nodes { number state granted source { kind reference } origin { customerId lotNumber }
    expiresAt uses(first: 1) { to points } } }`;
  const lots = async (id: string, actor: Actor) => {
    const { data, errors } = await world.ask<{
      rewardsMember: { lots: { nodes: Record<string, unknown>[] } };
    }>(actor, `{ rewardsMember(customerId: "${id}") { ${LOTS} } }`);
    expect(errors).toEqual([]);
    return data.rewardsMember.lots.nodes;
  };

  test('say where they came from, to the owner and the desk', async () => {
    await move({ points: null });
    for (const actor of [customer('bo'), desk]) {
      expect(await lots('bo', actor)).toEqual([
        {
          number: 1,
          state: 'OPEN',
          granted: 100,
          source: { kind: 'TRANSFER', reference: 'ada' },
          origin: { customerId: 'ada', lotNumber: 1 },
          expiresAt: '2026-01-10T23:00:00.000Z',
          uses: [],
        },
      ]);
    }
    expect((await lots('bo', service))[0]).toMatchObject({ origin: null });
    expect(await lots('ada', customer('ada'))).toEqual([
      expect.objectContaining({
        state: 'SPENT',
        origin: null,
        uses: [{ to: 'TRANSFERRED', points: 100 }],
      }),
    ]);
    const spent = `{ rewardsMember(customerId: "ada") { lots(state: SPENT) { nodes { number } } } }`;
    expect((await world.ask(desk, spent)).data).toEqual({
      rewardsMember: { lots: { nodes: [{ number: 1 }] } },
    });
  });

  test('history tells both sides', async () => {
    await move();
    const kinds = async (id: string) => {
      const query = `{ rewardsMember(customerId: "${id}") { xPointsHistory { nodes { kind availableChange } } } }`;
      const { data } = await world.ask<{
        rewardsMember: { xPointsHistory: { nodes: object[] } };
      }>(customer(id), query);
      return data.rewardsMember.xPointsHistory.nodes[0];
    };
    expect(await kinds('ada')).toEqual({ kind: 'TRANSFERRED_OUT', availableChange: -40 });
    expect(await kinds('bo')).toEqual({ kind: 'TRANSFERRED_IN', availableChange: 40 });
  });

  test('what became of a lot is bounded', async () => {
    for (let i = 1; i <= 3; i += 1) await move({ points: i });
    const uses = async (args: string) => {
      const query = `{ rewardsMember(customerId: "ada") { lots(first: 5, state: null) { nodes { uses${args} { points } } } } }`;
      return world.ask<{ rewardsMember: { lots: { nodes: { uses: object[] }[] } } }>(desk, query);
    };
    expect((await uses('(first: 2)')).data.rewardsMember.lots.nodes[0]!.uses).toEqual([
      { points: 1 },
      { points: 2 },
    ]);
    expect((await uses('')).data.rewardsMember.lots.nodes[0]!.uses).toHaveLength(3);
    for (const first of [0, 101]) {
      const { errors } = await uses(`(first: ${first})`);
      expect(Object.values(codes(errors))).toEqual(['BAD_USER_INPUT']);
    }
  });
});
