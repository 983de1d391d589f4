import type { SubgraphClient } from './client';
import type { Seen, SeenRow } from './looks';
import { everyNode, lotsOf, type Page, seenLot } from './lookups';

const MEMBER = `query Member($id: ID!) {
  rewardsMember(customerId: $id) {
    xPoints { available held owed }
    tier { tier { code } turnover { amount } }
    membership {
      state endsAt redeemUntil pointsToForfeit termsVersion
      termsAhead { version effectiveAt objectUntil bindsAt objectedAt }
    }
    referral { link { code } }
    discountCodes { state percent order { id } expiresAt }
  }
}`;

interface MemberData {
  readonly rewardsMember: {
    readonly xPoints: { available: number; held: number; owed: number } | null;
    readonly tier: { tier: { code: string }; turnover: { amount: string } } | null;
    readonly membership: {
      state: string;
      endsAt: string | null;
      redeemUntil: string | null;
      pointsToForfeit: number;
      termsVersion: number;
      termsAhead: readonly SeenRow[];
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

/** Looks at a member, as the platform's service. Of their records it reads what `fields` name. */
export async function lookAtMember(
  client: SubgraphClient,
  id: string,
  fields: readonly string[],
): Promise<Seen> {
  const { rewardsMember } = await client.query<MemberData>('service', MEMBER, { id });
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
    termsVersion: membership?.termsVersion ?? null,
    termsAhead: membership?.termsAhead ?? null,
    referralLink: rewardsMember ? Boolean(referral?.link) : null,
    lots: (await lotsOf(client, id, 'OPEN'))?.map(seenLot) ?? null,
    discounts: discountCodes?.map(({ order, ...code }) => ({ ...code, order: order?.id ?? null })),
    ...(await lookAtRecords(client, id, fields)),
  };
}

type Look = (client: SubgraphClient, id: string) => Promise<Seen>;

/** How each part of a member's records is looked at, by the fields that it shows. */
const LOOKS: readonly (readonly [shows: readonly string[], look: Look])[] = [
  [['claims'], lookAtClaims],
  [['history'], lookAtHistory],
  [['notifications', 'objections', 'adjustments'], lookAtExport],
];

async function lookAtRecords(
  client: SubgraphClient,
  id: string,
  fields: readonly string[],
): Promise<Seen> {
  const wanted = LOOKS.filter(([shows]) => shows.some((field) => fields.includes(field)));
  const seen = await Promise.all(wanted.map(([, look]) => look(client, id)));
  return Object.assign({}, ...seen) as Seen;
}

const CLAIMS = `query Claims($id: ID!, $after: String) {
  rewardsMember(customerId: $id) {
    compensationClaims(first: 100, after: $after) {
      nodes { state points amount { amount } outstanding { amount } decidedAmount { amount } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

interface ClaimsData {
  readonly rewardsMember: {
    readonly compensationClaims: Page<{
      state: string;
      points: number;
      amount: { amount: string };
      outstanding: { amount: string };
      decidedAmount: { amount: string } | null;
    }> | null;
  } | null;
}

async function lookAtClaims(client: SubgraphClient, id: string): Promise<Seen> {
  const claims = await everyNode(async (after) => {
    const data = await client.query<ClaimsData>('service', CLAIMS, { id, after });
    return data.rewardsMember?.compensationClaims ?? null;
  });
  const seen = claims?.reverse().map(({ amount, outstanding, decidedAmount, ...claim }) => ({
    ...claim,
    amount: amount.amount,
    outstanding: outstanding.amount,
    decidedAmount: decidedAmount?.amount ?? null,
  }));
  return { claims: seen ?? null };
}

const HISTORY = `query History($id: ID!, $after: String) {
  rewardsMember(customerId: $id) {
    xPointsHistory(first: 100, after: $after) {
      nodes { kind availableChange heldChange owedChange termsVersion explanation(locale: "en") }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

interface HistoryData {
  readonly rewardsMember: {
    readonly xPointsHistory: Page<{
      kind: string;
      availableChange: number;
      heldChange: number;
      owedChange: number;
      termsVersion: number;
      explanation: readonly string[];
    }> | null;
  } | null;
}

async function lookAtHistory(client: SubgraphClient, id: string): Promise<Seen> {
  const entries = await everyNode(async (after) => {
    const data = await client.query<HistoryData>('service', HISTORY, { id, after });
    return data.rewardsMember?.xPointsHistory ?? null;
  });
  const seen = entries?.reverse().map((entry) => ({
    kind: entry.kind,
    ...{ available: entry.availableChange, held: entry.heldChange, owed: entry.owedChange },
    termsVersion: entry.termsVersion,
    explanation: entry.explanation.join(' '),
  }));
  return { history: seen ?? null };
}

const EXPORT = `query Export($id: ID!) { exportMemberData(customerId: $id) }`;

/** What of an export scenarios look at; as it is stored. */
interface Exported {
  readonly notifications?: readonly Told[];
  readonly objections?: readonly SeenRow[];
  readonly adjustments?: readonly SeenRow[];
}

interface Told {
  readonly kind: string;
  readonly delivered_at: string | null;
  /** By kind; `parts` are those of points that will expire. */
  readonly data: {
    readonly parts?: readonly { readonly points: number; readonly days: number }[];
  };
}

/** What the member was told, objected to and was given by hand, as the export of their data has it. */
async function lookAtExport(client: SubgraphClient, id: string): Promise<Seen> {
  const { exportMemberData } = await client.query<{ exportMemberData: string | null }>(
    'desk',
    EXPORT,
    { id },
  );
  const kept = JSON.parse(exportMemberData ?? '{}') as Exported;
  return {
    notifications: (kept.notifications ?? []).map(seenNotification),
    objections: kept.objections ?? [],
    adjustments: kept.adjustments ?? [],
  };
}

function seenNotification({ kind, delivered_at: delivered, data }: Told): SeenRow {
  const { parts, ...said } = data;
  const told = parts?.map(({ points, days }) => `${points} in ${days} days`).join(', ');
  return { ...said, kind, delivered, ...(told === undefined ? {} : { parts: told }) };
}
