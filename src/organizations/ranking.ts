import { type Page, pageOf } from '../kernel/pagination';
import { tierAt } from '../programs/pricing';
import type { ProgramCode } from '../programs/terms';
import type { OrganizationMember } from './organization';

/** By what members are ranked. */
export const MEMBER_SORTS = {
  BALANCE:
    'By what they can spend, less what they owe: whoever owes comes below whoever has nothing. Equal ones by what is held.',
  TIER: "By how high the tier is on its program's ladder; within a tier by turnover, in the program's currency.",
  EXPIRING: 'By what expires within 30 days; equal ones by what expires within 90.',
} as const;
export type MemberSort = keyof typeof MEMBER_SORTS;

export const SORT_DIRECTIONS = {
  ASCENDING: 'The least first.',
  DESCENDING: 'The most first.',
} as const;
export type SortDirection = keyof typeof SORT_DIRECTIONS;

/** A member's place in a ranking: two numbers, and the id, so that no two are equal. */
export type MemberPlace = readonly [first: number, second: number, customerId: string];

/** Which members, in which order. */
export interface MemberRanking {
  readonly sort: MemberSort;
  readonly direction: SortDirection;
  /** Only members of this program; null: of all. */
  readonly program: ProgramCode | null;
}

/** Where a member stands in a ranking. */
export function placeOf(sort: MemberSort, member: OrganizationMember): MemberPlace {
  const { account, terms, expiring } = member;
  switch (sort) {
    case 'BALANCE':
      return [account.available - account.owed, account.held, account.id];
    case 'TIER': {
      const height = terms.tiers.indexOf(tierAt(terms, account.turnover));
      return [height, Number(account.turnover), account.id];
    }
    case 'EXPIRING':
      return [expiring.in30Days, expiring.in90Days, account.id];
  }
}

/**
 * The page of a ranking after a place (null: from its start). One order is the other in reverse, ids included. A place is
 * made of values, not of positions: a member whose figures stay as they are is on exactly one page of a walk, whatever the
 * others do meanwhile; one whose figures change may pass the walk, and be seen twice or not at all.
 */
export function pageOfMembers(
  members: readonly OrganizationMember[],
  { sort, direction, program }: MemberRanking,
  after: MemberPlace | null,
  size: number,
): Page<OrganizationMember> {
  const sign = direction === 'ASCENDING' ? 1 : -1;
  const ranked = members
    .filter(({ account }) => program === null || account.program === program)
    .map((member) => ({ member, place: placeOf(sort, member) }))
    .filter(({ place }) => after === null || sign * compare(place, after) > 0)
    .sort((a, b) => sign * compare(a.place, b.place));
  return pageOf(
    ranked.slice(0, size + 1).map(({ member }) => member),
    size,
  );
}

function compare(a: MemberPlace, b: MemberPlace): number {
  return a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : Number(a[2] > b[2]));
}
