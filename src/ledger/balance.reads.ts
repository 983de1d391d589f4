import type { DataSource } from 'typeorm';
import { numberArray, type Prepared, readPrepared, textArray } from '../database/prepared';
import { shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';
import type { RegisteredAccount } from './account';

/** What of an account its balance, its tier and its referral link are shown from. */
export type BalanceAccount = Pick<
  RegisteredAccount,
  | 'id'
  | 'program'
  | 'termsVersion'
  | 'available'
  | 'held'
  | 'owed'
  | 'turnover'
  | 'sequence'
  | 'lifetimeEarned'
  | 'lifetimeRedeemed'
  | 'lifetimeExpired'
  | 'referralCode'
>;

/** A member's balance as the account's row has it. */
export interface BalanceRead {
  readonly account: BalanceAccount;
  /** The clock when it was read, never before the account's last entry. */
  readonly at: Instant;
  /** Whether something fell due since: then the row is not what is true, and the lots have to be asked. */
  readonly isDue: boolean;
}

type Row = readonly [
  id: string,
  program: ProgramCode,
  termsVersion: number,
  available: number,
  held: number,
  owed: number,
  turnover: number,
  sequence: number,
  lifetimeEarned: number,
  lifetimeRedeemed: number,
  lifetimeExpired: number,
  referralCode: string | null,
  isDue: boolean | null,
  at: number,
];

/**
 * Federation's hot read. Only the columns that are shown, by the primary key, whatever the number of keys; members
 * alone (R2.1, R2.9). The instant goes as a number: a timestamp's text costs more than the row's look-up.
 */
function statement(clock: string): Prepared {
  return {
    name: 'balances',
    text: `with c as materialized (
        select now, (extract(epoch from now) * 1000)::bigint as ms from (select ${clock} as now) as clock
      )
      select a.id, a.program, a.terms_version, a.available, a.held, a.owed, a.turnover_minor, a.sequence,
        a.lifetime_earned, a.lifetime_redeemed, a.lifetime_expired, a.referral_code,
        a.next_due_at <= greatest(c.now, a.last_entry_at),
        case when a.last_entry_at > c.now then (extract(epoch from a.last_entry_at) * 1000)::bigint else c.ms end
      from c cross join unnest($1::smallint[], $2::text[]) as k (shard, id)
      join accounts a on a.shard = k.shard and a.id = k.id
      where a.program is not null and a.enrolled_at <= greatest(c.now, a.last_entry_at)`,
  };
}

/** The balances of the members among `ids`, by id. `clock` is the SQL of the instant. */
export async function readBalances(
  database: DataSource,
  clock: string,
  ids: readonly string[],
): Promise<Map<string, BalanceRead>> {
  const keys = [numberArray(ids.map(shardOf)), textArray(ids)];
  const rows = await readPrepared<Row>(database, statement(clock), keys);
  return new Map(rows.map((row) => [row[0], toBalanceRead(row)]));
}

function toBalanceRead(row: Row): BalanceRead {
  return {
    account: {
      id: row[0],
      program: row[1],
      termsVersion: row[2],
      available: row[3],
      held: row[4],
      owed: row[5],
      turnover: BigInt(row[6]),
      sequence: row[7],
      lifetimeEarned: row[8],
      lifetimeRedeemed: row[9],
      lifetimeExpired: row[10],
      referralCode: row[11],
    },
    at: row[13],
    isDue: row[12] === true,
  };
}
