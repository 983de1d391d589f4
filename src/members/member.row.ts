import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { instant, int2, orNull, text } from '../database/columns';
import type { Instant } from '../kernel/time';
import { AccountRow } from '../ledger/account.row';

/** What the platform said of a customer. E-mail, phone and payment signals are kept as keyed hashes (R5.5). */
@Entity('members')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], {
  name: 'members_account_fk',
})
@Index('members_email_hash', ['emailHash'], { where: 'email_hash is not null' })
@Index('members_organization', ['organizationId'], { where: 'organization_id is not null' })
export class MemberRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @Column(orNull(instant))
  registeredAt!: Instant | null;

  @Column(orNull(text))
  organizationId!: string | null;

  @Column(orNull(text))
  billingAccountId!: string | null;

  @Column(orNull(text))
  email!: string | null;

  @Column(orNull(text))
  locale!: string | null;

  @Column(orNull(text))
  emailHash!: string | null;

  @Column(orNull(text))
  phoneHash!: string | null;

  @Column(orNull(text))
  paymentHash!: string | null;

  /** Which of these a change has set before the registration came: it does not overwrite them (R3.7). */
  @Column({ ...text, array: true, default: () => `'{}'` })
  changedBefore!: string[];

  @Column(orNull(text))
  referredByCode!: string | null;

  @Column(orNull(instant))
  deletionReportedAt!: Instant | null;
}

/** Whose referral code it is: a look-up of its own, across shards. */
@Entity('referral_codes')
@Index('referral_codes_issued', ['program', 'issuedAt'], { where: 'issued_at is not null' })
export class ReferralCodeRow {
  @PrimaryColumn(text)
  code!: string;

  @Column(int2)
  accountShard!: number;

  @Column(text)
  accountId!: string;

  /** The owner's program, and when it was drawn; both null for a code that was drawn before they were kept. */
  @Column(orNull(text))
  program!: string | null;

  @Column(orNull(instant))
  issuedAt!: Instant | null;
}
