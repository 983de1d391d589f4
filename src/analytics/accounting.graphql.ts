import { ArgsType, Field, ObjectType } from 'type-graphql';
import { Assumed, For } from '../federation/directives';
import { describedEnum } from '../federation/enums';
import { Money, toMoney } from '../federation/money.graphql';
import { CurrencyCode, DateTime, Decimal, ProgramCode, XPoints } from '../federation/scalars';
import type { Instant } from '../kernel/time';
import {
  ACCOUNTING_CLASSES,
  ACCOUNTING_LINES,
  type AccountingClass,
  type AccountingLineName,
  type AccountingMonth,
  type Amount,
} from './accounting';
import type { Accounting } from './accounting.reads';

const AccountingLineKind = describedEnum(
  'RewardsAccountingLineKind',
  'A line between the opening and the closing of a month.',
  ACCOUNTING_LINES,
);
const AccountingLineClass = describedEnum(
  'RewardsAccountingClass',
  'What a line is to an accountant.',
  ACCOUNTING_CLASSES,
);

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'Points, and the money they pay at the value of a point at the end of the month.',
})
export class RewardsAccountingAmount {
  @Field(() => XPoints, { description: 'The points.' })
  points!: number;

  @Field(() => Money, { description: 'What they pay, exact to the minor unit.' })
  value!: Money;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description: 'By how much one line changes the liability; below 0 where that falls.',
})
export class RewardsAccountingLine extends RewardsAccountingAmount {
  @Field(() => AccountingLineKind, { description: 'Which line.' })
  line!: AccountingLineName;

  @Field(() => AccountingLineClass, { description: 'What it is to an accountant.' })
  class!: AccountingClass;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'A memorandum: points that members owe, since more was taken back than they had (R4.3). No part of the liability. opening + incurred - paid = closing.',
})
export class RewardsAccountingOwed {
  @Field(() => RewardsAccountingAmount, { description: 'Owed when the month began.' })
  opening!: RewardsAccountingAmount;

  @Field(() => RewardsAccountingAmount, { description: 'Taken back that was not there any more.' })
  incurred!: RewardsAccountingAmount;

  @Field(() => RewardsAccountingAmount, { description: 'Paid with points that came in.' })
  paid!: RewardsAccountingAmount;

  @Field(() => RewardsAccountingAmount, { description: 'Owed when the month ended.' })
  closing!: RewardsAccountingAmount;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    'Breakage in proportion to the rights exercised (IFRS 15 B46, ASC 606-10-55-48): what is expected never to be redeemed is recognised as members redeem the rest.',
})
export class RewardsAccountingBreakage {
  @Field(() => Decimal, {
    nullable: true,
    description:
      'The share of granted points that was never redeemed, of lots whose last valid day lies in the twelve months before this one. Null while no such lot has ended: then breakage is recognised as it happens.',
  })
  rate!: string | null;

  @Field(() => RewardsAccountingAmount, {
    description:
      'What of the closing is expected never to be redeemed: the closing times the rate.',
  })
  expected!: RewardsAccountingAmount;

  @Field(() => RewardsAccountingAmount, {
    description:
      'Recognised in this month for what was redeemed in it: net redemptions times rate / (1 - rate). Below 0 where more was restored than redeemed.',
  })
  inProportion!: RewardsAccountingAmount;

  @Field(() => RewardsAccountingAmount, {
    description: 'What expired or was forfeited in this month and had not been recognised before.',
  })
  atExpiry!: RewardsAccountingAmount;

  @Field(() => RewardsAccountingAmount, {
    description: 'Breakage revenue of this month: inProportion and atExpiry.',
  })
  revenue!: RewardsAccountingAmount;

  @Field(() => RewardsAccountingAmount, {
    description: 'Recognised by the end of the month, of points that are still outstanding.',
  })
  ahead!: RewardsAccountingAmount;

  @Field(() => RewardsAccountingAmount, {
    description: 'The closing less what is expected to break: what members will probably redeem.',
  })
  expectedRedemptions!: RewardsAccountingAmount;

