import type { SubgraphClient } from './client';
import { everyNode, type Page, type ShownLot, seenLot } from './lookups';
import { lookAtMember } from './member-looks';
import type { CheckStep } from './shapes';

/** A row of a list, such as a lot, as a scenario writes it. */
export type SeenRow = Readonly<Record<string, string | number | boolean | null>>;

/** What the API shows of what a check names, by the names of a scenario's expectations; null where it shows nothing. */
export type Seen = Readonly<
  Record<string, string | number | boolean | readonly SeenRow[] | null | undefined>
>;

const ORDER = `query Order($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on Order {
      xPoints { earned redeemed held expected }
      lots { number source { kind reference } granted remaining held expiresAt }
      referral { discount { amount { amount } } }
    }
  }
}`;

const REFERRER = `query Referrer($id: ID!) {
  rewardsMember(customerId: $id) { referral { referredBy { id } } }
}`;

const INVITEES = `query Invitees($id: ID!, $after: String) {
  rewardsMember(customerId: $id) {
    referral {
      invitees(first: 100, after: $after) {
        nodes { customer { id } state bonus }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}`;

const TRANSFERS = `query Transfers($after: String) {
  transferRequests(first: 100, after: $after, state: null) {
    nodes { id state moved }
    pageInfo { hasNextPage endCursor }
  }
}`;

interface OrderData {
  readonly _entities: readonly ({
    readonly xPoints: { earned: number; redeemed: number; held: number; expected: number } | null;
    readonly lots: readonly ShownLot[] | null;
    readonly referral: { discount: { amount: { amount: string } } | null } | null;
  } | null)[];
}

interface ReferrerData {
  readonly rewardsMember: {
    readonly referral: { readonly referredBy: { readonly id: string } | null } | null;
  } | null;
}

interface InviteesData {
  readonly rewardsMember: {
    readonly referral: {
      readonly invitees: Page<{ customer: { id: string }; state: string; bonus: number }>;
    } | null;
  } | null;
}

interface TransfersData {
  readonly transferRequests: Page<{ id: string; state: string; moved: number | null }>;
}

/** What stands before the API shows anything: of an order whose customer is not known yet, or of who is no member yet. */
const NOTHING: Readonly<Partial<Record<CheckStep['check'], Seen>>> = {
  order: { earned: 0, redeemed: 0, held: 0, expected: 0, lots: [] },
  customer: { available: 0, held: 0, owed: 0, turnover: '0', referralLink: false, lots: [] },
};

/** What is seen of something that events told of: where the API shows nothing, nothing has moved. */
export function orNothing({ check }: CheckStep, seen: Seen): Seen {
  const shown = Object.entries(seen).filter(([, value]) => value !== null);
  return { ...seen, ...NOTHING[check], ...Object.fromEntries(shown) };
}

/**
 * Looks at what a check names: as the platform's service, at transfers as the desk. `idOf` gives the id of what an
 * earlier step named.
 */
export function look(
  client: SubgraphClient,
  step: CheckStep,
  idOf: (name: string) => string,
): Promise<Seen> {
  switch (step.check) {
    case 'customer':
      return lookAtMember(client, step.id, Object.keys(step.expect));
    case 'order':
      return lookAtOrder(client, step.id);
    case 'referral':
      return lookAtReferral(client, step.id);
    case 'transfer':
      return lookAtTransfer(client, idOf(step.id));
    case 'program':
      return lookAtProgram(client, step.id);
  }
}

async function lookAtOrder(client: SubgraphClient, id: string): Promise<Seen> {
  const data = await client.query<OrderData>('service', ORDER, {
    representations: [{ __typename: 'Order', id }],
  });
  const [order] = data._entities;
  const points = order?.xPoints;
  return {
    earned: points?.earned ?? null,
    redeemed: points?.redeemed ?? null,
    held: points?.held ?? null,
    expected: points?.expected ?? null,
    lots: order?.lots?.map(seenLot) ?? null,
    discount: order?.referral?.discount?.amount.amount ?? null,
  };
}

/** The referral of a referred customer, found among those that their referrer sees. */
async function lookAtReferral(client: SubgraphClient, refereeId: string): Promise<Seen> {
  const data = await client.query<ReferrerData>('service', REFERRER, { id: refereeId });
  const referrer = data.rewardsMember?.referral?.referredBy?.id;
  if (referrer === undefined) return { state: null };
  const invitees = await everyNode(async (after) => {
    const found = await client.query<InviteesData>('service', INVITEES, { id: referrer, after });
    return found.rewardsMember?.referral?.invitees ?? null;
  });
  const referral = invitees?.find(({ customer }) => customer.id === refereeId);
  return { state: referral?.state ?? null, bonus: referral?.bonus ?? null, referrer };
}

async function lookAtTransfer(client: SubgraphClient, id: string): Promise<Seen> {
  const transfers = await everyNode(
    async (after) =>
      (await client.query<TransfersData>('desk', TRANSFERS, { after })).transferRequests,
  );
  const transfer = transfers?.find((known) => known.id === id);
  return { state: transfer?.state ?? null, moved: transfer?.moved ?? null };
}

const PROGRAM = `query Program($code: ProgramCode!, $after: String) {
  rewardsProgram(code: $code) {
    termsVersion
    versions { version effectiveAt }
    campaigns(first: 100, after: $after, state: null) {
      nodes { code kind state startsAt endsAt }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

interface ProgramData {
  readonly rewardsProgram: {
    readonly termsVersion: number;
    readonly versions: readonly SeenRow[];
    readonly campaigns: Page<SeenRow>;
  } | null;
}

async function lookAtProgram(client: SubgraphClient, code: string): Promise<Seen> {
  const ask = (after: string | null) =>
    client.query<ProgramData>('service', PROGRAM, { code, after });
  const { rewardsProgram } = await ask(null);
  const campaigns = await everyNode(
    async (after) => (await ask(after)).rewardsProgram?.campaigns ?? null,
  );
  return {
    termsVersion: rewardsProgram?.termsVersion ?? null,
    versions: rewardsProgram?.versions ?? null,
    campaigns,
  };
}
