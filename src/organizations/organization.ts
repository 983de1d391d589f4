import { type Points, points } from '../kernel/points';
import type { RegisteredAccount } from '../ledger/account';
import { tierAt, worth } from '../programs/pricing';
import type { ProgramCode, Terms, Tier } from '../programs/terms';

/** What of an account a dashboard shows. */
export type OrganizationAccount = Pick<
  RegisteredAccount,
  | 'id'
  | 'program'
  | 'termsVersion'
  | 'termsKnown'
  | 'enrolledAt'
  | 'stage'
  | 'suspendedAt'
  | 'available'
  | 'held'
  | 'owed'
  | 'turnover'
  | 'sequence'
>;

/** What of a member's available points will be gone within so many days, if nobody spends them. */
export interface Expiring {
  readonly in30Days: Points;
  readonly in90Days: Points;
}

/** A member of an organisation as they stand at the instant of reading, booked or not (R6.2). */
export interface OrganizationMember {
  readonly account: OrganizationAccount;
  /** The version that binds them then. */
  readonly terms: Terms;
  readonly expiring: Expiring;
}

/** What the members of an organisation in one program have together; balances are never pooled (R2.2). */
export interface ProgramTotals {
  readonly program: ProgramCode;
  readonly members: number;
  readonly available: Points;
  readonly held: Points;
  readonly owed: Points;
  /** What `available` pays, each member's under their own terms, in minor units. */
  readonly valueMinor: bigint;
  readonly expiring: Expiring;
  /** How many members hold a tier, by its code; tiers that nobody holds are missing. */
  readonly tiers: ReadonlyMap<string, TierHolders>;
}

/** How many members hold a tier. */
export interface TierHolders {
  readonly tier: Tier;
  /** The version by which the first of them holds it. */
  readonly terms: Terms;
  readonly members: number;
}

/** What members have together, program by program, by code: no two programs' points are worth the same. */
export function totalsOf(members: readonly OrganizationMember[]): ProgramTotals[] {
  const programs = [...new Set(members.map(({ account }) => account.program))].sort();
  return programs.map((program) =>
    totalsOfProgram(
      program,
      members.filter(({ account }) => account.program === program),
    ),
  );
}

function totalsOfProgram(
  program: ProgramCode,
  members: readonly OrganizationMember[],
): ProgramTotals {
  const sum = (of: (member: OrganizationMember) => Points): Points =>
    points(members.reduce((total, member) => total + BigInt(of(member)), 0n));
  const tiers = new Map<string, TierHolders>();
  for (const { account, terms } of members) {
    const tier = tierAt(terms, account.turnover);
    const known = tiers.get(tier.code) ?? { tier, terms, members: 0 };
    tiers.set(tier.code, { ...known, members: known.members + 1 });
  }
  return {
    program,
    members: members.length,
    available: sum(({ account }) => account.available),
    held: sum(({ account }) => account.held),
    owed: sum(({ account }) => account.owed),
    valueMinor: members.reduce((total, it) => total + worth(it.terms, it.account.available), 0n),
    expiring: {
      in30Days: sum(({ expiring }) => expiring.in30Days),
      in90Days: sum(({ expiring }) => expiring.in90Days),
    },
    tiers,
  };
}