  @Field(() => RewardsAccountingAmount, {
    description: 'The closing less what is recognised ahead: the liability net of breakage.',
  })
  contractLiability!: RewardsAccountingAmount;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    "One month of a program's liability for points. Opening and all lines add up to closing, in points and in money, and closing is the next month's opening.",
})
export class RewardsAccountingMonth {
  @Field(() => String, { description: "The month in the program's zone: 2026-03." })
  month!: string;

  @Field(() => DateTime, { description: 'Its first instant.' })
  start!: Instant;

  @Field(() => DateTime, { description: 'The first instant after it.' })
  end!: Instant;

  @Field(() => Boolean, {
    description:
      'Whether more may be booked into it: until five minutes after its end. A month that is not open never changes.',
  })
  isOpen!: boolean;

  @Field(() => Money, { description: 'What a point pays at its end.' })
  pointValue!: Money;

  @Field(() => RewardsAccountingAmount, {
    description:
      'Outstanding when it began: available and held, at the value of a point before it.',
  })
  opening!: RewardsAccountingAmount;

  @Assumed(13)
  @Field(() => [RewardsAccountingLine], { description: 'What changed it, always all lines.' })
  lines!: readonly RewardsAccountingLine[];

  @Field(() => RewardsAccountingAmount, { description: 'Outstanding when it ended.' })
  closing!: RewardsAccountingAmount;

  @Field(() => RewardsAccountingOwed, { description: 'What members owe.' })
  owed!: RewardsAccountingOwed;

  @Field(() => RewardsAccountingBreakage, { description: 'What is never redeemed.' })
  breakage!: RewardsAccountingBreakage;
}

@For('desk')
@ObjectType({
  simpleResolvers: true,
  description:
    "A program's liability for points, month by month, by when entries were recorded: what became true in a month and was booked in the next counts in the next.",
})
export class RewardsAccounting {
  @Field(() => ProgramCode, { description: 'The program.' })
  program!: string;

  @Field(() => CurrencyCode, { description: 'The currency of all amounts.' })
  currency!: string;

  @Field(() => String, { description: 'The zone in which months begin and end: Europe/Berlin.' })
  zone!: string;

  @Field(() => DateTime, {
    description: 'When it was read; an open month has what was booked by then.',
  })
  at!: Instant;

  @Assumed(24)
  @Field(() => [RewardsAccountingMonth], { description: 'The months, ascending, at most 120.' })
  months!: readonly RewardsAccountingMonth[];
}

@ArgsType()
export class AccountingArgs {
  @Field(() => ProgramCode, { description: 'The program.' })
  program!: string;

  @Field(() => String, { description: 'The first month: "2026-01".' })
  from!: string;

  @Field(() => String, { description: 'The last month, the current one or one before: "2026-12".' })
  to!: string;
}

export function toRewardsAccounting(accounting: Accounting): RewardsAccounting {
  const { currency, months } = accounting;
  return { ...accounting, months: months.map((month) => toMonth(month, currency)) };
}

function toMonth(month: AccountingMonth, currency: string): RewardsAccountingMonth {
  const { owed, breakage } = month;
  const amount = ({ points, minor }: Amount) => ({ points, value: toMoney(minor, currency) });
  return {
    ...month,
    pointValue: toMoney(month.pointValueMinor, currency),
    opening: amount(month.opening),
    lines: month.lines.map((one) => ({ line: one.line, class: one.class, ...amount(one) })),
    closing: amount(month.closing),
    owed: {
      opening: amount(owed.opening),
      incurred: amount(owed.incurred),
      paid: amount(owed.paid),
      closing: amount(owed.closing),
    },
    breakage: {
      rate: breakage.rate,
      expected: amount(breakage.expected),
      inProportion: amount(breakage.inProportion),
      atExpiry: amount(breakage.atExpiry),
      revenue: amount(breakage.revenue),
      ahead: amount(breakage.ahead),
      expectedRedemptions: amount(breakage.expectedRedemptions),
      contractLiability: amount(breakage.contractLiability),
    },
  };
}
