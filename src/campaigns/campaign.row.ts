import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import { bool, instant, int4, int8, json, orNull, startingWith, text } from '../database/columns';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { CampaignKind } from '../programs/campaign';
import type { Locale } from '../programs/terms';

/** Points on top of what the terms give, or none at all, for orders of a time (R1.5). */
@Entity('campaigns')
@Check('campaigns_kind_known', `kind in ('MULTIPLIER', 'BONUS', 'EXCLUSION')`)
@Check(
  'campaigns_kind_whole',
  `(kind = 'MULTIPLIER') = (factor_percent is not null) and (kind = 'BONUS') = (bonus is not null)`,
)
@Check(
  'campaigns_amounts',
  'factor_percent > 100 and bonus > 0 and minimum_minor >= 0 and cap_per_order > 0 and cap_per_member > 0',
)
@Check('campaigns_dates', 'ends_at >= starts_at')
@Check('campaigns_ended_whole', '(ended_by is null) = (ended_at is null)')
export class CampaignRow {
  @PrimaryColumn(text)
  program!: string;

  @PrimaryColumn(text)
  code!: string;

  @Column(text)
  kind!: CampaignKind;

  @Column(orNull(int4))
  factorPercent!: number | null;

  @Column(orNull(int8))
  bonus!: Points | null;

  @Column({ ...text, array: true, default: () => `'{}'` })
  tiers!: string[];

  @Column(startingWith(int8, 0))
  minimumMinor!: number;

  @Column(orNull(text))
  tag!: string | null;

  @Column(instant)
  startsAt!: Instant;

  @Column(instant)
  endsAt!: Instant;

  @Column(orNull(int8))
  capPerOrder!: Points | null;

  @Column(orNull(int8))
  capPerMember!: Points | null;

  @Column(bool)
  withDiscount!: boolean;

  @Column(json)
  names!: Record<Locale, string>;

  @Column(text)
  reason!: string;

  @Column(text)
  startedBy!: string;

  @Column(instant)
  startedAt!: Instant;

  @Column(orNull(text))
  endedBy!: string | null;

  /** When its end was brought forward. */
  @Column(orNull(instant))
  endedAt!: Instant | null;
}
