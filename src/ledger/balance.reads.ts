import type { DataSource } from 'typeorm';
import { type Lines, linesSql, readLines, rowSql } from '../database/lines';
import { numberArray, type Prepared, textArray } from '../database/prepared';
import { SHARDS, shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { RegisteredAccount } from './account';

/** What of an account its balance, its tier and its referral link are shown from. */
export type BalanceAccount = Pick<
  RegisteredAccount,
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
export interface BalanceRead extends BalanceAccount {
  /** The clock when it was read, never before the account's last entry. */
  readonly at: Instant;
  /** Whether something fell due since: then the row is not what is true, and the lots have to be asked. */
  readonly isDue: boolean;
  /** Whether all of it was read: else the lifetime sums and the instant are NaN, which nothing writes, and there is no code. */
  readonly isWhole: boolean;
}

/** Reads the balances of `ids`, in their order; undefined for whoever is no member. */
export type ReadBalances = (ids: readonly string[]) => Promise<(BalanceRead | undefined)[]>;

/** What is read of every one, in the order in which it is taken. */
const OF_ALL = ['a.available', 'a.turnover_minor', 'a.sequence'];
/** What most accounts have in common, behind it. `at`: the instant, never before the account's last entry. */
const ofSome = (at: string) => [
  `case when a.next_due_at <= ${at} then 1 else 0 end`,
  ...['a.held', 'a.owed', 'a.terms_version', 'a.program'],
];
/** Whether an account has nothing due, held or owed, and is bound by the terms that are handed over. */
const isUsual = (at: string) => `coalesce(a.next_due_at > ${at}, true)
    and a.held = 0 and a.owed = 0 and a.terms_version = $4 and a.program = $3`;
const REST = [
  ...['a.lifetime_earned', 'a.lifetime_redeemed', 'a.lifetime_expired'],
  `coalesce(a.referral_code, '')`,
  `case when a.last_entry_at > (select at from c) then (extract(epoch from a.last_entry_at) * 1000)::bigint
    else (select ms from c) end`,
];

const clockOnce = (clock: string) => `with c as materialized (
    select at, (extract(epoch from at) * 1000)::bigint as ms from (select ${clock} as at) as clock
  )`;

/**
 * Federation's hot read: only what is shown, by the primary key, whatever the number of keys; members alone (R2.1, R2.9).
 * `clock` is the SQL of the instant; looked at for each row, it would cost as much as a tenth of finding it. What is not
 * asked for of most (`whole`) is left out: where the instant is shown, it must be the one by which nothing is due. A key's place
 * comes back with what was found, so that nothing is looked up by id; below 0 where more than the usual is told of it: to write
 * a value takes a fiftieth of the statement's time.
 */
export function balanceReader(database: DataSource, clock: string, whole: boolean): ReadBalances {
  const at = `greatest(${whole ? '(select at from c)' : `(select ${clock})`}, a.last_entry_at)`;
  const full = rowSql(['-k.place', ...OF_ALL, ...ofSome(at), ...(whole ? REST : [])]);
  const row = whole
    ? full
    : `case when ${isUsual(at)} then ${rowSql(['k.place', ...OF_ALL])} else ${full} end`;
  const read = `select ${linesSql(row)}
  from (select unnest($1::int[]) as place, unnest($2::text[]) as id) as k
  join accounts a on a.shard = k.place & ${SHARDS - 1} and a.id = k.id
  where a.program is not null and a.enrolled_at <= ${at}`;
  const statement: Prepared = whole
    ? { name: 'whole_balances', text: `${clockOnce(clock)} ${read}` }
    : { name: 'balances', text: read };
  let usual: UsualTerms = { program: '', termsVersion: 0 };
  return async (ids) => {
    const told = usual;
    const keys = [numberArray(ids.map(placeOf)), textArray(ids)];
    const values = whole ? keys : [...keys, told.program, told.termsVersion];
    const lines = await readLines(database, statement, values);
    const found = new Array<BalanceRead | undefined>(ids.length).fill(undefined);
    while (!lines.isEmpty) {
      const place = lines.whole();
      const read = takeBalance(lines, place < 0 ? null : told, whole);
      if (place < 0) usual = read;
      found[Math.floor(Math.abs(place) / SHARDS) - 1] = read;
    }
    return found;
  };
}

type UsualTerms = Pick<BalanceAccount, 'program' | 'termsVersion'>;

/** A key's place among the others, from 1 on, and its shard as one number: an array less to be read. */
function placeOf(id: string, n: number): number {
  return (n + 1) * SHARDS + shardOf(id);
}

/** `usual`: the terms of an account of which only the usual is told. */
function takeBalance(lines: Lines, usual: UsualTerms | null, isWhole: boolean): BalanceRead {
  return {
    available: lines.whole(),
    turnover: BigInt(lines.whole()),
    sequence: lines.whole(),
    isDue: !usual && lines.whole() === 1,
    held: usual ? 0 : lines.whole(),
    owed: usual ? 0 : lines.whole(),
    termsVersion: usual ? usual.termsVersion : lines.whole(),
    program: usual ? usual.program : lines.text(),
    lifetimeEarned: isWhole ? lines.whole() : Number.NaN,
    lifetimeRedeemed: isWhole ? lines.whole() : Number.NaN,
    lifetimeExpired: isWhole ? lines.whole() : Number.NaN,
    referralCode: (isWhole && lines.text()) || null,
    at: isWhole ? lines.whole() : Number.NaN,
    isWhole,
  };
}
