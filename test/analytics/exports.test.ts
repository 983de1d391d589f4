import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { csvLines } from '../../src/analytics/csv';
import { EXPORTS } from '../../src/analytics/exports';
import type { Scope } from '../../src/auth/actor';
import { signToken } from '../../src/auth/dev-token';
import type { RunningServer } from '../../src/server/server';
import { startServer } from '../../src/server/start';
import { desk, World } from '../federation/world';
import { ask } from '../server/running';
import { ownerUrlOf } from '../support/database';

const ROUTER = 'r'.repeat(32);
const AUTH = {
  ...{ jwksUrl: null, secret: 'a shared secret of at least 32 bytes', algorithms: ['HS256'] },
  ...{ issuer: 'https://id.example', audience: 'rewards' },
};
const ANALYST: Scope = 'rewards:analytics';

let world: World;
let server: RunningServer;
let behindRouter: RunningServer;

beforeAll(async () => {
  world = await World.open('2025-01-10T10:00:00Z');
  const { app } = world;
  const config = { ...app.config, port: 0, auth: AUTH, routerSecrets: [] };
  server = await startServer({ ...app, config });
  behindRouter = await startServer({ ...app, config: { ...config, routerSecrets: [ROUTER] } });
  await live();
});
afterAll(async () => {
  await Promise.all([server.stop(), behindRouter.stop()]);
  await world.close();
});

/** A year and a little more: points earned, redeemed, given back, taken back, held until it lapsed, and expired. */
async function live(): Promise<void> {
  await world.register('ada');
  await world.register('=ben');
  await world.earn('o1', 'ada', '3000.00');
  await world.at('2025-03-20T21:30:00Z');
  await world.earn('o2', '=ben', '2000.00');
  await world.place('o3', 'ada', '50.00');
  const held = { customerId: 'ada', orderId: 'o3', points: 400, holdForSeconds: 3_600 };
  await world.command(desk, 'redeemXPoints', held, '');
  // The hold lapsed in March; it is booked with the next command.
  await world.at('2025-04-02T10:00:00Z');
  await world.place('o4', 'ada', '12.00');
  await world.command(
    desk,
    'redeemXPoints',
    { customerId: 'ada', orderId: 'o4', points: 1_000 },
    '',
  );
  await world.at('2025-05-05T10:00:00Z');
  await world.tell({ type: 'order.cancelled', orderId: 'o4', net: null });
  await world.tell({ type: 'order.cancelled', orderId: 'o1', net: '1000.00' });
  // What ada had left expired with 10 January.
  await world.at('2026-02-03T10:00:00Z');
  await world.earn('o5', 'ada', '700.00');
  await world.at('2026-03-15T10:00:00Z');
}

type Parameters = Readonly<Record<string, string>>;

