import type { SubgraphClient } from './client';
import type { CheckStep } from './shapes';

/** A lot as a scenario writes it. */
export interface SeenLot {
  /** `KIND:reference`. */
  readonly source: string;
  readonly granted: number;
  readonly remaining: number;
  readonly held: number;
  readonly expiresAt: string;
}

/** What the API shows of a customer or an order, by the names of a scenario's expectations; null where it shows nothing. */
export type Seen = Readonly<Record<string, string | number | boolean | readonly SeenLot[] | null>>;

const MEMBER = `query Member($id: ID!, $after: String) {
  rewardsMember(customerId: $id) {
    xPoints { available held owed }
    tier { tier { code } turnover { amount } }
    membership { state }
    referral { link { code } }
    lots(first: 100, after: $after) {
      nodes { source { kind reference } granted remaining held expiresAt }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

const ORDER = `query Order($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Order { xPoints { earned redeemed held } } }
}`;

interface MemberData {
  readonly rewardsMember: {
    readonly xPoints: { available: number; held: number; owed: number } | null;
    readonly tier: { tier: { code: string }; turnover: { amount: string } } | null;
    readonly membership: { state: string } | null;
    readonly referral: { link: { code: string } | null } | null;
    readonly lots: {
      nodes: (Omit<SeenLot, 'source'> & { source: { kind: string; reference: string } })[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    } | null;
  } | null;
}

interface OrderData {
  readonly _entities: readonly ({
    readonly xPoints: { earned: number; redeemed: number; held: number } | null;
  } | null)[];
}

/** Looks at what a check names, as the platform's service. */
export function look(client: SubgraphClient, step: CheckStep): Promise<Seen> {
  return step.check === 'customer' ? lookAtMember(client, step.id) : lookAtOrder(client, step.id);
}

async function lookAtMember(client: SubgraphClient, id: string): Promise<Seen> {
  const lots: SeenLot[] = [];
  let after: string | null = null;
  for (;;) {
    const data: MemberData = await client.query('service', MEMBER, { id, after });
    const member = data.rewardsMember;
    for (const { source, ...lot } of member?.lots?.nodes ?? []) {
      lots.push({ ...lot, source: `${source.kind}:${source.reference}` });
    }
    const page = member?.lots?.pageInfo;
    if (page?.hasNextPage && page.endCursor !== after) {
      after = page.endCursor;
      continue;
    }
    return {
      available: member?.xPoints?.available ?? null,
      held: member?.xPoints?.held ?? null,
      owed: member?.xPoints?.owed ?? null,
      turnover: member?.tier?.turnover.amount ?? null,
      tier: member?.tier?.tier.code ?? null,
      membership: member?.membership?.state ?? null,
      referralLink: member ? Boolean(member.referral?.link) : null,
      lots: member?.lots ? lots : null,
    };
  }
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
  };
}
