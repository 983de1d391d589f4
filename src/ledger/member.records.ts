import { shardOf } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { Member, MemberProfile } from './member';

export interface MemberRecord {
  account_id: string;
  registered_at: Instant | null;
  organization_id: string | null;
  billing_account_id: string | null;
  email: string | null;
  locale: string | null;
  email_hash: string | null;
  phone_hash: string | null;
  payment_hash: string | null;
  changed_before: (keyof MemberProfile)[];
  referred_by_code: string | null;
  deletion_reported_at: Instant | null;
}

export function memberOf(row: MemberRecord): Member {
  return {
    accountId: row.account_id,
    registeredAt: row.registered_at,
    organizationId: row.organization_id,
    billingAccountId: row.billing_account_id,
    email: row.email,
    locale: row.locale,
    emailHash: row.email_hash,
    phoneHash: row.phone_hash,
    paymentHash: row.payment_hash,
    changedBefore: row.changed_before,
    referredByCode: row.referred_by_code,
    deletionReportedAt: row.deletion_reported_at,
  };
}

/** A customer's profile as its row has it. */
export function memberRecord(member: Member): MemberRecord & { shard: number } {
  return {
    shard: shardOf(member.accountId),
    account_id: member.accountId,
    registered_at: member.registeredAt,
    organization_id: member.organizationId,
    billing_account_id: member.billingAccountId,
    email: member.email,
    locale: member.locale,
    email_hash: member.emailHash,
    phone_hash: member.phoneHash,
    payment_hash: member.paymentHash,
    changed_before: [...member.changedBefore],
    referred_by_code: member.referredByCode,
    deletion_reported_at: member.deletionReportedAt,
  };
}