async function get(path: string, parameters: Parameters, scope: Scope | null = ANALYST) {
  const claims = { sub: 'ann', ...AUTH, ...(scope && { scope }) };
  const token = await signToken(Buffer.from(AUTH.secret), claims);
  const response = await fetch(`${server.url}${path}?${new URLSearchParams(parameters)}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The rows of a CSV by the names of its columns. */
async function rowsOf(path: string, parameters: Parameters): Promise<Record<string, string>[]> {
  const { status, text } = await get(path, parameters);
  expect({ status, text }).toEqual({ status: 200, text: expect.stringMatching(/\r\n$/) });
  const [head, ...rows] = text
    .slice(0, -2)
    .split('\r\n')
    .map((line) => line.split(','));
  return rows.map((row) => Object.fromEntries(head!.map((name, i) => [name, row[i]!])));
}

const YEAR = { program: 'EU', from: '2025-01-01T00:00:00+01:00', to: '2026-01-01T00:00:00+01:00' };
const SINCE_JUNE = {
  program: 'EU',
  from: '2025-06-01T00:00:00Z',
  to: '2027-01-01T00:00:00Z',
};
const MONTHS = { program: 'EU', from: '2025-01', to: '2026-03' };
const SAMPLES: Readonly<Record<string, Parameters>> = {
  '/accounting.csv': MONTHS,
  '/accounting.json': MONTHS,
  '/analytics.csv': YEAR,
  '/analytics/entries.csv': { ...YEAR, figure: 'issued' },
};
const PATHS = EXPORTS.map(({ path }) => path);

describe.each(PATHS)('GET %s', (path) => {
  test.each([
    ['rewards:analytics', 200],
    ['rewards:desk', 200],
    ['rewards:partner', 403],
    ['rewards:service', 403],
    [null, 403],
  ] as const)('with the scope %s answers %i', async (scope, status) => {
    const answer = await get(path, SAMPLES[path]!, scope);
    expect(answer.status).toBe(status);
    if (status === 200) return;
    expect(JSON.parse(answer.text)).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'FORBIDDEN' } }],
    });
  });

  test('without a token, or with a bad one, is told so', async () => {
    for (const shown of [null, 'Bearer nonsense', 'Basic x']) {
      const headers: Record<string, string> = shown === null ? {} : { authorization: shown };
      const response = await fetch(`${server.url}${path}`, { headers });
      expect(response.status).toBe(401);
      const { errors } = (await response.json()) as { errors: { extensions: object }[] };
      expect(errors[0]!.extensions).toEqual({ code: 'UNAUTHENTICATED' });
    }
  });

  test('is for the router alone where that shows a secret', async () => {
    const answer = await fetch(`${behindRouter.url}${path}`);
    expect(answer.status).toBe(403);
    const shown = { 'x-rewards-router-secret': ROUTER };
    expect((await fetch(`${behindRouter.url}${path}`, { headers: shown })).status).toBe(401);
  });

  test('is a file that nobody keeps, named after what it is', async () => {
    const { headers, text } = await get(path, SAMPLES[path]!);
    const type = path.endsWith('.json') ? /^application\/json/ : /^text\/csv; charset=utf-8/;
    expect(headers.get('content-type')).toMatch(type);
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="[\w.-]+"$/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-request-id')).toMatch(/./);
    expect(text.length).toBeGreaterThan(50);
  });

  test.each([
    ['of no program', { program: 'NONE' }],
    ['of a program that is none', { program: "EU'; drop table entries; --\0" }],
    ['from nowhere', { from: '' }],
    ['from a day that there is not', { from: '2025-13' }],
    ['from a moment that there is not', { from: '2025-02-30T00:00:00Z' }],
    ['backwards', { from: '2026-03-01T00:00:00Z', to: '2025-01-01T00:00:00Z' }],
    ['months backwards', { from: '2026-03', to: '2025-01' }],
    ['of the year 9999', { from: '9999-01', to: '9999-12' }],
    ['of more than there may be', { from: '1999-01', to: '2026-03' }],
    ['with a parameter that there is not', { password: 'x' }],
    ['with one of Object', { constructor: 'x' }],
  ])('%s is refused', async (_, changes) => {
    const { status, text } = await get(path, { ...SAMPLES[path]!, ...changes });
    expect({ status, text }).toEqual({
      status: 400,
      text: expect.stringContaining('BAD_USER_INPUT'),
    });
    expect(text).not.toMatch(/select|syntax|relation/i);
  });

  test('with a parameter named twice is refused', async () => {
    const twice = `${new URLSearchParams(SAMPLES[path])}&program=TR`;
    const bearer = await signToken(Buffer.from(AUTH.secret), { sub: 'a', ...AUTH, scope: ANALYST });
    const response = await fetch(`${server.url}${path}?${twice}`, {
      headers: { authorization: `Bearer ${bearer}` },
    });
    expect(response.status).toBe(400);
  });
});

test.each([
  ['/analytics.csv', { by: 'MINUTE' }],
  ['/analytics.csv', { section: 'secrets' }],
  ['/analytics.csv', { by: 'HOUR' }],
  ['/analytics.csv', { asOf: 'yesterday' }],
  ['/analytics/entries.csv', { figure: 'profit' }],
  ['/analytics/entries.csv', { source: 'GIFT' }],
  ['/analytics/entries.csv', { campaign: 'NONE\0' }],
])('%s with %j is refused', async (path, changes) => {
  const { status, text } = await get(path, { ...SAMPLES[path]!, ...changes });
  expect({ status, text }).toEqual({
    status: 400,
    text: expect.stringContaining('BAD_USER_INPUT'),
  });
});

test('what is exported, and what was denied, is in the audit log, with its parameters', async () => {
  const read = () =>
    world.app.database.query<{ step: string; actor: string; ids: object; outcome: string }[]>(
      `select step, actor, ids, outcome from audit_log where operation = 'analytics.csv' and ids ->> 'by' = 'QUARTER' order by at`,
    );
  await get('/analytics.csv', { ...YEAR, by: 'QUARTER' });
  while ((await read()).length < 2) await pause(10);
  const ids = { ...YEAR, by: 'QUARTER' };
  expect(await read()).toEqual([
    { step: 'ASKED', actor: 'analytics:ann', ids, outcome: null },
    { step: 'ANSWERED', actor: 'analytics:ann', ids, outcome: 'DONE' },
  ]);
  await get('/accounting.csv', MONTHS, 'rewards:partner');
  const denied = () =>
    world.app.database.query<object[]>(
      `select outcome from audit_log where operation = 'accounting.csv' and actor = 'partner:ann' and step = 'DENIED'`,
    );
  while ((await denied()).length === 0) await pause(10);
});

describe('accounting', () => {
  interface Month {
    month: string;
    isOpen: boolean;
    opening: { points: number; value: object };
    lines: { line: string; points: number; value: { amount: string } }[];
    closing: { points: number; value: object };
  }
  const accounting = async (to = '2026-03'): Promise<Month[]> =>
    (JSON.parse((await get('/accounting.json', { ...MONTHS, to })).text) as { months: Month[] })
      .months;

  test('is the same over GraphQL, as JSON and as CSV', async () => {
    const amount = 'points value { amount currency }';
    const query = `query A($program: ProgramCode!, $from: String!, $to: String!) { rewardsAccounting(program: $program, from: $from, to: $to) {
      program currency zone months { month start end isOpen pointValue { amount currency } opening { ${amount} } lines { line class ${amount} }
        closing { ${amount} } owed { opening { ${amount} } incurred { ${amount} } paid { ${amount} } closing { ${amount} } }
        breakage { rate expected { ${amount} } inProportion { ${amount} } atExpiry { ${amount} } revenue { ${amount} } ahead { ${amount} }
          expectedRedemptions { ${amount} } contractLiability { ${amount} } } } } }`;
    const bearer = await signToken(Buffer.from(AUTH.secret), { sub: 'a', ...AUTH, scope: ANALYST });
    const { body } = await ask(server, query, { variables: MONTHS, token: bearer });
    expect(body.errors).toBeUndefined();
    const { at: _at, ...json } = JSON.parse((await get('/accounting.json', MONTHS)).text);
    expect(body.data?.rewardsAccounting).toEqual(json);
    const rows = await rowsOf('/accounting.csv', MONTHS);
    const shown = (json.months as Month[]).flatMap(({ month, opening, lines, closing }) =>
      [{ line: 'OPENING', ...opening }, ...lines, { line: 'CLOSING', ...closing }].map((it) => ({
        ...{ month, line: it.line, points: String(it.points) },
        value: (it.value as { amount: string }).amount,
      })),
    );
    const ofRoll = rows.filter(({ section }) => section === 'ROLL_FORWARD');
    expect(
      ofRoll.map(({ month, line, points, value }) => ({ month, line, points, value })),
    ).toEqual(shown);
  });

  test('rolls forward, and only the current month is open', async () => {
    const months = await accounting();
    expect(months.filter(({ isOpen }) => isOpen).map(({ month }) => month)).toEqual(['2026-03']);
    for (const [place, { opening, lines, closing }] of months.entries()) {
      expect(lines.reduce((sum, { points }) => sum + points, opening.points)).toBe(closing.points);
      expect(months[place + 1]?.opening ?? closing).toEqual(closing);
    }
    const line = (month: string, name: string) =>
      months.find((it) => it.month === month)!.lines.find((it) => it.line === name)!;
    expect(line('2025-01', 'ISSUED_FOR_ORDERS')).toMatchObject({
      points: 3_000,
      value: { amount: '30.00' },
    });
    expect(line('2025-04', 'REDEEMED')).toMatchObject({
      points: -1_000,
      value: { amount: '-10.00' },
    });
    expect(line('2025-05', 'RESTORED').points).toBe(1_000);
    expect(line('2025-05', 'REVERSED').points).toBe(-1_000);
    // ada's points expired with 10 January 2026, and were booked with her next order.
    expect([line('2026-01', 'EXPIRED').points, line('2026-02', 'EXPIRED').points]).toEqual([
      0, -2_000,
    ]);
  });

  test('a closed month never changes: what became true in it and is booked later counts later (R6.2)', async () => {
    await world.at('2026-04-20T10:00:00Z');
    const before = await accounting('2026-03');
    expect(before.at(-1)).toMatchObject({ month: '2026-03', isOpen: false });
    // =ben's points expired with 20 March.
    await world.earn('o6', '=ben', '10.00');
    expect(await accounting('2026-03')).toEqual(before);
    const [entry] = await world.app.database.query<{ occurred: string; recorded: string }[]>(
      `select to_char(occurred_at at time zone 'Europe/Berlin', 'YYYY-MM-DD') as occurred, to_char(recorded_at, 'YYYY-MM') as recorded
       from entries where kind = 'EXPIRED' and account_id = '=ben'`,
    );
    expect(entry).toEqual({ occurred: '2026-03-21', recorded: '2026-04' });
    await world.at('2026-05-20T10:00:00Z');
    const [april] = (await accounting('2026-04')).slice(-1);
    expect(april!.lines.find(({ line }) => line === 'EXPIRED')!.points).toBe(-2_000);
  });
});

describe('analytics', () => {
  const graphql = async (
    fields: string,
    parameters: Parameters,
  ): Promise<Record<string, unknown>> => {
    const bearer = await signToken(Buffer.from(AUTH.secret), { sub: 'a', ...AUTH, scope: ANALYST });
    const query = `query Q($program: ProgramCode!, $from: DateTime!, $to: DateTime!) { rewardsAnalytics(program: $program, from: $from, to: $to) { ${fields} } }`;
    const { body } = await ask(server, query, { variables: parameters, token: bearer });
    expect(body.errors).toBeUndefined();
    return body.data?.rewardsAnalytics as Record<string, unknown>;
  };

  test('has a line for each bucket, with the figures that the API has', async () => {
    const flows = [
      ...['issued', 'redeemed', 'restored', 'expired', 'reversed', 'forfeited', 'voided'],
      ...['transferredOut', 'transferredIn', 'owedIncurred', 'owedPaid'],
    ];
    const figures = flows.map((name) => `${name} { points value { amount } }`).join(' ');
    const { buckets } = (await graphql(
      `buckets { start end flows { ${figures} } liability { at available held outstanding { points value { amount } } owed { points } } breakage { rate } }`,
      YEAR,
    )) as {
      buckets: {
        start: string;
        end: string;
        flows: Record<string, { points: number; value: { amount: string } }>;
        liability: {
          at: string;
          available: number;
          held: number;
          outstanding: { points: number; value: { amount: string } };
          owed: { points: number };
        };
        breakage: { rate: string | null };
      }[];
    };
    const rows = await rowsOf('/analytics.csv', YEAR);
    expect(rows).toHaveLength(12);
    expect(rows.map(({ bucket }) => bucket).slice(0, 2)).toEqual(['2025-01-01', '2025-02-01']);
    expect(rows).toEqual(
      buckets.map(({ start, end, flows: of, liability, breakage }) =>
        expect.objectContaining({
          ...{ start, end, at: liability.at, currency: 'EUR' },
          ...Object.fromEntries(
            flows.flatMap((name) => [
              [name, String(of[name]!.points)],
              [`${name}Value`, of[name]!.value.amount],
            ]),
          ),
          ...{ available: String(liability.available), held: String(liability.held) },
          outstanding: String(liability.outstanding.points),
          outstandingValue: liability.outstanding.value.amount,
          owed: String(liability.owed.points),
          breakageRate: breakage.rate ?? '',
        }),
      ),
    );
    expect(rows.reduce((sum, row) => sum + Number(row.issued), 0)).toBe(5_000);
    expect(rows.reduce((sum, row) => sum + Number(row.issuedByOrder), 0)).toBe(5_000);
  });

  test('by expiry month adds up to what is outstanding', async () => {
    const periods = await rowsOf('/analytics.csv', YEAR);
    const ageing = await rowsOf('/analytics.csv', { ...YEAR, section: 'ageing' });
    expect(new Set(ageing.map(({ expires }) => expires))).toEqual(new Set(['2026-01', '2026-03']));
    for (const { bucket, outstanding } of periods) {
      const own = ageing.filter((row) => row.bucket === bucket);
      expect(own.reduce((sum, { points }) => sum + Number(points), 0)).toBe(Number(outstanding));
    }
  });

  test.each([
    ['tiers', 3 * 12, { tier: 'BRONZE', members: '2' }],
    ['movements', 0, null],
    ['referrals', 12, { links: '1', acquired: '0', costPerAcquired: '' }],
    ['orders', 12, { orders: '1', share: '0.000000', turnover: '3000.00' }],
    ['campaigns', 0, null],
    ['organizations', 0, null],
  ])('has the section %s', async (section, count, first) => {
    const rows = await rowsOf('/analytics.csv', { ...YEAR, section });
    expect(rows).toHaveLength(count);
    if (first) expect(rows[0]).toEqual(expect.objectContaining(first));
  });

  test.each(['issued', 'redeemed', 'restored', 'reversed', 'outstanding', 'expired'])(
    'has every entry behind %s',
    async (figure) => {
      const [whole] = await rowsOf('/analytics.csv', { ...YEAR, by: 'YEAR' });
      const entries = await rowsOf('/analytics/entries.csv', { ...YEAR, figure });
      expect(entries.reduce((sum, { points }) => sum + Number(points), 0)).toBe(
        Number(whole![figure]),
      );
      expect(entries.map(({ recordedAt }) => recordedAt)).toEqual(
        entries.map(({ recordedAt }) => recordedAt).sort(),
      );
    },
  );

  test('writes ids that begin like a formula as text', async () => {
    const { text } = await get('/analytics/entries.csv', { ...YEAR, figure: 'issued' });
    expect(text).toContain(",'=ben,");
    expect(text).not.toContain(',=ben,');
  });

  test('a client that goes away leaves no connection busy, and is written down', async () => {
    await plantMany('leaving', 10_000);
    const ending = new AbortController();
    const token = await signToken(Buffer.from(AUTH.secret), {
      ...{ sub: 'leaver', ...AUTH, scope: ANALYST },
    });
    const parameters = new URLSearchParams({ ...SINCE_JUNE, figure: 'issued' });
    const response = await fetch(`${server.url}/analytics/entries.csv?${parameters}`, {
      ...{ headers: { authorization: `Bearer ${token}` }, signal: ending.signal },
    });
    await response.body!.getReader().read();
    ending.abort();
    const query = async <Row>(sql: string) => (await world.app.database.query<Row[]>(sql))[0]!;
    const outcome = () =>
      query<{ outcome: string } | undefined>(
        `select outcome from audit_log where actor = 'analytics:leaver' and step = 'ANSWERED'`,
      );
    while ((await outcome()) === undefined) await pause(10);
    expect(await outcome()).toEqual({ outcome: 'ABANDONED' });
    const busy = await query<{ busy: number }>(
      `select count(*)::int as busy from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state like '%transaction%'`,
    );
    expect(busy).toEqual({ busy: 0 });
  }, 120_000);

  test('what is written after an export began is not in it, however long it takes', async () => {
    const entries = 10_000;
    await plantMany('many', entries);
    const parameters = { ...SINCE_JUNE, figure: 'issued' };
    const token = await signToken(Buffer.from(AUTH.secret), {
      sub: 'ann',
      ...AUTH,
      scope: ANALYST,
    });
    const response = await fetch(
      `${server.url}/analytics/entries.csv?${new URLSearchParams(parameters)}`,
      {
        headers: { authorization: `Bearer ${token}` },
      },
    );
    const body = response.body!.getReader();
    const decoder = new TextDecoder();
    let text = decoder.decode((await body.read()).value, { stream: true });
    await world.earn('o7', 'ada', '5.00');
    for (let part = await body.read(); !part.done; part = await body.read()) {
      text += decoder.decode(part.value, { stream: true });
    }
    const count = text.split('\r\n').length - 2;
    expect(text).toContain(',many,');
    expect(text).not.toContain(',o7,');
    const again = await rowsOf('/analytics/entries.csv', parameters);
    expect(again).toHaveLength(count + 1);
    expect(new Set(again.map(({ customerId, entry }) => `${customerId} ${entry}`)).size).toBe(
      again.length,
    );
  }, 120_000);
});

/** Entries of one account, past the door, with long ids: more than all buffers on the way hold. */
async function plantMany(account: string, count: number): Promise<void> {
  const client = new Client({ connectionString: ownerUrlOf(world.app.config.databaseUrl!) });
  await client.connect();
  try {
    await client.query(`set session_replication_role = replica;
      insert into accounts (shard, id, program, terms_version, terms_known, enrolled_at, available, sequence, last_lot)
        values (1, '${account}', 'EU', 1, 1, '2025-01-01', ${count}, ${count}, 1);
      insert into lots (shard, account_id, number, source, source_ref, terms_version, granted, remaining, is_open, credited_at, expires_at)
        values (1, '${account}', 1, 'ORDER', 'o', 1, ${count}, ${count}, true, '2025-07-01', '2027-07-01')`);
    // As they are written: by some hundred in a transaction, hour after hour.
    for (let from = 1; from <= count; from += 500) {
      const written = `'2025-07-01'::timestamptz + interval '${from / 500} hours'`;
      const numbers = `generate_series(${from}, ${from + 499}) n`;
      await client.query(`insert into entries (shard, account_id, sequence, kind, available_change, held_change, owed_change, turnover_change,
          available_after, held_after, owed_after, turnover_after, occurred_at, recorded_at, order_id, terms_version, cause, actor)
        select 1, '${account}', n, 'CREDITED', 1, 0, 0, 0, n, 0, 0, 0, ${written}, ${written}, repeat('x', 1900) || n, 1, 'test', 'test' from ${numbers};
      insert into allocations (shard, account_id, sequence, ordinal, lot, from_state, to_state, points)
        select 1, '${account}', n, 0, 1, 'ISSUED', 'REMAINING', 1 from ${numbers}`);
    }
    await client.query('analyze entries, allocations, lots, accounts');
  } finally {
    await client.end();
  }
}

test('CSV keeps numbers as numbers, and text from being a formula', () => {
  expect(
    csvLines(
      [
        ['=1+1', '+1', '-1', '@a', '\tx', 'a"b', 'a,b', 'a\r\nb', 'ü', ''],
        [-5, -150n, 0, 7n, null, 'plain', '１', '\ufeffx', ' =1', "'x"],
      ],
      'EUR',
    ),
  ).toBe(
    `'=1+1,'+1,'-1,'@a,'\tx,"a""b","a,b","a\r\nb",ü,\r\n-5,-1.50,0,0.07,,plain,１,\ufeffx, =1,'x\r\n`,
  );
});
