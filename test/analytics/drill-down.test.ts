import { asOwner, ownerUrlOf } from '../support/database';
import { SmallStory } from './small-story';

interface Page {
  readonly points: number;
  readonly unbooked: number;
  readonly entries: {
    readonly nodes: readonly {
      readonly points: number;
      readonly customerId: string;
      readonly entry: { readonly sequence: number; readonly kind: string };
    }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

const HALF = { from: '2024-12-31T23:00:00Z', to: '2025-06-30T22:00:00Z' };
const ENTRIES = `points unbooked entries(first: $first, after: $after) {
  nodes { points customerId entry { sequence kind } } pageInfo { hasNextPage endCursor }
}`;
const query = (path: string, fields = ENTRIES) => {
  const [opened, closed] = [path.split('.').join(' { '), ' }'.repeat(path.split('.').length)];
  const paged = fields.includes('$first') ? ', $first: Int, $after: String' : '';
  return `query ($program: ProgramCode! = "EU", $from: DateTime!, $to: DateTime!, $by: RewardsAnalyticsBucket, $asOf: DateTime${paged}) {
    rewardsAnalytics(program: $program, from: $from, to: $to, by: $by, asOf: $asOf) { ${opened} { ${fields} ${closed} }
  }`;
};

let story: SmallStory;
beforeAll(async () => {
  story = await SmallStory.open();
  await story.january();
  await story.february();
  await story.march();
  await story.april();
});
afterAll(() => story.close());

async function pageOf(path: string, variables: object = {}): Promise<Page> {
  const { body } = await story.ask(query(path), { ...HALF, first: 2, ...variables });
  expect(body.errors).toBeUndefined();
  const found = path.split('.').reduce<unknown>((at, name) => {
    const next = (at as Record<string, unknown>)[name];
    return Array.isArray(next) ? next[0] : next;
  }, body.data!.rewardsAnalytics);
  return found as Page;
}

/** All entries behind a figure: of whom, of which kind, how many points. */
async function listed(path: string, variables: object = {}) {
  const entries: (string | number)[][] = [];
  let page = await pageOf(path, variables);
  const { points, unbooked } = page;
  for (;;) {
    for (const { customerId, points: of, entry } of page.entries.nodes) {
      entries.push([customerId, entry.kind, of]);
    }
    const { hasNextPage, endCursor } = page.entries.pageInfo;
    if (!hasNextPage) return { points, unbooked, entries };
    page = await pageOf(path, { ...variables, after: endCursor });
  }
}

async function refusalOf(variables: object, path = 'total.issued'): Promise<object> {
  const { body } = await story.ask(query(path), { ...HALF, ...variables });
  return { code: body.errors?.[0]?.extensions.code, message: body.errors?.[0]?.message };
}

describe('the entries behind a figure', () => {
  test.each([
    [
      'total.issued',
      [
        ...[['ada', 'CREDITED', 1000] as const, ['bob', 'CREDITED', 500] as const],
        ...[['bob', 'CREDITED', 100] as const, ['ada', 'CREDITED', 5000] as const],
        ...[['cem', 'CREDITED', 300] as const, ['cem', 'CREDITED', 80] as const],
      ],
    ],
    ['total.redeemed', [['ada', 'REDEEMED', 400] as const, ['cem', 'REDEEMED', 300] as const]],
    ['total.restored', [['ada', 'RETURNED', 100] as const]],
    [
      'total.reversed',
      [
        ...[['cem', 'REVERSED', 50] as const, ['cem', 'CREDITED', 80] as const],
        ['ada', 'REVERSED', 1000] as const,
      ],
    ],
    ['total.voided', [['bob', 'VOIDED', 100] as const]],
    ['total.forfeited', [['bob', 'FORFEITED', 500] as const]],
    ['total.transferredOut', [['ada', 'TRANSFERRED_OUT', 50] as const]],
    ['total.transferredIn', [['cem', 'TRANSFERRED_IN', 50] as const]],
    ['total.owedIncurred', [['cem', 'REVERSED', 100] as const]],
    ['total.owedPaid', [['cem', 'CREDITED', 80] as const]],
    ['liability.owed', [['cem', 'REVERSED', 100] as const, ['cem', 'CREDITED', -80] as const]],
    ['total.expired', []],
  ])('of %s', async (path, entries) => {
    const told = await listed(path);
    expect(told.entries.sort()).toEqual([...entries].sort());
    const sum = entries.reduce((total, [, , points]) => total + points, 0);
    expect(told).toMatchObject({ points: sum, unbooked: 0 });
  });

  test('of a month alone', async () => {
    const { points, entries } = await listed('buckets.flows.issued', {
      ...{ from: '2025-02-28T23:00:00Z', by: 'MONTH' },
    });
    expect({ points, entries }).toEqual({ points: 80, entries: [['cem', 'CREDITED', 80]] });
  });

  test('of what is outstanding are all since the beginning, whatever the period', async () => {
    const { points, entries } = await listed('liability.outstanding', {
      from: '2025-04-30T22:00:00Z',
    });
    expect(points).toBe(4650);
    expect(entries.reduce((sum, [, , of]) => sum + Number(of), 0)).toBe(4650);
    expect(entries).toContainEqual(['bob', 'FORFEITED', -500]);
    // A lapse gives back what is outstanding all along: it counts nothing.
    expect(entries.map(([, kind]) => kind)).not.toContain('LAPSED');
  });

  test('are those the books had then, and those known of it now', async () => {
    const asOf = '2025-02-08T10:00:00Z';
    const told = await listed('liability.outstanding', { asOf });
    expect(told.points).toBe(6500);
    expect(told.entries.map(([, kind]) => kind).sort()).toEqual([
      ...['CREDITED', 'CREDITED', 'CREDITED', 'CREDITED', 'CREDITED', 'REDEEMED'],
    ]);
    const known = await listed('knownNow.liability.outstanding', { asOf });
    expect(known).toMatchObject({ points: 6500, unbooked: 0 });
  });

  test('are beside what no entry shows: it lies ahead', async () => {
    const ahead = { from: HALF.to, to: '2026-06-30T22:00:00Z', asOf: '2026-06-30T22:00:00Z' };
    expect(await listed('total.expired', ahead)).toEqual({
      ...{ points: 4650, unbooked: 4650, entries: [] },
    });
    const { points, unbooked, entries } = await listed('liability.outstanding', ahead);
    expect({ points, unbooked }).toEqual({ points: 0, unbooked: -4650 });
    expect(entries.reduce((sum, [, , of]) => sum + Number(of), 0)).toBe(4650);
  });

  test('go on as they began: what is credited between two pages is not among them', async () => {
    const first = await pageOf('total.issued', { to: '2025-12-31T22:00:00Z' });
    await story.world.earn('cem-9', 'cem', '70.00');
    const after = first.entries.pageInfo.endCursor;
    const rest = await pageOf('total.issued', { to: '2025-12-31T22:00:00Z', after, first: 100 });
    const sum = [...first.entries.nodes, ...rest.entries.nodes].reduce(
      (n, { points }) => n + points,
      0,
    );
    expect(sum).toBe(first.points);
    expect(rest.points).toBe(first.points + 70);
  });
});

describe('refused', () => {
  const cursor = (...parts: unknown[]) =>
    Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
  const PLACE = ['2025-01-10 10:00:00+00', 5, 1, 'ada', 1] as const;

  test('is a cursor of another figure, of another list, or of nothing', async () => {
    const { entries } = await pageOf('total.issued');
    const after = entries.pageInfo.endCursor!;
    const [list, name] = JSON.parse(Buffer.from(after, 'base64url').toString()) as string[];
    const noCursor = { code: 'BAD_USER_INPUT', message: 'after is no cursor of this list.' };
    expect(await refusalOf({ after }, 'total.redeemed')).toEqual(noCursor);
    expect(await refusalOf({ after, asOf: '2025-02-08T10:00:00Z' })).toEqual(noCursor);
    const forged = [
      ...['', 'x', 'null', cursor(), cursor('lots', 1)],
      cursor(list, 'another', '5:5:', ...PLACE),
      ...[
        '',
        '5',
        '9:5:',
        '5:9:4',
        '5:9:6,6',
        '5:9:9',
        '0:5:',
        "5:5:'",
        '5:5: ',
        `${10n ** 30n}:5:`,
      ].map((snapshot) => cursor(list, name, snapshot, ...PLACE)),
      cursor(list, name, '5:5:', 'infinity', 5, 1, 'ada', 1),
      cursor(list, name, '5:5:', '2025-01-10 10:00:00+00', 2 ** 60, 1, 'ada', 1),
      cursor(list, name, '5:5:', '2025-01-10 10:00:00+00', 5, 40_000, 'ada', 1),
      cursor(list, name, '5:5:', '2025-01-10 10:00:00+00', 5, 1, 'a\u0000', 1),
    ];
    for (const bad of forged) expect(await refusalOf({ after: bad })).toEqual(noCursor);
  });

  test('is nothing that only looks odd: a place that nothing stands at', async () => {
    const { entries } = await pageOf('total.issued');
    const own = JSON.parse(
      Buffer.from(entries.pageInfo.endCursor!, 'base64url').toString(),
    ) as string[];
    const after = cursor(own[0], own[1], '1:1:', '2025-01-10 10:00:00+00', -5, 255, 'nobody', 0);
    expect((await pageOf('total.issued', { after })).entries.nodes).toEqual([]);
  });

  test.each([
    [{ first: 101 }, 'first is a number from 1 to 100.'],
    [{ first: 0 }, 'first is a number from 1 to 100.'],
    [{ program: 'NONE' }, 'There is no program NONE.'],
    [{ from: HALF.to, to: HALF.from }, 'from is an instant before to.'],
    [{ from: HALF.to, to: HALF.to }, 'from is an instant before to.'],
    [
      { from: '0001-01-01T00:00:00Z' },
      'from is an instant of the years 2000 to 2199, not 0001-01-01T00:00:00.000Z.',
    ],
    [
      { to: '9999-12-31T23:59:59Z' },
      'to is an instant of the years 2000 to 2199, not 9999-12-31T23:59:59.000Z.',
    ],
    [
      { asOf: '9999-12-31T23:59:59Z' },
      'asOf is an instant of the years 2000 to 2199, not 9999-12-31T23:59:59.000Z.',
    ],
    [
      { by: 'HOUR', to: '2025-02-11T15:00:00.001Z' },
      'That is more than 1000 buckets: ask for larger ones, or a shorter period.',
    ],
    [
      { by: 'HOUR', from: '2000-01-01T00:00:00Z', to: '2199-12-31T00:00:00Z' },
      'That is more than 1000 buckets: ask for larger ones, or a shorter period.',
    ],
  ])('is %j', async (variables, message) => {
    expect(await refusalOf(variables)).toEqual({ code: 'BAD_USER_INPUT', message });
  });

  test('are not 1,000 buckets, nor two centuries', async () => {
    const hours = { by: 'HOUR', to: '2025-02-11T15:00:00Z' };
    const { body } = await story.ask(query('buckets', 'start'), { ...HALF, ...hours });
    expect((body.data!.rewardsAnalytics as { buckets: object[] }).buckets).toHaveLength(1000);
    const ages = { from: '2000-01-01T00:00:00Z', to: '2199-12-31T00:00:00Z', by: 'YEAR' };
    expect(await listed('total.restored', { ...ages, asOf: ages.to })).toMatchObject({
      points: 100,
    });
  });

  test('are more than twenty lists of entries in an answer', async () => {
    const lists = Array.from(
      { length: 21 },
      (_, n) => `a${n}: issued { entries(first: 1) { nodes { points } } }`,
    );
    const { body } = await story.ask(query('total', lists.join(' ')), HALF);
    expect(body.errors![0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  });

  test.each(['', 'rewards:service', 'rewards:partner'])(
    'is whoever has the scope "%s"',
    async (scope) => {
      const { body } = await story.ask(query('total.issued'), HALF, scope);
      expect(body.errors![0]!.extensions.code).toBe('FORBIDDEN');
    },
  );
});

test('only what is asked for is read: of the sums, and of them the half that is', async () => {
  const owner = { ownerUrl: ownerUrlOf(story.world.app.config.databaseUrl!) };
  const answers = async (path: string, fields: string) => {
    const { body } = await story.ask(query(path, fields), HALF);
    return body.errors === undefined;
  };
  await asOwner(owner, 'alter table rollup_moves rename to rollup_moves_hidden');
  expect(await answers('total.issued', 'points')).toBe(false);
  expect(await answers('total.owedPaid', 'points')).toBe(true);
  await asOwner(owner, 'alter table rollup_entries rename to rollup_entries_hidden');
  expect(await answers('total.owedPaid', 'points')).toBe(false);
  expect(await answers('buckets', 'start end')).toBe(true);
  await asOwner(owner, 'alter table rollup_moves_hidden rename to rollup_moves');
  await asOwner(owner, 'alter table rollup_entries_hidden rename to rollup_entries');
});
