import type { DataSource } from 'typeorm';
import { type Lines, linesSql, readLines } from '../database/lines';
import { numberArray, type Prepared, textArray } from '../database/prepared';
import { shardOf } from '../kernel/ids';
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

/** What is read of each, in the order in which `takeBalance` takes it. `at`: the instant, never before the account's last entry. */
const someOf = (at: string) => [
  'k.n',
  `case when a.next_due_at <= ${at} then 1 else 0 end`,
  ...['a.terms_version', 'a.available', 'a.held', 'a.owed', 'a.turnover_minor', 'a.sequence'],
  ...['a.program'],
];
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
 * asked for of most (`whole`) is left out: where the instant is shown, it must be the one by which nothing is due. A key's number
 * comes back with what was found, so that nothing is looked up by id.
 */
export function balanceReader(database: DataSource, clock: string, whole: boolean): ReadBalances {
  const at = `greatest(${whole ? '(select at from c)' : `(select ${clock})`}, a.last_entry_at)`;
  const columns = linesSql(whole ? [...someOf(at), ...REST] : someOf(at));
  const read = `select ${columns}
  from unnest($1::smallint[], $2::text[]) with ordinality as k (shard, id, n)
  join accounts a on a.shard = k.shard and a.id = k.id
  where a.program is not null and a.enrolled_at <= ${at}`;
  const statement: Prepared = whole
    ? { name: 'whole_balances', text: `${clockOnce(clock)} ${read}` }
    : { name: 'balances', text: read };
  return async (ids) => {
    const keys = [numberArray(ids.map(shardOf)), textArray(ids)];
    const lines = await readLines(database, statement, keys);
    const found = new Array<BalanceRead | undefined>(ids.length).fill(undefined);
    while (!lines.isEmpty) {
      const n = lines.whole() - 1;
      found[n] = takeBalance(lines, whole);
    }
    return found;
  };
}

function takeBalance(lines: Lines, isWhole: boolean): BalanceRead {
  return {
    isDue: lines.whole() === 1,
    termsVersion: lines.whole(),
    available: lines.whole(),
    held: lines.whole(),
    owed: lines.whole(),
    turnover: BigInt(lines.whole()),
    sequence: lines.whole(),
    program: lines.text(),
    lifetimeEarned: isWhole ? lines.whole() : Number.NaN,
    lifetimeRedeemed: isWhole ? lines.whole() : Number.NaN,
    lifetimeExpired: isWhole ? lines.whole() : Number.NaN,
    referralCode: (isWhole && lines.text()) || null,
    at: isWhole ? lines.whole() : Number.NaN,
    isWhole,
  };
}
