import { anonymous, codes, customer, desk, scoped, service, World } from './world';

const SHOWN = 'number kind createdAt deliveredAt channel title text';

interface Shown {
  rewardsNotifications: {
    nodes: Record<string, unknown>[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  } | null;
}

let world: World;
beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  for (const id of ['ada', 'bo']) await world.register(id);
  for (let i = 1; i <= 5; i += 1) await world.earn(`a${i}`, 'ada', `${i}0.00`);
  await world.earn('b1', 'bo', '10.00');
});
afterAll(() => world.close());

function ask(ids: readonly string[], args: string, actor = desk, shown = SHOWN) {
  const list = `rewardsNotifications${args} { nodes { ${shown} } pageInfo { hasNextPage endCursor } }`;
  return world.entities<Shown>(actor, 'Customer', list, ids);
}

async function walk(first: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let after = ''; ; ) {
    const { entities, errors } = await ask(['ada'], `(first: ${first}${after})`);
    expect(errors).toEqual([]);
    const page = entities[0]!.rewardsNotifications!;
    found.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return found;
    expect(page.nodes).toHaveLength(first);
    after = `, after: "${page.pageInfo.endCursor}"`;
  }
}

test('a member reads what they were told, latest first (R9.1)', async () => {
  const all = await walk(100);
  expect(all).toHaveLength(5);
  expect(all[0]).toEqual({
    ...{ number: 5, kind: 'POINTS_CREDITED', createdAt: '2025-01-10T10:00:00.000Z' },
    ...{ deliveredAt: null, channel: null },
    title: expect.stringContaining('50'),
    text: expect.stringContaining('50'),
  });
  for (const first of [1, 2, 5]) expect(await walk(first)).toEqual(all);
});

test('it is read in the language asked for, else in the reader’s (R9.4)', async () => {
  const titles =
    'de: title(locale: "de-AT") pl: title(locale: "pl") unknown: title(locale: "fr") own: title';
  const query = `{ rewardsMember(customerId: "ada") { rewardsNotifications(first: 1) { nodes { ${titles} } } } }`;
  const { data } = await world.ask<{ rewardsMember: Shown }>(desk, query, {}, 'tr');
  const [title] = data.rewardsMember.rewardsNotifications!.nodes as [Record<string, string>];
  expect(title.unknown).toBe(title.own);
  expect(new Set([title.de, title.pl, title.own]).size).toBe(3);
});

test('notifications of many members are one statement', async () => {
  const one = await ask(['ada'], '(first: 2)');
  const two = await ask(['ada', 'bo'], '(first: 2)');
  expect(two.statements).toHaveLength(one.statements.length);
  expect(two.entities.map((entity) => entity!.rewardsNotifications!.nodes.length)).toEqual([2, 1]);
});

test('notifications are for the member, the desk and the service', async () => {
  for (const actor of [customer('ada'), desk, service]) {
    const { entities, errors } = await ask(['ada'], '', actor);
    expect(errors).toEqual([]);
    expect(entities[0]!.rewardsNotifications!.nodes).toHaveLength(5);
  }
  for (const actor of [customer('bo'), scoped('p', 'rewards:partner'), anonymous]) {
    const { entities, errors } = await ask(['ada'], '', actor);
    expect(entities).toEqual([null]);
    expect(Object.values(codes(errors))).toEqual([
      actor === anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN',
    ]);
  }
  const { entities } = await ask(['zoe'], '');
  expect(entities[0]?.rewardsNotifications ?? null).toBeNull();
});

test('what is no cursor of the list, or no size of a page, is refused', async () => {
  for (const args of ['(after: "x")', '(first: 0)', '(first: 101)']) {
    expect(Object.values(codes((await ask(['ada'], args)).errors))).toEqual(['BAD_USER_INPUT']);
  }
});

test('the desk sees mails that were given up, and has one sent again', async () => {
  await world.app.database.query(
    `update notifications set mail_state = 'DEAD', attempts = 12, last_error = 'The mail server answered 550 at RCPT TO' where number <= 2`,
  );
  const query = (args: string) =>
    `{ undeliveredMails${args} { nodes { customerId number kind attempts lastError } pageInfo { hasNextPage endCursor } } }`;
  type Listed = { undeliveredMails: NonNullable<Shown['rewardsNotifications']> };
  const all = (await world.ask<Listed>(desk, query(''))).data.undeliveredMails.nodes;
  expect(all).toHaveLength(3);
  expect(all[0]).toMatchObject({ kind: 'POINTS_CREDITED', attempts: 12 });
  const first = (await world.ask<Listed>(desk, query('(first: 2)'))).data.undeliveredMails;
  const after = `(after: "${first.pageInfo.endCursor}")`;
  const rest = (await world.ask<Listed>(desk, query(after))).data.undeliveredMails;
  expect([...first.nodes, ...rest.nodes]).toEqual(all);
  for (const actor of [customer('ada'), service]) {
    expect(codes((await world.ask(actor, query(''))).errors)).toEqual({
      undeliveredMails: 'FORBIDDEN',
    });
  }
  const { data } = await world.command(
    ...([desk, 'resendNotification', { customerId: 'ada', number: 2 }] as const),
    '... on ResendNotificationSuccess { customerId number }',
  );
  expect(data.answer).toMatchObject({ customerId: 'ada', number: 2 });
  const [row] = await world.app.database.query<[object]>(
    `select mail_state, attempts from notifications where account_id = 'ada' and number = 2`,
  );
  expect(row).toEqual({ mail_state: 'PENDING', attempts: 0 });
});
