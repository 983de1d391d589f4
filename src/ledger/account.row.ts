import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { instant, int2, int4, int8, json, orNull, startingWith, text } from '../database/columns';
import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import { TermsRow } from '../programs/terms.row';
import type { MembershipStage, TermsAhead } from './account';

/** A customer's account; a stub (no program) until the customer is registered. Its row is the lock. */
@Entity('accounts')
@ForeignKey(() => TermsRow, ['program', 'termsVersion'], ['program', 'version'], {
  name: 'accounts_terms_fk',
})
@Check('accounts_shard_range', 'shard >= 0 and shard < 256')
@Check(
  'accounts_member_whole',
  '(program is null) = (terms_version is null) and (program is null) = (enrolled_at is null)',
)
@Check('accounts_l4_balance', 'available >= 0 and held >= 0 and owed >= 0')
@Check('accounts_l5_owing_cannot_spend', 'owed = 0 or available = 0')
@Check(
  'accounts_l13_amounts',
  'turnover_minor >= 0 and available + held <= 9007199254740991 and owed <= 9007199254740991',
)
@Check(
  'accounts_stub_has_nothing',
  'program is not null or (sequence = 0 and available = 0 and held = 0)',
)
@Check('accounts_stage_known', `stage in ('ACTIVE', 'ENDING', 'REDEEM_ONLY', 'ENDED')`)
@Check(
  'accounts_stage_dated',
  `(stage = 'ACTIVE' or end_reason is not null) and (stage not in ('ENDING', 'REDEEM_ONLY') or (ends_at is not null and redeem_until is not null and redeem_until >= ends_at)) and (stage = 'ENDED') = (ended_at is not null)`,
)
@Check('accounts_l16_ended_has_nothing', `stage <> 'ENDED' or (available = 0 and held = 0)`)
@Check('accounts_completed_counted', 'completed_orders >= 0')
@Check(
  'accounts_terms_known',
  '(terms_known is null) = (terms_version is null) and terms_known >= terms_version',
)
@Index('accounts_terms', ['program', 'termsKnown'], { where: 'terms_known is not null' })
@Check(
  'accounts_frozen_whole',
  '(frozen_at is null) = (frozen_reason is null) and (frozen_at is null) = (frozen_by is null)',
)
@Index('accounts_enrolled', ['program', 'enrolledAt'], { where: 'enrolled_at is not null' })
@Index('accounts_over', ['program', 'endedAt', 'redeemUntil'], {
  where: 'ended_at is not null or redeem_until is not null',
})
@Index('accounts_due', ['nextDueAt'], { where: 'next_due_at is not null' })
@Index('accounts_frozen', ['shard', 'id'], { where: 'frozen_at is not null' })
@Index('accounts_id', ['id'], { type: 'hash' })
export class AccountRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  id!: string;

  @Column(orNull(text))
  program!: string | null;

  @Column(orNull(int4))
  termsVersion!: number | null;

  @Column(orNull(instant))
  enrolledAt!: Instant | null;

  @Column(orNull(instant))
  suspendedAt!: Instant | null;

  @Column(orNull(text))
  suspendedReason!: string | null;

  @Column(orNull(text))
  referralCode!: string | null;

  @Column(startingWith(int8, 0))
  available!: Points;

  @Column(startingWith(int8, 0))
  held!: Points;

  @Column(startingWith(int8, 0))
  owed!: Points;

  @Column(startingWith(int8, 0))
  turnoverMinor!: number;

  @Column(startingWith(int8, 0))
  lifetimeEarned!: Points;

  @Column(startingWith(int8, 0))
  lifetimeRedeemed!: Points;

  @Column(startingWith(int8, 0))
  lifetimeExpired!: Points;

  @Column(startingWith(int8, 0))
  sequence!: number;

  @Column(startingWith(int4, 0))
  lastLot!: number;

  @Column(startingWith(int8, 0))
  lastMessage!: number;

  @Column(startingWith(int8, 0))
  ordersPlaced!: number;

  @Column(orNull(instant))
  nextDueAt!: Instant | null;

  @Column(orNull(instant))
  lastEntryAt!: Instant | null;

  @Column(startingWith(text, 'ACTIVE'))
  stage!: MembershipStage;

  @Column(orNull(instant))
  noticeAt!: Instant | null;

  @Column(orNull(instant))
  endsAt!: Instant | null;

  @Column(orNull(instant))
  redeemUntil!: Instant | null;

  @Column(orNull(instant))
  endedAt!: Instant | null;

  @Column(orNull(text))
  endReason!: string | null;

  @Column(startingWith(int8, 0))
  completedOrders!: number;

  @Column(startingWith(json, () => `'[]'`))
  termsAhead!: TermsAhead[];

  @Column(orNull(int4))
  termsKnown!: number | null;

  @Column(startingWith(json, () => `'{}'`))
  campaignPoints!: Record<string, Points>;

  @Column(startingWith(int8, 0))
  lastNotification!: number;

  @Column(startingWith(int4, 0))
  lastCase!: number;

  @Column(orNull(instant))
  expiryToldUntil!: Instant | null;
  @Column(orNull(instant))
  frozenAt!: Instant | null;

  @Column(orNull(text))
  frozenReason!: string | null;

  @Column(orNull(text))
  frozenBy!: string | null;

  /** Its entries up to this one are in the archive. */
  @Column(startingWith(int8, 0))
  archivedSequence!: number;
}
