import DataLoader from 'dataloader';
import type { App } from '../app';
import { type Page, pageOf } from '../kernel/pagination';
import type { Points } from '../kernel/points';
import type { DiscountCode } from '../ledger/discount';
import type { Referral } from '../ledger/referral';
import { pages } from '../ledger/statement.loaders';
import {
  type ReferralPlace,
  readDiscountCodes,
  readInvitees,
  readPointsEarned,
  readReferralsOf,
} from './referral.reads';

interface InviteesKey {
  readonly customerId: string;
  readonly before: ReferralPlace | null;
  readonly limit: number;
}

/** Referrals and discount codes for one request. Authorises nothing: its callers hold what was authorised. */
export class ReferralLoaders {
  /** The referral of a referred customer; null for who was not referred. */
  readonly referral: DataLoader<string, Referral | null>;
  /** What a referrer earned by referring, less what was taken back. */
  readonly earned: DataLoader<string, Points>;
  /** A customer's discount codes, oldest first. */
  readonly discounts: DataLoader<string, readonly DiscountCode[]>;
  private readonly invitees: DataLoader<InviteesKey, readonly Referral[], string>;

  constructor({ database }: Pick<App, 'database'>) {
    this.referral = byCustomer((ids) => readReferralsOf(database, ids), null);
    this.earned = byCustomer((ids) => readPointsEarned(database, ids), 0);
    this.discounts = byCustomer((ids) => readDiscountCodes(database, ids), []);
    this.invitees = pages((ids, page) => readInvitees(database, ids, page));
  }

  /** A page of whom a customer referred, latest first, from before a place. */
  async inviteesPage(
    customerId: string,
    before: ReferralPlace | null,
    size: number,
  ): Promise<Page<Referral>> {
    return pageOf(await this.invitees.load({ customerId, before, limit: size + 1 }), size);
  }
}

function byCustomer<V, N>(
  read: (ids: readonly string[]) => Promise<ReadonlyMap<string, V>>,
  none: N,
): DataLoader<string, V | N> {
  return new DataLoader<string, V | N>(async (ids) => {
    const found = await read(ids);
    return ids.map((id) => found.get(id) ?? none);
  });
}
