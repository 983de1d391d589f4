import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { ERROR_CODES } from '../../src/kernel/error-codes';
import { errorFormatter } from '../../src/server/format-error';
import { LIMITS } from '../../src/server/limits';
import { freshDatabase } from '../support/database';

/** Rows of the table of a page that begins with this heading. */
function table(page: string, heading: string): string[][] {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.replace(/^`(.*)`$/, '$1')),
  );
}

describe('docs/errors.md', () => {
  const page = readFileSync('docs/errors.md', 'utf8');

  test('lists the codes as they are', () => {
    const codes = Object.entries(ERROR_CODES).map(([code, { status, meaning }]) => [
      ...[code, String(status), meaning],
    ]);
    expect(table(page, 'code')).toEqual(codes);
  });

  test('lists the limits as they are', () => {
    const limits = Object.values(LIMITS).map(({ most, of, code }) => [`${most}`, of, `${code}`]);
    expect(table(page, 'at most')).toEqual(limits);
  });

  test('lists the close codes that the sockets use', () => {
    const documented = table(page, 'close code').map(([code]) => code);
    const source = readFileSync('src/server/websocket.ts', 'utf8');
    const used = [...source.matchAll(/= (1\d{3});/g)].map(([, code]) => code!);
    const limited = Object.values(LIMITS).flatMap(({ code }) =>
      typeof code === 'number' && code > 999 ? [String(code)] : [],
    );
    expect(used.length).toBeGreaterThan(0);
    expect(documented).toEqual(expect.arrayContaining([...used, ...limited]));
    expect(documented).toEqual(documented.toSorted());
  });
});

describe('a database that cannot answer', () => {
  const logged: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const format = errorFormatter(log, true);
  let database: DataSource;
  let url: string;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    ({ url, drop } = await freshDatabase());
    database = await createDataSource(url).initialize();
  });
  afterAll(async () => {
    await database.destroy();
    await drop();
  });

  async function shownOf(asking: Promise<unknown>) {
    const error = await asking.then(
      () => {
        throw new Error('It was answered');
      },
      (reason: unknown) => reason,
    );
    return { error, shown: format({ message: 'as the library has it' }, error) };
  }

  test.each([
    ['a statement that takes too long', 'set statement_timeout = 50; select pg_sleep(5)', '57014'],
    [
      'a lock that is waited for too long',
      `set lock_timeout = 50; do $$ begin perform 1; raise exception using errcode = '55P03'; end $$`,
      '55P03',
    ],
    ['a connection that is ended', 'select pg_terminate_backend(pg_backend_pid())', '57P01'],
  ])('is UNAVAILABLE, with an id alone: %s', async (_what, sql, code) => {
    const { error, shown } = await shownOf(database.query(sql));
    expect(error).toMatchObject({ code });
    expect(shown).toEqual({
      message: expect.stringMatching(
        /^The database is out of reach or too busy, id \S{36}\. Try again\.$/,
      ),
      extensions: { code: 'UNAVAILABLE', id: expect.any(String) },
    });
    expect(logged.join()).toContain(shown.extensions?.id);
  });

  test('a wait for a connection ends, and is UNAVAILABLE', async () => {
    const pool = await createDataSource(url, { poolSize: 2 }).initialize();
    const held = [pool.createQueryRunner(), pool.createQueryRunner()];
    await Promise.all(held.map((runner) => runner.connect()));
    const asking = shownOf(pool.query('select 1'));
    const { shown } = await Promise.race([asking, pause(15_000).then(() => ({ shown: null }))]);
    await Promise.all(held.map((runner) => runner.release()));
    expect(shown).toMatchObject({ extensions: { code: 'UNAVAILABLE' } });
    expect(await pool.query('select 1 as one')).toEqual([{ one: 1 }]);
    await pool.destroy();
  });

  test('what is our fault is not blamed on it', async () => {
    const { shown } = await shownOf(database.query('select no_such_column'));
    expect(shown).toMatchObject({ extensions: { code: 'INTERNAL_SERVER_ERROR' } });
    expect(JSON.stringify(shown)).not.toMatch(/select|column/);
  });

  test('the server ends what takes too long by itself', async () => {
    const names = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
    const fresh = await createDataSource(url).initialize();
    const settings: { setting: string }[] = await fresh.query(
      'select setting from pg_settings where name = any ($1) order by name desc',
      [names],
    );
    expect(settings.map(({ setting }) => Number(setting))).toEqual([15_000, 5_000, 10_000]);
    expect(JSON.stringify(fresh.options)).not.toContain('query_timeout');
    await fresh.destroy();
  });
});
