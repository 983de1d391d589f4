import type { SubgraphClient } from './client';
import type { CheckStep } from './shapes';

/** A lot or a discount code as a scenario writes it. A lot's source is `KIND:reference`. */
export type SeenRow = Readonly<Record<string, string | number | null>>;

/** What the API shows of what a check names, by the names of a scenario's expectations; null where it shows nothing. */
export type Seen = Readonly<
  Record<string, string | number | boolean | readonly SeenRow[] | null | undefined>
>;

const MEMBER = `query Member($id: ID!) {
  rewardsMember(customerId: $id) {
    xPoints { available held owed }
    tier { tier { code } turnover { amount } }
    membership { state endsAt redeemUntil pointsToForfeit }
    referral { link { code } }
    discountCodes { state percent order { id } expiresAt }
  }
}`;

const LOTS = `query Lots($id: ID!, $after: String) {
  rewardsMember(customerId: $id) {
    lots(first: 100, after: $after) {
      nodes { source { kind reference } granted remaining held expiresAt }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

const ORDER = `query Order($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on Order {
      xPoints { earned redeemed held }
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

interface Page<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

interface MemberData {
  readonly rewardsMember: {
    readonly xPoints: { available: number; held: number; owed: number } | null;
    readonly tier: { tier: { code: string }; turnover: { amount: string } } | null;
    readonly membership: {
      state: string;
      endsAt: string | null;
      redeemUntil: string | null;
      pointsToForfeit: number;
    } | null;
    readonly referral: { link: { code: string } | null } | null;
    readonly discountCodes:
      | readonly {
          state: string;
          percent: number;
          order: { id: string } | null;
          expiresAt: string;
        }[]
      | null;
  } | null;
}

interface LotsData {
  readonly rewardsMember: {
    readonly lots: Page<{
      source: { kind: string; reference: string };
      granted: number;
      remaining: number;
      held: number;
      expiresAt: string;
    }> | null;
  } | null;
}

interface OrderData {
  readonly _entities: readonly ({
    readonly xPoints: { earned: number; redeemed: number; held: number } | null;
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
      return lookAtMember(client, step.id);
    case 'order':
      return lookAtOrder(client, step.id);
    case 'referral':
      return lookAtReferral(client, step.id);
    case 'transfer':
      return lookAtTransfer(client, idOf(step.id));
  }
}

async function lookAtMember(client: SubgraphClient, id: string): Promise<Seen> {
  const { rewardsMember } = await client.query<MemberData>('service', MEMBER, { id });
  const lots = await everyNode(async (after) => {
    const data = await client.query<LotsData>('service', LOTS, { id, after });
    return data.rewardsMember?.lots ?? null;
  });
  const { xPoints, tier, membership, referral, discountCodes } = rewardsMember ?? {};
  return {
    available: xPoints?.available ?? null,
    held: xPoints?.held ?? null,
    owed: xPoints?.owed ?? null,
    turnover: tier?.turnover.amount ?? null,
    tier: tier?.tier.code ?? null,
    membership: membership?.state ?? null,
    endsAt: membership?.endsAt ?? null,
    redeemUntil: membership?.redeemUntil ?? null,
    forfeits: membership?.pointsToForfeit ?? null,
    referralLink: rewardsMember ? Boolean(referral?.link) : null,
    lots:
      lots?.map(({ source, ...lot }) => ({
        source: `${source.kind}:${source.reference}`,
        ...lot,
      })) ?? null,
    discounts: discountCodes?.map(({ order, ...code }) => ({ ...code, order: order?.id ?? null })),
  };
}

async function lookAtOrder(client: SubgraphClient, id: string): Promise<Seen> {
  const data = await client.query<OrderData>('service', ORDER, {
    representations: [{ __typename: 'Order', id }],
  });
  const points = data._entities[0]?.xPoints;
  return {
    earned: points?.earned ?? null,
    redeemed: points?.redeemed ?? null,
    held: points?.held ?? null,
    discount: data._entities[0]?.referral?.discount?.amount.amount ?? null,
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

/** The nodes of all pages; null where there is no list. */
async function everyNode<T>(
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
