import type { DataSource } from 'typeorm';
import { type Connection, inTransaction } from '../database/transaction';
import type { Instant } from '../kernel/time';
import type { Programs } from '../programs/programs';
import { ENTRIES, EVERY_KEY, factRules, JOINING_RANGES, moveFacts } from './facts';
import {
  isStanding,
  REMAINING,
  REMAINING_KEY,
  readProgress,
  summed,
  summedRemaining,
  TABLES,
  XACTS,
} from './roll-up.store';

/** A sum that the rollups have, and what the entries add up to. */
export interface RollupDifference {
  readonly table: string;
  /** Which row: program, grain, when, and of what. */
  readonly row: Readonly<Record<string, string | Instant>>;
  /** The sums of the rollups; null where the row is missing. */
  readonly is: Readonly<Record<string, number>> | null;
  /** Those of the entries; null where the row should not be there. */
  readonly should: Readonly<Record<string, number>> | null;
}

/** What a comparison came to. */
export interface Comparison {
  /** The generation that was compared; null where none stands: there is nothing to compare then. */
  readonly generation: number | null;
  /** Rows that the entries add up to. */
  readonly rows: number;
  /** All rows that differ, and the first of them. */
  readonly differing: number;
  readonly differences: readonly RollupDifference[];
}

/** Differences that are told one by one. */
const SHOWN_MAX = 1_000;

/**
 * Sums every entry that should be in the rollups once more, in every grain, and compares: all of one moment, and as it reads the whole
 * books it takes its time (and one snapshot) on large ones. `program` null for all.
 */
export function compareRollups(
  database: DataSource,
  programs: Programs,
  program: string | null,
): Promise<Comparison> {
  return inTransaction(database, async (connection) => {
    await connection.query('set transaction isolation level repeatable read, read only');
    await connection.query(JOINING_RANGES);
    const progress = await readProgress(connection);
    const { generation, watermark, since } = progress;
    const total = { rows: 0, differing: 0, differences: [] as RollupDifference[] };
    if (!isStanding(progress)) return { generation: null, ...total };
    const values = [factRules(programs), generation, watermark, since, program];
    for (const table of COMPARED) {
      const found = await compare(connection, table, values, SHOWN_MAX - total.differences.length);
      total.rows += found.rows;
      total.differing += found.differing;
      total.differences.push(...found.differences);
    }
    return { generation, ...total };
  });
}

const COVERED = `select e.* from ${ENTRIES} e where (xact < $3 or recorded_at < $4)
  and ($5::text is null or exists (select from accounts c where c.shard = e.shard and c.id = e.account_id and c.program = $5))`;
const TIMES = ['program', 'grain', 'occurred', 'recorded'];

/** What is compared: a table, what tells its rows apart, what is summed in them, and SQL of the rows as they should be. */
interface Compared {
  readonly name: string;
  readonly key: readonly string[];
  readonly sums: readonly string[];
  readonly should: string;
}
const COMPARED: readonly Compared[] = [
  ...TABLES.map((table) => ({
    ...{ name: table.name, key: [...TIMES, ...table.dimensions] },
    ...{ sums: [...table.measures, ...XACTS], should: summed(table, COVERED) },
  })),
  {
    ...{ name: REMAINING, key: REMAINING_KEY, sums: ['points'] },
    should: summedRemaining(`(${moveFacts(COVERED, EVERY_KEY)})`),
  },
];

async function compare(
  connection: Connection,
  { name, key, sums, should }: Compared,
  values: readonly unknown[],
  room: number,
): Promise<Pick<Comparison, 'rows' | 'differing' | 'differences'>> {
  const object = (alias: string) =>
    `json_build_object(${sums.map((it) => `'${it}', ${alias}.${it}`).join(', ')})`;
  const differs = sums.map((it) => `r.${it} is distinct from s.${it}`).join(' or ');
  const { rows } = await connection.query<{
    rows: number;
    differing: number;
    differences: RollupDifference[] | null;
  }>(
    `with s as materialized (${should}),
       r as (select * from ${name} where generation = $2 and ($5::text is null or program = $5)),
       d as (select ${key.join(', ')}, case when r.${sums[0]} is not null then ${object('r')} end as "is",
           case when s.${sums[0]} is not null then ${object('s')} end as should
         from r full join s using (${key.join(', ')}) where ${differs})
     select (select count(*) from s)::int as rows, (select count(*) from d)::int as differing,
       (select json_agg(json_build_object('table', '${name}', 'is', d."is", 'should', d.should, 'row',
           json_build_object(${key.map((it) => `'${it}', d.${it}`).join(', ')})))
         from (select * from d order by ${key.join(', ')} limit ${room}) d) as differences`,
    [...values],
  );
  const { differences, ...counted } = rows[0]!;
  return { ...counted, differences: differences ?? [] };
}
