import { checkIntegrity } from '../../src/ledger/integrity';
import { anonymous, codes, customer, desk, service, World } from './world';

const NAMES = { en: 'Spring', de: 'Frühling', tr: 'İlkbahar', pl: 'Wiosna', es: 'Primavera' };
const SPRING = {
  ...{ program: 'EU', code: 'SPRING', kind: 'MULTIPLIER', factor: '1.5', names: NAMES },
  ...{ endsAt: '2025-03-31T22:00:00Z', reason: 'Few orders.' },
};
const SHOWN =
  'code name kind state factor bonus conditions { tiers minimum { amount currency } tag withDiscount } startsAt endsAt capPerOrder capPerMember';
const ANSWER = `... on RewardsCampaignSuccess { campaign { ${SHOWN} } } ... on InvalidInputRefused { mistakes }`;

interface Answered {
  __typename: string;
  campaign: Record<string, unknown>;
  code: string;
  mistakes: string[];
}

let world: World;
beforeEach(async () => {
  world = await World.open('2025-03-01T10:00:00Z');
  await world.register('ada', '2025-01-10T10:00:00Z');
});
afterEach(() => world.close());

async function start(change: object = {}): Promise<Answered> {
  const input = { ...SPRING, ...change };
  const { data, errors } = await world.command<Answered>(desk, 'startCampaign', input, ANSWER);
  expect(errors).toEqual([]);
  return data.answer;
}

async function end(code: string, change: object = {}): Promise<Answered> {
  const input = { program: 'EU', code, ...change };
  const { data, errors } = await world.command<Answered>(desk, 'endCampaign', input, ANSWER);
  expect(errors).toEqual([]);
  return data.answer;
}

