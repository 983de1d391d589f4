import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { Lines, linesSql, readLines, rowSql } from '../../src/database/lines';
import { numberArray, textArray } from '../../src/database/prepared';
import { emptyDatabase, type TestDatabase } from '../support/database';

let books: TestDatabase;
let database: DataSource;
beforeAll(async () => {
  books = await emptyDatabase();
  database = await createDataSource(books.url).initialize();
});
afterAll(async () => {
  await database.destroy();
  await books.drop();
});

test('what a statement put into lines is taken as it was', async () => {
  const rows = [
    [1, 'EU', Number.MAX_SAFE_INTEGER],
    [2, '', 0],
    [3, 'ğ, "x"\\', -Number.MAX_SAFE_INTEGER],
  ] as const;
  const statement = {
    name: 'test_lines',
    text: `select ${linesSql(rowSql(['r.n', 'r.name', 'r.points']))}
      from unnest($1::int[], $2::text[], $3::bigint[]) as r (n, name, points)`,
  };
  const columns = (of: readonly (typeof rows)[number][]) => [
    numberArray(of.map(([n]) => n)),
    textArray(of.map(([, name]) => name)),
    numberArray(of.map(([, , points]) => points)),
  ];
  const lines = await readLines(database, statement, columns(rows));
  const taken: unknown[] = [];
  while (!lines.isEmpty) taken.push([lines.whole(), lines.text(), lines.whole()]);
  expect(taken).toEqual(rows);
  expect((await readLines(database, statement, columns([]))).isEmpty).toBe(true);
});

test.each(['9007199254740992', '-9007199254740992', '', '-', '1.5', '12x', 'EU', '1e3', ' 1'])(
  'no whole number is read from "%s", nor is one that a number cannot hold',
  (text) => {
    expect(() => new Lines(`${text}\n7`).whole()).toThrow(RangeError);
    expect(() => new Lines(text).whole()).toThrow(RangeError);
  },
);
