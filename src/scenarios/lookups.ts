import type { SubgraphClient } from './client';
import type { SeenRow } from './looks';

/** What steps have to know before they are sent: ids, codes and numbers that a story does not tell. */

type Asking = Pick<SubgraphClient, 'query'>;

/** Nobody has this one: codes are made of other characters. */
export const NOBODYS_CODE = 'NOBODY-HAS-THIS-0';
/** What commands give as their reason. */
export const REASON = 'As a scenario tells it';

/** A page of a list. */
export interface Page<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** The nodes of all pages; null where there is no list. */
export async function everyNode<T>(
  pageAfter: (after: string | null) => Promise<Page<T> | null>,
): Promise<T[] | null> {
  const nodes: T[] = [];
  for (let after: string | null = null; ; ) {
    const page: Page<T> | null = await pageAfter(after);
    if (!page) return null;
    nodes.push(...page.nodes);
    if (!page.pageInfo.hasNextPage || page.pageInfo.endCursor === after) return nodes;
    after = page.pageInfo.endCursor;
  }
}

const OWN = `query Own($id: ID!) {
  rewardsMember(customerId: $id) {
    referral { link { code } }
    discountCodes { code }
    membership { pointsToForfeit }
  }
}`;

interface Own {
  readonly rewardsMember: {
    readonly referral: { readonly link: { readonly code: string } | null } | null;
    readonly discountCodes: readonly { readonly code: string }[] | null;
    readonly membership: { readonly pointsToForfeit: number | null } | null;
  } | null;
}

/** The code of a member's referral link; undefined where they have none. */
export async function linkCodeOf(client: Asking, customerId: string): Promise<string | undefined> {
  return (await own(client, customerId))?.referral?.link?.code;
}

/** A member's latest discount code; null where they have none. */
export async function discountCodeOf(client: Asking, customerId: string): Promise<string | null> {
  return (await own(client, customerId))?.discountCodes?.at(-1)?.code ?? null;
}

/** What leaving now would forfeit; 0 for who is no member. */
export async function pointsToForfeit(client: Asking, customerId: string): Promise<number> {
  return (await own(client, customerId))?.membership?.pointsToForfeit ?? 0;
}

async function own(client: Asking, id: string): Promise<Own['rewardsMember']> {
  return (await client.query<Own>({ customer: id }, OWN, { id })).rewardsMember;
}

const LOTS = `query Lots($id: ID!, $state: XPointsLotState, $after: String) {
  rewardsMember(customerId: $id) {
    lots(first: 100, after: $after, state: $state) {
      nodes { number source { kind reference } granted remaining held expiresAt }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

/** A lot as the API shows it. */
export interface ShownLot {
  readonly number: number;
  readonly source: { readonly kind: string; readonly reference: string };
  readonly granted: number;
  readonly remaining: number;
  readonly held: number;
  readonly expiresAt: string;
}

/** A lot as scenarios write it. Its source is `KIND:reference`. */
export function seenLot({ source, number: _, ...lot }: ShownLot): SeenRow {
  return { source: `${source.kind}:${source.reference}`, ...lot };
}

/** A member's lots in spending order: all of them, or those in one state; null for who is no member. */
export function lotsOf(
  client: Asking,
  id: string,
  state: 'OPEN' | null,
): Promise<ShownLot[] | null> {
  interface Answer {
    readonly rewardsMember: { readonly lots: Page<ShownLot> | null } | null;
  }
  return everyNode(async (after) => {
    const data = await client.query<Answer>('service', LOTS, { id, state, after });
    return data.rewardsMember?.lots ?? null;
  });
}

async function lotNumber(client: Asking, id: string, source: string): Promise<number | null> {
  const lots = await lotsOf(client, id, null);
  return lots?.find((lot) => seenLot(lot).source === source)?.number ?? null;
}

/** The numbers of the lots that sources name; a number that no lot has for a source of none. */
export async function lotNumbers(
  client: Asking,
  customerId: string,
  sources: readonly string[],
): Promise<string[]> {
  const numbers = sources.map((source) => lotNumber(client, customerId, source));
  return (await Promise.all(numbers)).map((number) => String(number ?? NO_LOT));
}

const NO_LOT = 2 ** 31 - 1;

const CLAIMS = `query Claims($id: ID!, $after: String) {
  rewardsMember(customerId: $id) {
    compensationClaims(first: 100, after: $after) {
      nodes { id }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

/** The id of a member's claim by its place among theirs, 1 for the oldest. */
export async function claimIdAt(client: Asking, id: string, place: number): Promise<string> {
  interface Answer {
    readonly rewardsMember: { readonly compensationClaims: Page<{ id: string }> } | null;
  }
  const claims = await everyNode(async (after) => {
    const { rewardsMember } = await client.query<Answer>('desk', CLAIMS, { id, after });
    return rewardsMember?.compensationClaims ?? null;
  });
  return claims?.at(-place)?.id ?? 'no-such-claim';
}

const CREDITS = `query Credits($id: ID!, $after: String) {
  rewardsMember(customerId: $id) {
    xPointsHistory(first: 100, after: $after) {
      nodes { sequence lots { number from } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

/** The sequence of the entry that credited a lot; one that no entry has where there is none. */
export async function creditSequence(client: Asking, id: string, source: string): Promise<number> {
  interface Entry {
    readonly sequence: number;
    readonly lots: readonly { readonly number: number; readonly from: string }[];
  }
  interface Answer {
    readonly rewardsMember: { readonly xPointsHistory: Page<Entry> } | null;
  }
  const lot = await lotNumber(client, id, source);
  const entries = await everyNode(async (after) => {
    const { rewardsMember } = await client.query<Answer>('service', CREDITS, { id, after });
    return rewardsMember?.xPointsHistory ?? null;
  });
  const credit = entries?.find(({ lots }) =>
    lots.some(({ number, from }) => number === lot && from === 'ISSUED'),
  );
  return credit?.sequence ?? Number.MAX_SAFE_INTEGER;
}
