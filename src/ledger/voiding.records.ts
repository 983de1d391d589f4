import { shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { Voiding } from './desk';

/** A voiding as the door writes it and as it is read. */
export interface VoidingRecord {
  account_id: string;
  number: number;
  kind: Voiding['kind'];
  referee_id: string | null;
  discount_code: string | null;
  lots: Voiding['lots'];
  reason: string;
  voided_by: string;
  voided_at: Instant;
}

export function voidingOf(row: VoidingRecord): Voiding {
  return {
    accountId: row.account_id,
    number: row.number,
    kind: row.kind,
    refereeId: row.referee_id,
    discountCode: row.discount_code,
    lots: row.lots,
    reason: row.reason,
    voidedBy: row.voided_by,
    voidedAt: row.voided_at,
  };
}

/** A voiding as its row has it. */
export function voidingRow(voiding: Voiding): object {
  return {
    shard: shardOf(voiding.accountId),
    account_id: voiding.accountId,
    number: voiding.number,
    kind: voiding.kind,
    referee_id: voiding.refereeId,
    discount_code: voiding.discountCode,
    lots: voiding.lots,
    reason: voiding.reason,
    voided_by: voiding.voidedBy,
    voided_at: voiding.voidedAt,
  };
}
