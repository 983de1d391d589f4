import { Field, InputType } from 'type-graphql';
import { For } from '../federation/directives';
import { IDEMPOTENCY_KEY } from '../federation/input';
import { DateTime, Decimal, ProgramCode, XPoints } from '../federation/scalars';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { CampaignKind } from '../programs/campaign';
import { CampaignKindEnum } from '../programs/campaign.graphql';

const NAME = 'what members read in this language: 1 to 100 characters.';

@For('desk')
@InputType({ description: 'The names of a campaign, one per language (R9.4).' })
export class CampaignNamesInput {
  @Field(() => String, { description: `English: ${NAME}` })
  en!: string;

  @Field(() => String, { description: `German: ${NAME}` })
  de!: string;

  @Field(() => String, { description: `Turkish: ${NAME}` })
  tr!: string;

  @Field(() => String, { description: `Polish: ${NAME}` })
  pl!: string;

  @Field(() => String, { description: `Spanish: ${NAME}` })
  es!: string;
}

@For('desk')
@InputType({ description: 'A campaign to start (R1.5).' })
export class StartCampaignInput {
  @Field(() => ProgramCode, { description: 'The program.' })
  program!: string;

  @Field(() => String, {
    description:
      'A code such as "SPRING-2027", new in the program: a capital letter, then capitals, digits, _ and -; at most 64 characters.',
  })
  code!: string;

  @Field(() => CampaignKindEnum, { description: 'What it does.' })
  kind!: CampaignKind;

  @Field(() => Decimal, {
    nullable: true,
    description:
      'For a MULTIPLIER, and for it alone: "1.01" to "100", with at most 2 decimal places. "1.5" makes one and a half times the points.',
  })
  factor?: string | null;

  @Field(() => XPoints, {
    nullable: true,
    description: 'For a BONUS, and for it alone: the points on top, 1 to 1,000,000,000.',
  })
  bonus?: Points | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Codes of tiers, as held before the order; left out or empty: every tier.',
  })
  tiers?: string[] | null;

  @Field(() => Decimal, {
    nullable: true,
    description: "The least net value of an order, in the program's currency; left out: any.",
  })
  minimum?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'A tag that the order must carry, 1 to 100 characters; left out: any order.',
  })
  tag?: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Orders placed from then on match; not in the past. Left out: now.',
  })
  startsAt?: Instant | null;

  @Field(() => DateTime, { description: 'The first instant at which no order matches any more.' })
  endsAt!: Instant;

  @Field(() => XPoints, {
    nullable: true,
    description: 'The most points for one order; left out: no limit. Not for an EXCLUSION.',
  })
  capPerOrder?: Points | null;

  @Field(() => XPoints, {
    nullable: true,
    description: 'The most points for one member in all; left out: no limit. Not for an EXCLUSION.',
  })
  capPerMember?: Points | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether orders with a referral discount match as well; left out: no, but for an EXCLUSION yes.',
  })
  withDiscount?: boolean | null;

  @Field(() => CampaignNamesInput, { description: 'What members call it.' })
  names!: CampaignNamesInput;

  @Field(() => String, {
    description:
      'Why, for the record: 1 to 500 characters without control characters; BAD_USER_INPUT otherwise.',
  })
  reason!: string;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}

@For('desk')
@InputType({ description: 'A campaign to end before its time, or to call off before it begins.' })
export class EndCampaignInput {
  @Field(() => ProgramCode, { description: 'The program.' })
  program!: string;

  @Field(() => String, { description: 'The code of the campaign.' })
  code!: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'The first instant at which no order matches any more; left out: now.',
  })
  endsAt?: Instant | null;

  @Field(() => String, { description: IDEMPOTENCY_KEY })
  idempotencyKey!: string;
}
