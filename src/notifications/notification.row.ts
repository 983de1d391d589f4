import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { instant, int2, int4, int8, json, orNull, startingWith, text } from '../database/columns';
import type { Instant } from '../kernel/time';
import { AccountRow } from '../ledger/account.row';
import type { NotificationData, NotificationKind } from '../ledger/notification';

/** What a member is told (R9.1), numbered per account, written with what it tells; the mail's state is the mailer's. */
@Entity('notifications')
@ForeignKey(() => AccountRow, ['shard', 'accountId'], ['shard', 'id'], {
  name: 'notifications_account_fk',
})
@Check(
  'notifications_delivered_whole',
  `(delivered_at is null) = (channel is null) and channel in ('EMAIL', 'PAGE', 'WEBHOOK')`,
)
@Check('notifications_mail_state_known', `mail_state in ('PENDING', 'SENT', 'DEAD', 'NONE')`)
@Index('notifications_pending', ['nextAttemptAt', 'shard', 'accountId', 'number'], {
  where: `mail_state = 'PENDING'`,
})
@Index('notifications_waiting', ['shard', 'accountId', 'number'], {
  where: `mail_state = 'PENDING'`,
})
@Index('notifications_dead', ['createdAt', 'shard', 'accountId', 'number'], {
  where: `mail_state = 'DEAD'`,
})
export class NotificationRow {
  @PrimaryColumn(int2)
  shard!: number;

  @PrimaryColumn(text)
  accountId!: string;

  @PrimaryColumn(int8)
  number!: number;

  @Column(text)
  kind!: NotificationKind;

  @Column(json)
  data!: NotificationData;

  /** The entry it tells of; null where it tells of none. */
  @Column(orNull(int8))
  sequence!: number | null;

  @Column(instant)
  createdAt!: Instant;

  /** When the first channel took it: starts the periods of R2.6 and R8.2. */
  @Column(orNull(instant))
  deliveredAt!: Instant | null;

  @Column(orNull(text))
  channel!: 'EMAIL' | 'PAGE' | 'WEBHOOK' | null;

  /** NONE: there is no address to send it to. */
  @Column(startingWith(text, 'PENDING'))
  mailState!: 'PENDING' | 'SENT' | 'DEAD' | 'NONE';

  @Column(startingWith(int4, 0))
  attempts!: number;

  @Column(startingWith(instant, () => 'now()'))
  nextAttemptAt!: Instant;

  /** Until then it belongs to the process that is sending it. */
  @Column(orNull(instant))
  claimedUntil!: Instant | null;

  @Column(orNull(text))
  lastError!: string | null;
}

/** How far the members of a program were told of points that will expire (R6.9). */
@Entity('expiry_notices')
export class ExpiryNoticeRow {
  @PrimaryColumn(text)
  program!: string;

  @Column(instant)
  toldUntil!: Instant;
}
