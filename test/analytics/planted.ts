import { Client } from 'pg';
import { shardOf } from '../../src/kernel/ids';
import { formatInstant, type Instant } from '../../src/kernel/time';

/** An entry of a made-up history: points that came in, when that became true and when it was written. */
export interface Planted {
  readonly account: string;
  readonly program: string;
  readonly points: number;
  readonly occurred: Instant;
  readonly recorded: Instant;
  readonly expires: Instant;
  readonly xact: number;
}

/** A program like the EU one but in another zone. */
export async function plantProgram(client: Client, code: string, zone: string): Promise<void> {
  await client.query(
    `insert into terms (program, version, effective_at, document)
     select $1, version, effective_at, document || jsonb_build_object('zone', $2::text) from terms where program = 'EU' and version = 1`,
    [code, zone],
  );
  await client.query('update rules_revision set revision = revision + 1');
}

/** Writes entries as they are, past the door, each with a lot of its own; accounts come with their first. */
export async function plant(client: Client, all: readonly Planted[]): Promise<void> {
  await client.query('set session_replication_role = replica');
  const sequences = new Map<string, number>();
  for (const entry of all) {
    const { account, program, points } = entry;
    const sequence = (sequences.get(account) ?? 0) + 1;
    sequences.set(account, sequence);
    const key = [shardOf(account), account];
    if (sequence === 1) {
      await client.query(
        `insert into accounts (shard, id, program, terms_version, terms_known, enrolled_at) values ($1, $2, $3, 1, 1, '2020-01-01')`,
        [...key, program],
      );
    }
    const [occurred, recorded, expires] = [entry.occurred, entry.recorded, entry.expires].map(
      formatInstant,
    );
    await client.query(
      `insert into lots (shard, account_id, number, source, source_ref, terms_version, granted, remaining, is_open, credited_at, expires_at)
       values ($1, $2, $3, 'ORDER', 'o', 1, $4, $4, true, $5, $6)`,
      [...key, sequence, points, occurred, expires],
    );
    await client.query(
      `insert into entries (shard, account_id, sequence, kind, available_change, held_change, owed_change, turnover_change,
         available_after, held_after, owed_after, turnover_after, occurred_at, recorded_at, terms_version, cause, actor, xact)
       values ($1, $2, $3, 'CREDITED', $4, 0, 0, 0, $4, 0, 0, 0, $5, $6, 1, 'test', 'test', $7)`,
      [...key, sequence, points, occurred, recorded, entry.xact],
    );
    await client.query(
      `insert into allocations (shard, account_id, sequence, ordinal, lot, from_state, to_state, points)
       values ($1, $2, $3::bigint, 0, $3::bigint::integer, 'ISSUED', 'REMAINING', $4)`,
      [...key, sequence, points],
    );
  }
}
