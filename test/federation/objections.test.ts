import { checkIntegrity } from '../../src/ledger/integrity';
import { recordDelivery } from '../../src/notifications/record-delivery';
import { codes, customer, desk, scoped, service, World } from './world';

const kim = scoped('desk-2', 'rewards:desk');
const SHOWN =
  'number about entrySequence discountCode statement state raisedAt raisedBy toldAt objectUntil decidedAt decidedBy note adjustment customer { id } order { id }';
const ANSWER = `... on ObjectionSuccess { objection { ${SHOWN} } } ... on LimitExceeded { limit }`;
const OPEN = {
  ...{ entrySequence: null, discountCode: null, statement: 'It was more.', state: 'OPEN' },
  ...{ raisedAt: '2025-03-01T10:00:00.000Z', raisedBy: 'customer:ada', toldAt: null },
  ...{ objectUntil: null, decidedAt: null, decidedBy: null, note: null, adjustment: null },
  ...{ customer: { id: 'ada' }, order: null },
};
/** Told on 1 March, to the end of 1 April in Berlin. */
const TOLD = { toldAt: '2025-03-01T10:00:00.000Z', objectUntil: '2025-04-01T22:00:00.000Z' };

interface Answered {
  objection: Record<string, unknown>;
  code: string;
}
interface Listed {
  xPointsObjections: {
    nodes: Record<string, unknown>[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  } | null;
}

let world: World;
beforeEach(async () => {
  world = await World.open('2025-03-01T10:00:00Z');
  await world.register('rob', '2025-01-10T10:00:00Z');
  await world.earn('r1', 'rob', '100.00');
  const { data } = await world.ask<{
    rewardsMember: { referral: { link: { code: string } } };
  }>(desk, '{ rewardsMember(customerId: "rob") { referral { link { code } } } }');
  const referralCode = data.rewardsMember.referral.link.code;
  await world.register('ada', null, 'EU', { referralCode });
  await world.earn('a1', 'ada', '100.00');
});
afterEach(async () => {
  const breaches = await checkIntegrity(world.app.database, world.app.programs);
  expect(breaches.filter(({ rows }) => rows > 0)).toEqual([]);
  await world.close();
});

async function raise(subject: object, actor = customer('ada')) {
  const input = { customerId: 'ada', statement: 'It was more.', ...subject };
  const { data, errors } = await world.command<Answered>(actor, 'objectToCredit', input, ANSWER);
  return { ...data?.answer, errors };
}

async function decide(number: number, points: number | null, actor = desk): Promise<Answered> {
  const input = { customerId: 'ada', number, points, note: 'Looked at.' };
  return (await world.command<Answered>(actor, 'decideObjection', input, ANSWER)).data.answer;
}

/** Delivers every notification there is. */
async function deliver(): Promise<void> {
  const rows: { customerId: string; number: number }[] = await world.app.database.query(
    'select account_id as "customerId", number from notifications',
  );
  for (const row of rows)
    await world.app.ledger.execute(recordDelivery({ ...row, channel: 'PAGE' }));
}

function listed(args = '', actor = desk) {
  return world.ask<Listed>(
    actor,
    `{ xPointsObjections${args} { nodes { ${SHOWN} } pageInfo { hasNextPage endCursor } } }`,
  );
}

async function own(args = '', actor = customer('ada')) {
  const list = `xPointsObjections${args} { nodes { ${SHOWN} } pageInfo { hasNextPage endCursor } }`;
  return world.entities<Listed>(actor, 'Customer', list, ['ada']);
}

async function discountCode(): Promise<string> {
  const [row]: { code: string }[] = await world.app.database.query(
    `select code from discount_codes where account_id = 'ada'`,
  );
  return row!.code;
}

test('a member objects to what they were told of, and sees until when (R8.2)', async () => {
  await deliver();
  const code = await discountCode();
  const { objection: credit } = await raise({ about: 'CREDIT', entrySequence: 1 });
  expect(credit).toEqual({ ...OPEN, ...TOLD, number: 1, about: 'CREDIT', entrySequence: 1 });
  const { objection: missing } = await raise({ about: 'MISSING_CREDIT', orderId: 'a1' });
  const order = { order: { id: 'a1' } };
  expect(missing).toEqual({ ...OPEN, ...TOLD, ...order, number: 2, about: 'MISSING_CREDIT' });
  const { objection: discount } = await raise({ about: 'DISCOUNT', discountCode: code });
  expect(discount).toEqual({ ...OPEN, ...TOLD, number: 3, about: 'DISCOUNT', discountCode: code });
  // That something is missing nobody was told.
  const { objection: none } = await raise({ about: 'MISSING_DISCOUNT', orderId: 'a1' });
  expect(none).toEqual({ ...OPEN, ...order, number: 4, about: 'MISSING_DISCOUNT' });
});

test('in time is to the end of the day a month on; then only what they were never told of', async () => {
  const code = await discountCode();
  await deliver();
  const subjects = [
    { about: 'CREDIT', entrySequence: 1 },
    { about: 'MISSING_CREDIT', orderId: 'a1' },
    { about: 'DISCOUNT', discountCode: code },
  ];
  await world.place('a2', 'ada', '10.00');
  await world.at('2025-04-01T22:00:00Z');
  for (const subject of subjects) expect((await raise(subject)).code).toBe('OBJECTION_TOO_LATE');
  expect((await raise({ about: 'MISSING_CREDIT', orderId: 'a2' })).objection).toMatchObject({
    objectUntil: null,
  });
  expect((await raise({ about: 'MISSING_DISCOUNT', orderId: 'a1' })).code).toBeUndefined();
});

test('the last instant is in time', async () => {
  await deliver();
  await world.at('2025-04-01T21:59:59.999Z');
  expect((await raise({ about: 'CREDIT', entrySequence: 1 })).objection).toMatchObject(TOLD);
});

test('what was not delivered has no deadline', async () => {
  await world.at('2026-02-01T10:00:00Z');
  const { objection } = await raise({ about: 'CREDIT', entrySequence: 1 });
  expect(objection).toMatchObject({ toldAt: null, objectUntil: null });
});

test('points that came by a transfer and a bonus are credits too; a hold is none', async () => {
  const changes = { organizationId: 'acme', billingAccountId: 'acme-1' };
  for (const customerId of ['ada', 'rob']) {
    await world.tell({ type: 'customer.updated', customerId, changes });
  }
  const wish = { fromId: 'rob', toId: 'ada', points: 5, reason: 'OTHER' };
  const shown = '... on XPointsTransferSuccess { transfer { moved } }';
  expect((await world.command(desk, 'transferXPoints', wish, shown)).errors).toEqual([]);
  expect((await raise({ about: 'CREDIT', entrySequence: 2 })).objection).toMatchObject({
    entrySequence: 2,
  });
  const rob = { customerId: 'rob', about: 'CREDIT', entrySequence: 2 };
  expect((await raise(rob, customer('rob'))).objection).toMatchObject({ customer: { id: 'rob' } });
  expect((await raise({ ...rob, entrySequence: 3 }, customer('rob'))).code).toBe(
    'CREDIT_NOT_FOUND',
  );
});

test.each([
  [{ about: 'CREDIT' }, 'names entrySequence alone; entrySequence is missing'],
  [{ about: 'CREDIT', entrySequence: 1, orderId: 'a1' }, 'orderId is left out'],
  [{ about: 'DISCOUNT', orderId: 'a1' }, 'names discountCode alone; orderId is left out'],
  [{ about: 'MISSING_CREDIT', entrySequence: 1 }, 'names orderId alone; entrySequence is left out'],
  [{ about: 'MISSING_DISCOUNT', discountCode: 'A', orderId: 'a1' }, 'discountCode is left out'],
])('%j is refused: it %s', async (subject, why) => {
  const { errors } = await raise(subject);
  expect(codes(errors)).toEqual({ answer: 'BAD_USER_INPUT' });
  expect(errors[0]!.message).toContain(why);
});

test('it is for the member and the desk', async () => {
  const subject = { about: 'CREDIT', entrySequence: 1 };
  for (const actor of [customer('rob'), service]) {
    expect(codes((await raise(subject, actor)).errors)).toEqual({ answer: 'FORBIDDEN' });
  }
  expect((await raise(subject, desk)).objection).toMatchObject({ raisedBy: 'desk:desk-1' });
  const seen = (await own()).entities[0]!.xPointsObjections!.nodes[0];
  expect(seen).toMatchObject({ raisedBy: 'desk' });
});

test('the desk corrects it: points, an entry that names it, and the member is told', async () => {
  await raise({ about: 'CREDIT', entrySequence: 1 });
  expect((await decide(1, 40)).objection).toMatchObject({
    ...{ state: 'CORRECTED', adjustment: 2, decidedBy: 'desk:desk-1', note: 'Looked at.' },
  });
  const fields = `xPoints { available } xPointsHistory(first: 1) { nodes { explanation } }
    rewardsNotifications(first: 2) { nodes { kind text } } xPointsObjections { nodes { state decidedBy note } }`;
  const { entities } = await world.entities<{
    rewardsNotifications: { nodes: { kind: string; text: string }[] };
  }>(customer('ada'), 'Customer', fields, ['ada']);
  expect(entities[0]).toMatchObject({
    xPoints: { available: 140 },
    xPointsHistory: {
      nodes: [
        {
          explanation: [
            'The rewards desk credited 40 X-Points (correction no. 2).',
            'This follows from your objection no. 1.',
          ],
        },
      ],
    },
    xPointsObjections: { nodes: [{ state: 'CORRECTED', decidedBy: 'desk', note: 'Looked at.' }] },
  });
  const [told] = entities[0]!.rewardsNotifications.nodes;
  expect(told).toMatchObject({ kind: 'OBJECTION_DECIDED' });
  expect(told!.text).toContain('40 X-Points have been credited');
  expect((await decide(1, null)).code).toBe('OBJECTION_NOT_OPEN');
});

test('the desk rejects it; it may be raised again in time', async () => {
  await raise({ about: 'CREDIT', entrySequence: 1 });
  expect((await decide(1, null)).objection).toMatchObject({ state: 'REJECTED', adjustment: null });
  expect((await raise({ about: 'CREDIT', entrySequence: 1 })).objection).toMatchObject({
    number: 2,
    state: 'OPEN',
  });
});

test('a correction above the limit waits for a second person', async () => {
  await raise({ about: 'CREDIT', entrySequence: 1 });
  expect((await decide(1, 10_001)).objection).toMatchObject({ state: 'OPEN' });
  const approve = async (actor = kim) => {
    const input = { customerId: 'ada', number: 2, approve: true };
    const shown = '... on XPointsAdjustmentSuccess { adjustment { state objection } }';
    return (await world.command<object>(actor, 'decideAdjustment', input, shown)).data.answer;
  };
  expect(await approve(desk)).toMatchObject({ code: 'SAME_PERSON' });
  expect(await approve()).toMatchObject({ adjustment: { state: 'BOOKED', objection: 1 } });
  expect((await own()).entities[0]!.xPointsObjections!.nodes).toMatchObject([
    { state: 'CORRECTED', adjustment: 2 },
  ]);
});

test('they are listed: for the member latest first, for the desk oldest first', async () => {
  for (const orderId of ['a2', 'a3']) await world.place(orderId, 'ada', '10.00');
  await raise({ about: 'CREDIT', entrySequence: 1 });
  for (const orderId of ['a2', 'a3']) await raise({ about: 'MISSING_CREDIT', orderId });
  const rob = { customerId: 'rob', about: 'CREDIT', entrySequence: 1 };
  await world.at('2025-03-02T10:00:00Z');
  await raise(rob, customer('rob'));
  await decide(2, null);
  const numbers = (list: Listed['xPointsObjections']) => list!.nodes.map(({ number }) => number);
  expect(numbers((await own()).entities[0]!.xPointsObjections)).toEqual([3, 2, 1]);
  expect(numbers((await listed()).data.xPointsObjections)).toEqual([1, 3, 1]);
  expect(numbers((await listed('(state: REJECTED)')).data.xPointsObjections)).toEqual([2]);
  expect(numbers((await listed('(state: CORRECTED)')).data.xPointsObjections)).toEqual([]);
  expect(numbers((await listed('(state: null)')).data.xPointsObjections)).toHaveLength(4);
  for (const walk of [
    async (args: string) => (await listed(`(state: null, ${args})`)).data.xPointsObjections!,
    async (args: string) => (await own(`(${args})`)).entities[0]!.xPointsObjections!,
  ]) {
    const found: unknown[] = [];
    for (let after = ''; ; ) {
      const { nodes, pageInfo } = await walk(`first: 1${after}`);
      found.push(...nodes);
      if (!pageInfo.hasNextPage) break;
      after = `, after: "${pageInfo.endCursor}"`;
    }
    expect(found).toEqual((await walk('first: 100')).nodes);
  }
  for (const actor of [customer('ada'), service]) {
    expect(codes((await listed('', actor)).errors)).toEqual({ xPointsObjections: 'FORBIDDEN' });
  }
  expect((await own('', service)).entities[0]!.xPointsObjections!.nodes).toHaveLength(3);
});

test('objections of many members are one statement', async () => {
  await raise({ about: 'CREDIT', entrySequence: 1 });
  const list = 'xPointsObjections(first: 2) { nodes { number } }';
  const one = await world.entities<Listed>(desk, 'Customer', list, ['ada']);
  const two = await world.entities<Listed>(desk, 'Customer', list, ['ada', 'rob']);
  expect(two.statements).toHaveLength(one.statements.length);
  expect(two.entities.map((it) => it!.xPointsObjections!.nodes.length)).toEqual([1, 0]);
});

test('raised many times at once about the same, one is open', async () => {
  const subject = { about: 'CREDIT', entrySequence: 1 };
  const answers = await Promise.all(Array.from({ length: 5 }, () => raise(subject)));
  expect(answers.filter(({ code }) => code === 'OBJECTION_OPEN')).toHaveLength(4);
});
