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
  /** Whether all of it was read: else the lifetime sums and the instant are NaN, which nothing writes, and there is no code. */
  readonly isWhole: boolean;
}

/** Reads the balances of the members among `ids`, in no order. */
export type ReadBalances = (ids: readonly string[]) => Promise<readonly BalanceRead[]>;

type Row = readonly [
  id: string,
  program: ProgramCode,
  termsVersion: number,
  available: number,
  held: number,
  owed: number,
  turnover: number,
  sequence: number,
  isDue: boolean | null,
  lifetimeEarned?: number,
  lifetimeRedeemed?: number,
  lifetimeExpired?: number,
  referralCode?: string | null,
  at?: number,
];

const COLUMNS =
  'a.id, a.program, a.terms_version, a.available, a.held, a.owed, a.turnover_minor, a.sequence';
/** The instant goes as a number: the text of a timestamp costs more than the row's look-up. */
const REST = `a.lifetime_earned, a.lifetime_redeemed, a.lifetime_expired, a.referral_code,
    case when a.last_entry_at > c.now then (extract(epoch from a.last_entry_at) * 1000)::bigint else c.ms end`;
const ACCOUNTS = `unnest($1::smallint[], $2::text[]) as k (shard, id)
  join accounts a on a.shard = k.shard and a.id = k.id`;

/**
 * Federation's hot read: only columns that are shown, by the primary key, whatever the number of keys; members alone
 * (R2.1, R2.9). `clock` is the SQL of the instant. What is not asked for of most (`whole`) costs a tenth more, and needs one
 * instant for all; where none is shown, looking at the clock for each row costs less than keeping what it said.
 */
export function balanceReader(database: DataSource, clock: string, whole: boolean): ReadBalances {
  const columns = (now: string) => `${COLUMNS},
    a.next_due_at <= greatest(${now}, a.last_entry_at)`;
  const members = (now: string) =>
    `where a.program is not null and a.enrolled_at <= greatest(${now}, a.last_entry_at)`;
  const statement: Prepared = whole
    ? {
        name: 'whole_balances',
        text: `with c as materialized (
    select now, (extract(epoch from now) * 1000)::bigint as ms from (select ${clock} as now) as clock
  )
  select ${columns('c.now')}, ${REST}
  from c cross join ${ACCOUNTS} ${members('c.now')}`,
      }
    : { name: 'balances', text: `select ${columns(clock)} from ${ACCOUNTS} ${members(clock)}` };
  return async (ids) => {
    const keys = [numberArray(ids.map(shardOf)), textArray(ids)];
    const rows = await readPrepared<Row>(database, statement, keys);
    return rows.map((row) => toBalanceRead(row, whole));
  };
}

function toBalanceRead(row: Row, isWhole: boolean): BalanceRead {
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
      lifetimeEarned: row[9] ?? Number.NaN,
      lifetimeRedeemed: row[10] ?? Number.NaN,
      lifetimeExpired: row[11] ?? Number.NaN,
      referralCode: row[12] ?? null,
    },
    at: row[13] ?? Number.NaN,
    isDue: row[8] === true,
    isWhole,
  };
}
