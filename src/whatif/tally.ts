import type { DataSource } from 'typeorm';
import { type Account, isRegistered } from '../ledger/account';
import type { Lot } from '../ledger/lot';
import type { MemoryBooks } from '../ledger/memory-books';
import { tierAt, worth } from '../programs/pricing';
import type { ProgramCode, Terms } from '../programs/terms';

/** What the books of one program come to. Points are whole, money is minor units. */
export interface Tally {
  readonly members: number;
  readonly issued: number;
  readonly redeemed: number;
  readonly expired: number;
  readonly reversed: number;
  readonly forfeited: number;
  readonly voided: number;
  readonly available: number;
  readonly held: number;
  readonly owed: number;
  /** What available and held points pay. */
  readonly liability: bigint;
  readonly turnover: bigint;
  /** Members by tier code. */
  readonly tiers: Readonly<Record<string, number>>;
}

type TermsOf = (program: ProgramCode, version: number) => Terms;

/** The sums of lots that a tally shows; what came by transfer was issued once already. */
type LotSums = Pick<Lot, 'redeemed' | 'expired' | 'reversed' | 'forfeited' | 'voided'> & {
  readonly issued: number;
};

const NO_LOTS: LotSums = {
  issued: 0,
  redeemed: 0,
  expired: 0,
  reversed: 0,
  forfeited: 0,
  voided: 0,
};

/** The books in memory, by program. */
export function tallyOf(books: MemoryBooks, termsOf: TermsOf): Map<ProgramCode, Tally> {
  const lots = new Map(
    [...books.lots].map(([id, own]) => [id, [...own.values()].map(sumsOf).reduce(plus, NO_LOTS)]),
  );
  return sumUp(books.accounts.values(), (id) => lots.get(id) ?? NO_LOTS, termsOf);
}

/** The books of the database, by program. What fell due and is not booked yet stands as before. */
export async function readTally(
  database: DataSource,
  termsOf: TermsOf,
): Promise<Map<ProgramCode, Tally>> {
  const accounts = await database.query<AccountRecord[]>(
    `select id, program, terms_version as "termsVersion", available, held, owed, turnover_minor as turnover
     from accounts where program is not null`,
  );
  const sums = await database.query<(LotSums & { id: string })[]>(
    `select account_id as id, sum(case when source <> 'TRANSFER' then granted else 0 end)::bigint as issued,
       sum(redeemed)::bigint as redeemed, sum(expired)::bigint as expired, sum(reversed)::bigint as reversed,
       sum(forfeited)::bigint as forfeited, sum(voided)::bigint as voided
     from lots group by account_id`,
  );
  const lots = new Map(sums.map((row) => [row.id, row]));
  const known = accounts.map((row) => ({ ...row, turnover: BigInt(row.turnover) }));
  return sumUp(known, (id) => lots.get(id) ?? NO_LOTS, termsOf);
}

interface AccountRecord {
  readonly id: string;
  readonly program: string;
  readonly termsVersion: number;
  readonly available: number;
  readonly held: number;
  readonly owed: number;
  readonly turnover: number;
}

type Standing = Pick<
  Account,
  'id' | 'program' | 'termsVersion' | 'available' | 'held' | 'owed' | 'turnover'
>;

function sumUp(
  accounts: Iterable<Standing>,
  lotsOf: (id: string) => LotSums,
  termsOf: TermsOf,
): Map<ProgramCode, Tally> {
  const tallies = new Map<ProgramCode, Tally>();
  for (const account of accounts) {
    if (!isRegistered(account as Account)) continue;
    const { id, program, termsVersion, available, held, owed, turnover } = account;
    if (program === null || termsVersion === null) continue;
    const terms = termsOf(program, termsVersion);
    const tier = tierAt(terms, turnover).code;
    const before = tallies.get(program) ?? emptyTally(terms);
    tallies.set(program, {
      ...plus(before, lotsOf(id)),
      members: before.members + 1,
      available: before.available + available,
      held: before.held + held,
      owed: before.owed + owed,
      liability: before.liability + worth(terms, available + held),
      turnover: before.turnover + turnover,
      tiers: { ...before.tiers, [tier]: (before.tiers[tier] ?? 0) + 1 },
    });
  }
  return tallies;
}

function emptyTally(terms: Terms): Tally {
  return {
    ...NO_LOTS,
    ...{ members: 0, available: 0, held: 0, owed: 0, liability: 0n, turnover: 0n },
    tiers: Object.fromEntries(terms.tiers.map(({ code }) => [code, 0])),
  };
}

function sumsOf({ source, granted, ...lot }: Lot): LotSums {
  return { ...lot, issued: source === 'TRANSFER' ? 0 : granted };
}

function plus<T extends LotSums>(a: T, b: LotSums): T {
  return {
    ...a,
    issued: a.issued + b.issued,
    redeemed: a.redeemed + b.redeemed,
    expired: a.expired + b.expired,
    reversed: a.reversed + b.reversed,
    forfeited: a.forfeited + b.forfeited,
    voided: a.voided + b.voided,
  };
}
