import { ClaimRow } from '../abuse/claim.row';
import { VoidingRow } from '../abuse/voiding.row';
import { AdjustmentRow } from '../adjustments/adjustment.row';
import {
  RollupEntryRow,
  RollupMoveRow,
  RollupProgressRow,
  RollupRemainingRow,
} from '../analytics/rollup.row';
import { AuditRow } from '../audit/audit.row';
import { CampaignRow } from '../campaigns/campaign.row';
import { InboxRow, SetAsideRow } from '../events/inbox.row';
import { AccountRow } from '../ledger/account.row';
import { AnswerRow } from '../ledger/answer.row';
import { ArchivedAllocationRow, ArchivedEntryRow, ArchiveRunRow } from '../ledger/archive.row';
import { AllocationRow, EntryRow } from '../ledger/entry.row';
import { IntegrityWalkRow } from '../ledger/integrity-walk.row';
import { InterventionRow } from '../ledger/intervention.row';
import { LotRow } from '../ledger/lot.row';
import { OrderRow } from '../ledger/order.row';
import { RedemptionRow } from '../ledger/redemption.row';
import { MemberRow, ReferralCodeRow } from '../members/member.row';
import { ExpiryNoticeRow, NotificationRow } from '../notifications/notification.row';
import { ObjectionRow } from '../objections/objection.row';
import { OutboxRow, WebhookDeliveryRow, WebhookEndpointRow } from '../outbox/outbox.row';
import { ProgramEndingRow } from '../programs/program-ending.row';
import { RulesRevisionRow } from '../programs/rules-revision.row';
import { TermsRow } from '../programs/terms.row';
import { DiscountCodeRow, ReferralRow } from '../referrals/referral.row';
import { TransferRow } from '../transfers/transfer.row';
import { SandboxClockRow } from './sandbox-clock.row';

/** Every table's TypeORM class: the one list. */
export const ROWS: readonly (new () => object)[] = [
  TermsRow,
  AccountRow,
  MemberRow,
  ReferralCodeRow,
  OrderRow,
  LotRow,
  EntryRow,
  AllocationRow,
  ArchivedEntryRow,
  ArchivedAllocationRow,
  ArchiveRunRow,
  RedemptionRow,
  AnswerRow,
  InboxRow,
  SetAsideRow,
  OutboxRow,
  WebhookEndpointRow,
  WebhookDeliveryRow,
  ReferralRow,
  DiscountCodeRow,
  TransferRow,
  ProgramEndingRow,
  RulesRevisionRow,
  CampaignRow,
  AdjustmentRow,
  ObjectionRow,
  ClaimRow,
  VoidingRow,
  NotificationRow,
  ExpiryNoticeRow,
  InterventionRow,
  IntegrityWalkRow,
  AuditRow,
  RollupMoveRow,
  RollupEntryRow,
  RollupRemainingRow,
  RollupProgressRow,
  SandboxClockRow,
];