async function list(args = '', actor = anonymous, shown = 'code') {
  const query = `{ rewardsProgram(code: "EU") { campaigns${args} { nodes { ${shown} } pageInfo { hasNextPage endCursor } } } }`;
  const answer = await world.ask<{
    rewardsProgram: {
      campaigns: {
        nodes: Record<string, unknown>[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
    };
  }>(actor, query);
  return answer;
}

async function listed(args = ''): Promise<unknown[]> {
  const { data, errors } = await list(args);
  expect(errors).toEqual([]);
  return data.rewardsProgram.campaigns.nodes.map(({ code }) => code);
}

async function quoted(net: string, tags = '') {
  const { data, errors } = await world.ask<{ xPointsQuote: object }>(
    customer('ada'),
    `{ xPointsQuote(customerId: "ada", net: { amount: "${net}", currency: "EUR" }${tags}) { earns campaigns { code name kind points } } }`,
    {},
    'de',
  );
  expect(errors).toEqual([]);
  return data.xPointsQuote;
}

async function broken() {
  const breaches = await checkIntegrity(world.app.database, world.app.programs);
  return breaches.filter(({ rows }) => rows > 0);
}

test('a campaign starts now unless it says when, and is shown to everybody (R1.5)', async () => {
  const shown = {
    ...{ code: 'SPRING', name: 'Spring', kind: 'MULTIPLIER', state: 'ACTIVE', factor: '1.5' },
    ...{ bonus: null, startsAt: '2025-03-01T10:00:00.000Z', endsAt: '2025-03-31T22:00:00.000Z' },
    ...{ capPerOrder: 500, capPerMember: null },
    conditions: {
      ...{ tiers: ['BRONZE'], minimum: { amount: '50.00', currency: 'EUR' } },
      ...{ tag: 'cnc', withDiscount: false },
    },
  };
  const conditions = { tiers: ['BRONZE'], minimum: '50', tag: 'cnc', capPerOrder: 500 };
  expect((await start(conditions)).campaign).toEqual(shown);
  const { data, errors } = await list('', anonymous, `${SHOWN} de: name(locale: "de-AT")`);
  expect(errors).toEqual([]);
  expect(data.rewardsProgram.campaigns.nodes).toEqual([{ ...shown, de: 'Frühling' }]);
});

test('an exclusion also holds for orders with a discount, unless it says otherwise', async () => {
  const exclusion = { kind: 'EXCLUSION', factor: null };
  const withDiscount = async (change: object) =>
    (await start({ ...exclusion, ...change })).campaign.conditions;
  expect(await withDiscount({ code: 'A' })).toMatchObject({ withDiscount: true });
  expect(await withDiscount({ code: 'B', withDiscount: false })).toMatchObject({
    withDiscount: false,
  });
});

test('what is wrong with one is said all at once, and nothing is written', async () => {
  const wrong = { code: 'spring', factor: '1.005', minimum: '0.001', tiers: ['PLATINUM'], tag: '' };
  const names = { ...NAMES, pl: ' ' };
  const answer = await start({ ...wrong, names, startsAt: '2025-02-28T00:00:00Z' });
  expect(answer).toMatchObject({ __typename: 'InvalidInputRefused', code: 'INVALID_CAMPAIGN' });
  expect(answer.mistakes.map((mistake) => mistake.split(':')[0])).toEqual([
    ...['code', 'tag', 'names.pl', 'factor', 'tiers', 'minimum', 'startsAt'],
  ]);
  expect(await listed('(state: null)')).toEqual([]);
});

test('quote before, order, lots, history and the member’s notification after (R1.5)', async () => {
  await start();
  await start({ code: 'BONUS', kind: 'BONUS', factor: null, bonus: 500, tag: 'cnc' });
  const spring = { code: 'SPRING', name: 'Frühling', kind: 'MULTIPLIER', points: 16 };
  expect(await quoted('33.99')).toEqual({ earns: 49, campaigns: [spring] });
  expect(await quoted('33.99', ', tags: ["cnc"]')).toMatchObject({ earns: 549 });

  await world.place('a1', 'ada', '33.99');
  const order = async () => {
    const fields = `xPoints { earned expected }
      lots { granted source { kind reference campaignName de: campaignName(locale: "de") } }`;
    const { entities } = await world.entities<object>(desk, 'Order', fields, ['a1']);
    return entities[0];
  };
  expect(await order()).toMatchObject({ xPoints: { earned: 0, expected: 49 }, lots: [] });
  // Its time is over when the order is credited: the order was placed in it.
  await world.at('2025-05-01T10:00:00Z');
  await world.tell({ type: 'order.paid', orderId: 'a1', xPoints: null });
  await world.tell({ type: 'order.delivered', orderId: 'a1' });
  const none = { campaignName: null, de: null };
  expect(await order()).toEqual({
    xPoints: { earned: 49, expected: 0 },
    lots: [
      { granted: 33, source: { kind: 'ORDER', reference: 'a1', ...none } },
      {
        granted: 16,
        source: { kind: 'CAMPAIGN', reference: 'SPRING', campaignName: 'Spring', de: 'Frühling' },
      },
    ],
  });

  const history = `xPointsHistory { nodes { kind order { id }
    arithmetic { type campaign factorPercent plainPoints exact isCapped points creditedBefore } explanation(locale: "de") } }
    rewardsNotifications(first: 1) { nodes { kind text(locale: "de") } }`;
  interface Told {
    xPointsHistory: { nodes: { kind: string; arithmetic: object; explanation: string[] }[] };
    rewardsNotifications: { nodes: { kind: string; text: string }[] };
  }
  const read = async () =>
    (await world.entities<Told>(customer('ada'), 'Customer', history, ['ada'])).entities[0]!;
  const credited = await read();
  expect(credited.xPointsHistory.nodes[0]).toMatchObject({
    kind: 'CREDITED',
    order: { id: 'a1' },
    arithmetic: {
      ...{ type: 'CAMPAIGN', campaign: 'SPRING', factorPercent: 150, plainPoints: 33 },
      ...{ exact: '16.50', isCapped: false, points: 16, creditedBefore: null },
    },
  });
  expect(credited.xPointsHistory.nodes[0]!.explanation.join(' ')).toContain('Aktion „Frühling“');
  expect(credited.rewardsNotifications.nodes[0]!.text).toContain('Aktion „Frühling“');

  await world.tell({ type: 'order.cancelled', orderId: 'a1', net: '13.99' });
  const { xPointsHistory } = await read();
  expect(xPointsHistory.nodes[0]).toMatchObject({
    kind: 'REVERSED',
    arithmetic: { type: 'CAMPAIGN', campaign: 'SPRING', points: 10, creditedBefore: 16 },
  });
  expect(await order()).toMatchObject({ xPoints: { earned: 30 } });
  expect(await broken()).toEqual([]);
});

test('an order that is excluded says so in quote and history, and in what is taken back', async () => {
  await start({ code: 'NOTHING', kind: 'EXCLUSION', factor: null });
  const exclusion = { code: 'NOTHING', name: 'Frühling', kind: 'EXCLUSION', points: 0 };
  expect(await quoted('100.00')).toEqual({ earns: 0, campaigns: [exclusion] });
  await world.earn('a1', 'ada', '100.00');
  await world.tell({ type: 'order.cancelled', orderId: 'a1', net: '40.00' });
  const fields = 'xPointsHistory { nodes { kind arithmetic { campaign points } explanation } }';
  const { entities } = await world.entities<{
    xPointsHistory: { nodes: { kind: string; arithmetic: object; explanation: string[] }[] };
  }>(desk, 'Customer', fields, ['ada']);
  const [reversed, credited] = entities[0]!.xPointsHistory.nodes;
  expect([reversed!.arithmetic, credited!.arithmetic]).toEqual([
    { campaign: 'NOTHING', points: 0 },
    { campaign: 'NOTHING', points: 0 },
  ]);
  for (const { explanation } of [reversed!, credited!]) {
    expect(explanation.join(' ')).toContain('“Spring” excludes this order');
  }
  expect(await broken()).toEqual([]);
});

test('ended before its time it matches no order placed later (R1.5)', async () => {
  await start();
  await world.place('a1', 'ada', '10.00');
  await world.at('2025-03-10T10:00:00Z');
  expect((await end('SPRING')).campaign).toMatchObject({
    ...{ state: 'OVER', endsAt: '2025-03-10T10:00:00.000Z' },
  });
  await world.place('a2', 'ada', '10.00');
  for (const orderId of ['a1', 'a2']) {
    await world.tell({ type: 'order.paid', orderId, xPoints: null });
    await world.tell({ type: 'order.delivered', orderId });
  }
  const { entities } = await world.entities(desk, 'Customer', 'xPoints { available }', ['ada']);
  expect(entities).toEqual([{ xPoints: { available: 15 + 10 } }]);
  expect((await end('SPRING')).code).toBe('CAMPAIGN_OVER');
});

test('one that has not begun can be called off, once', async () => {
  await start({ startsAt: '2025-03-20T00:00:00Z' });
  expect(await listed('(state: PLANNED)')).toEqual(['SPRING']);
  expect((await end('SPRING')).campaign).toMatchObject({ state: 'OVER' });
  expect((await end('SPRING')).code).toBe('CAMPAIGN_OVER');
  expect(await listed('(state: PLANNED)')).toEqual([]);
  await world.at('2025-03-21T00:00:00Z');
  expect(await quoted('100.00')).toMatchObject({ earns: 100, campaigns: [] });
});

test('they are listed by where they stand, page by page', async () => {
  const later = { startsAt: '2025-03-20T00:00:00Z' };
  await start({ code: 'B', ...later });
  await start({ code: 'A', ...later });
  await start({ code: 'NOW' });
  await start({ code: 'SHORT', endsAt: '2025-03-02T00:00:00Z' });
  await world.at('2025-03-02T00:00:00Z');
  expect(await listed()).toEqual(['NOW']);
  expect(await listed('(state: ACTIVE)')).toEqual(['NOW']);
  expect(await listed('(state: PLANNED)')).toEqual(['A', 'B']);
  expect(await listed('(state: OVER)')).toEqual(['SHORT']);
  const found: unknown[] = [];
  for (let after = ''; ; ) {
    const { data } = await list(`(state: null, first: 1${after})`);
    const { nodes, pageInfo } = data.rewardsProgram.campaigns;
    found.push(...nodes.map(({ code }) => code));
    if (!pageInfo.hasNextPage) break;
    after = `, after: "${pageInfo.endCursor}"`;
  }
  expect(found).toEqual(['NOW', 'SHORT', 'A', 'B']);
  for (const args of ['(after: "x")', '(first: 0)', '(first: 101)']) {
    expect(Object.values(codes((await list(args)).errors))).toEqual(['BAD_USER_INPUT']);
  }
});

test('who started one and why is the desk’s to know, in one statement for all', async () => {
  await start();
  await start({ code: 'OTHER' });
  const record = 'code record { reason startedBy startedAt endedBy endedAt }';
  const read = await list('(state: null)', desk, record);
  expect(read.data.rewardsProgram.campaigns.nodes[1]).toEqual({
    code: 'SPRING',
    record: {
      ...{ reason: 'Few orders.', startedBy: 'desk:desk-1', startedAt: '2025-03-01T10:00:00.000Z' },
      ...{ endedBy: null, endedAt: null },
    },
  });
  expect(read.statements.filter((sql) => sql.includes('from campaigns'))).toHaveLength(1);
  for (const actor of [anonymous, customer('ada'), service]) {
    const { data, errors } = await list('(state: null)', actor, record);
    expect(errors).toEqual([]);
    expect(data.rewardsProgram.campaigns.nodes[1]).toEqual({ code: 'SPRING', record: null });
  }
});

test('of two that take one code at once, one has it', async () => {
  const answers = await Promise.all([start(), start({ factor: '2' }), start({ factor: '3' })]);
  const taken = answers.filter(({ code }) => code === 'CAMPAIGN_CODE_TAKEN');
  expect(taken).toHaveLength(2);
  expect(await listed()).toEqual(['SPRING']);
});
