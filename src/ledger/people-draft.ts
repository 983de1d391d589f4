import { invariant } from '../kernel/errors';
import type { Situation } from './command';
import type { Adjustment, Claim, Objection, Voiding } from './desk';
import type { DiscountCode } from './discount';
import { Draft } from './draft';
import type { Of } from './ledger.writes';
import type { Notification } from './notification';
import type { People } from './people';
import type { Referral } from './referral';
import type { Transfer } from './transfer';

/** What a batch changes besides accounts and orders: referrals, discount codes, transfers, the desk's cases. */
export interface PeopleChanges {
  readonly referrals: readonly Referral[];
  readonly discounts: readonly DiscountCode[];
  readonly transfers: readonly Transfer[];
  readonly adjustments: readonly Adjustment[];
  readonly objections: readonly Objection[];
  readonly claims: readonly Claim[];
  readonly voidings: readonly Voiding[];
  /** Notifications that a channel took. */
  readonly deliveries: readonly Of<Notification>[];
}

/** The part of a situation that is about them. */
type PeopleSituation = Pick<
  Situation,
  | 'ownerOf'
  | 'referral'
  | 'signals'
  | 'keepReferral'
  | 'discounts'
  | 'keepDiscount'
  | 'transfer'
  | 'keepTransfer'
  | 'adjustments'
  | 'keepAdjustment'
  | 'objections'
  | 'keepObjection'
  | 'claims'
  | 'keepClaim'
  | 'keepVoiding'
  | 'notification'
  | 'keepDelivery'
  | 'programEnding'
>;

/** Referrals, discount codes, transfers and cases that a command, or the batch so far, has changed. */
export class PeopleDraft {
  private readonly referrals: Draft<Referral>;
  private readonly discounts: Draft<DiscountCode>;
  private readonly transfers: Draft<Transfer>;
  private readonly adjustments: Draft<Adjustment>;
  private readonly objections: Draft<Objection>;
  private readonly claims: Draft<Claim>;
  private readonly voidings: Draft<Voiding>;
  private readonly deliveries: Draft<Of<Notification>>;

  constructor(over?: PeopleDraft) {
    this.referrals = new Draft(refereeOf, over?.referrals);
    this.discounts = new Draft(discountKey, over?.discounts);
    this.transfers = new Draft(idOf, over?.transfers);
    this.adjustments = new Draft(caseKey, over?.adjustments);
    this.objections = new Draft(caseKey, over?.objections);
    this.claims = new Draft(caseKey, over?.claims);
    this.voidings = new Draft(caseKey, over?.voidings);
    this.deliveries = new Draft(deliveryKey, over?.deliveries);
  }

  /** Takes over what a command's draft holds. */
  take(draft: PeopleDraft): void {
    this.referrals.take(draft.referrals);
    this.discounts.take(draft.discounts);
    this.transfers.take(draft.transfers);
    this.adjustments.take(draft.adjustments);
    this.objections.take(draft.objections);
    this.claims.take(draft.claims);
    this.voidings.take(draft.voidings);
    this.deliveries.take(draft.deliveries);
  }

  referralsOver(loaded: ReadonlyMap<string, Referral>): ReadonlyMap<string, Referral> {
    const changed = this.referrals.changes();
    if (changed.length === 0) return loaded;
    return new Map([...loaded, ...changed.map((it) => [it.refereeId, it] as const)]);
  }

  changes(): PeopleChanges {
    return {
      referrals: this.referrals.changes(),
      discounts: this.discounts.changes(),
      transfers: this.transfers.changes(),
      adjustments: this.adjustments.changes(),
      objections: this.objections.changes(),
      claims: this.claims.changes(),
      voidings: this.voidings.changes(),
      deliveries: this.deliveries.changes(),
    };
  }

  /** How a decision sees them: what was loaded, and what was changed since. */
  people(loaded: People): PeopleSituation {
    const { cases } = loaded;
    return {
      ownerOf: (code) => loaded.codeOwners.get(code) ?? null,
      referral: (id) => this.referrals.get(id) ?? loaded.referrals.get(id) ?? null,
      signals: (id) => loaded.signals.get(id) ?? { recent: 0, registeredBefore: false },
      keepReferral: (referral) => this.referrals.keep(referral),
      discounts: (id) => this.discounts.over(loaded.discounts.get(id) ?? []).filter(isOf(id)),
      keepDiscount: (discount) => this.discounts.keep(discount),
      transfer: (id) => this.transfers.get(id) ?? loaded.transfers.get(id) ?? null,
      keepTransfer: (transfer) => this.transfers.keep(transfer),
      adjustments: (id) => this.adjustments.over(cases.adjustments).filter(isOf(id)),
      keepAdjustment: (adjustment) => this.adjustments.keep(adjustment),
      objections: (id) => this.objections.over(cases.objections).filter(isOf(id)),
      keepObjection: (objection) => this.objections.keep(objection),
      claims: (id) => this.claims.over(cases.claims).filter(isOf(id)),
      keepClaim: (claim) => this.claims.keep(claim),
      keepVoiding: (voiding) => this.voidings.keep(voiding),
      notification: (accountId, number) =>
        (
          this.deliveries.get(pair(accountId, number)) ??
          this.loadedNotice(loaded, accountId, number)
        )?.what ?? null,
      keepDelivery: (accountId, what) => {
        invariant(what.delivered !== null, 'a delivery says when it was');
        this.deliveries.keep({ accountId, what });
      },
      programEnding: (program) => loaded.endings.get(program) ?? null,
    };
  }

  private loadedNotice(
    loaded: People,
    accountId: string,
    number: number,
  ): Of<Notification> | undefined {
    return loaded.notifications.find(
      (it) => it.accountId === accountId && it.what.number === number,
    );
  }
}

function pair(accountId: string, rest: string | number): string {
  return JSON.stringify([accountId, rest]);
}

const refereeOf = ({ refereeId }: Referral) => refereeId;
const idOf = ({ id }: Transfer) => id;
const discountKey = ({ accountId, code }: DiscountCode) => pair(accountId, code);
const deliveryKey = ({ accountId, what }: Of<Notification>) => pair(accountId, what.number);

function caseKey({ accountId, number }: { accountId: string; number: number }): string {
  return pair(accountId, number);
}

function isOf(id: string): (thing: { readonly accountId: string }) => boolean {
  return ({ accountId }) => accountId === id;
}
