import type { Instant } from '../kernel/time';

/** What the platform says of a customer. Personal, but for the ids and the keyed hashes. */
export interface MemberProfile {
  readonly organizationId: string | null;
  readonly billingAccountId: string | null;
  readonly email: string | null;
  readonly locale: string | null;
  /** Keyed hashes of the normalised e-mail, the phone and the payment fingerprint; never in clear (R5.5). */
  readonly emailHash: string | null;
  readonly phoneHash: string | null;
  readonly paymentHash: string | null;
}

/** A customer as known: before the registration only what changed of them (R3.7). */
export interface Member extends MemberProfile {
  readonly accountId: string;
  readonly registeredAt: Instant | null;
  /** Which fields a change named before the registration: they win over what the registration says. */
  readonly changedBefore: readonly (keyof MemberProfile)[];
  /** The code the registration came through, whatever became of it. */
  readonly referredByCode: string | null;
  /** When the platform reported the account's deletion. */
  readonly deletionReportedAt: Instant | null;
}

/** A customer of whom nothing is known yet. */
export function unknownMember(accountId: string): Member {
  return {
    accountId,
    organizationId: null,
    billingAccountId: null,
    email: null,
    locale: null,
    emailHash: null,
    phoneHash: null,
    paymentHash: null,
    registeredAt: null,
    changedBefore: [],
    referredByCode: null,
    deletionReportedAt: null,
  };
}
