import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import { Cost } from '../federation/directives';
import { Money, toMoney } from '../federation/money.graphql';
import { DateTime, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { worth } from '../programs/pricing';
import type { Terms } from '../programs/terms';
import type { BalanceAccount } from './balance.reads';
import { compareSpendOrder, type Lot, spendable } from './lot';

@ObjectType({ simpleResolvers: true, description: 'Points that expire together.' })
export class ExpiryDate {
  @Field(() => DateTime, {
    nullable: true,
    description:
      'The first instant at which they are no longer usable. Null in the last row where it gathers what expires later.',
  })
  expiresAt!: Instant | null;

  @Field(() => XPoints, { description: 'How many; more than 0.' })
  points!: Points;

  @Field(() => Money, { description: 'What they pay at checkout, net.' })
  value!: Money;
}

/** Argument of `XPointsBalance.expirySchedule`. */
@ArgsType()
export class ExpiryScheduleArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 12,
    description:
      'Rows at most, 1 to 100; BAD_USER_INPUT otherwise. Where there are more instants of expiry, the last row gathers the rest.',
  })
  first!: number | null;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'What a member can spend, holds, awaits and owes, at `asOf`. What has expired or lapsed by then is gone, whether or not it is booked (R6.2, R6.7). Nobody owes and can spend at once (R4.3).',
})
export class XPointsBalance {
  @Field(() => XPoints, { description: 'Spendable now; 0 or more.' })
  available!: Points;

  @Field(() => XPoints, {
    description: 'Set aside for orders by holds, not spendable meanwhile (R6.7).',
  })
  held!: Points;

  @Cost(5)
  @Field(() => XPoints, {
    description:
      'Expected from orders placed but not yet paid and delivered, priced at the present turnover. An estimate (R3.2).',
  })
  pending!: Points;

  @Field(() => XPoints, {
    description:
      'Taken back after being spent; whatever comes in pays it first (R4.3). Blocks nothing.',
  })
  owed!: Points;

  @Field(() => Money, {
    description: 'What `available` pays at checkout, net (R6.4). Never cash (R6.5).',
  })
  value!: Money;

  @Field(() => XPoints, { description: 'Credited ever, less what was taken back.' })
  lifetimeEarned!: Points;

  @Field(() => XPoints, { description: 'Redeemed ever, less what was restored.' })
  lifetimeRedeemed!: Points;

  @Field(() => XPoints, { description: 'Expired ever without being used.' })
  lifetimeExpired!: Points;

  @Field(() => XPoints, {
    description:
      'Number of the last booked change of this account: rises by one per entry, without gaps; 0 before the first. Where a subscription resumes. What is due and not booked yet has no number.',
  })
  sequence!: number;

  @Field(() => DateTime, { description: 'The instant these numbers are of.' })
  asOf!: Instant;

  /** What can be spent, soonest expiry first; null where the operation does not ask for the schedule. */
  readonly lots!: readonly Lot[] | null;
  readonly terms!: Terms;
}

/** An account's balance at `at`; the account is as it stands then. */
export function toBalance(
  account: BalanceAccount,
  at: Instant,
  terms: Terms,
  pending: Points,
  lots: readonly Lot[] | null,
): XPointsBalance {
  return {
    available: account.available,
    held: account.held,
    pending,
    owed: account.owed,
    value: toMoney(worth(terms, account.available), terms.currency),
    lifetimeEarned: account.lifetimeEarned,
    lifetimeRedeemed: account.lifetimeRedeemed,
    lifetimeExpired: account.lifetimeExpired,
    sequence: account.sequence,
    asOf: at,
    lots,
    terms,
  };
}

/** What of `lots` expires when, soonest first, in at most `rows` rows that sum to all that can be spent at `at`. */
export function toExpirySchedule(
  terms: Terms,
  lots: readonly Lot[],
  at: Instant,
  rows: number,
): ExpiryDate[] {
  const byInstant = new Map<Instant, Points>();
  for (const lot of [...lots].sort(
    (a, b) => a.expiresAt - b.expiresAt || compareSpendOrder(a, b),
  )) {
    const points = spendable(lot, at);
    if (points > 0) byInstant.set(lot.expiresAt, (byInstant.get(lot.expiresAt) ?? 0) + points);
  }
  const all = [...byInstant].map(([expiresAt, points]) => ({ expiresAt, points }));
  const shown: { expiresAt: Instant | null; points: Points }[] =
    all.length <= rows ? all : all.slice(0, rows - 1);
  const rest = all.slice(shown.length).reduce((sum, { points }) => sum + points, 0);
  if (rest > 0) shown.push({ expiresAt: null, points: rest });
  return shown.map((row) => ({
    ...row,
    value: toMoney(worth(terms, row.points), terms.currency),
  }));
}
