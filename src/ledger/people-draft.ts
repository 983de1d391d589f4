import type { Situation } from './command';
import type { DiscountCode } from './discount';
import type { People } from './people';
import type { Referral } from './referral';
import type { Transfer } from './transfer';

/** Referrals, discount codes and transfers that a command, or the batch so far, has changed; over what was loaded. */
export class PeopleDraft {
  private readonly referrals: Map<string, Referral>;
  private readonly discounts: Map<string, DiscountCode>;
  private readonly transfers: Map<string, Transfer>;

  constructor(over?: PeopleDraft) {
    this.referrals = new Map(over?.referrals);
    this.discounts = new Map(over?.discounts);
    this.transfers = new Map(over?.transfers);
  }

  /** Takes over what a command's draft holds. */
  take(draft: PeopleDraft): void {
    for (const [id, referral] of draft.referrals) this.referrals.set(id, referral);
    for (const [key, discount] of draft.discounts) this.discounts.set(key, discount);
    for (const [id, transfer] of draft.transfers) this.transfers.set(id, transfer);
  }

  referralsOver(loaded: ReadonlyMap<string, Referral>): ReadonlyMap<string, Referral> {
    return this.referrals.size === 0 ? loaded : new Map([...loaded, ...this.referrals]);
  }

  changes(): { referrals: Referral[]; discounts: DiscountCode[]; transfers: Transfer[] } {
    return {
      referrals: [...this.referrals.values()],
      discounts: [...this.discounts.values()],
      transfers: [...this.transfers.values()],
    };
  }

  /** The part of a situation that is about them. */
  people(
    loaded: People,
  ): Pick<
    Situation,
    | 'ownerOf'
    | 'referral'
    | 'signals'
    | 'keepReferral'
    | 'discounts'
    | 'keepDiscount'
    | 'transfer'
    | 'keepTransfer'
    | 'programEnding'
  > {
    return {
      ownerOf: (code) => loaded.codeOwners.get(code) ?? null,
      referral: (id) => this.referrals.get(id) ?? loaded.referrals.get(id) ?? null,
      signals: (id) => loaded.signals.get(id) ?? { recent: 0, registeredBefore: false },
      keepReferral: (referral) => {
        this.referrals.set(referral.refereeId, referral);
      },
      discounts: (id) => this.discountsOf(id, loaded.discounts.get(id) ?? []),
      keepDiscount: (discount) => {
        this.discounts.set(keyOf(discount), discount);
      },
      transfer: (id) => this.transfers.get(id) ?? loaded.transfers.get(id) ?? null,
      keepTransfer: (transfer) => {
        this.transfers.set(transfer.id, transfer);
      },
      programEnding: (program) => loaded.endings.get(program) ?? null,
    };
  }

  private discountsOf(accountId: string, loaded: readonly DiscountCode[]): DiscountCode[] {
    const all = new Map(loaded.map((discount) => [keyOf(discount), discount]));
    for (const [key, discount] of this.discounts) {
      if (discount.accountId === accountId) all.set(key, discount);
    }
    return [...all.values()];
  }
}

function keyOf({ accountId, code }: DiscountCode): string {
  return JSON.stringify([accountId, code]);
}
