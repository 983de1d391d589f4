import type { Refusal } from '../kernel/errors';
import type { Instant } from '../kernel/time';
import type { Campaign } from '../programs/campaign';
import type { ProgramCode, PublishedTerms, Terms } from '../programs/terms';
import type { Account, RegisteredAccount } from './account';
import type { Book } from './book';
import type { Adjustment, Claim, Objection, Voiding } from './desk';
import type { DiscountCode } from './discount';
import type { Entry } from './entry';
import type { Member } from './member';
import type { Notification } from './notification';
import type { Order } from './order';
import type { ProgramEnding } from './program-ending';
import type { Referral, ReferralSignals } from './referral';
import type { Transfer } from './transfer';

/**
 * Something that may change points. It names what it concerns, so that the door can lock and load it, and
 * decides: a pure function of what was loaded, the instant and the terms. It may be decided more than once
 * (a batch is repeated after a conflict), and only the last one counts.
 */
export interface Command<A extends object> {
  /** Names it in logs, stored answers and entries: `redeemXPoints`, `order.paid`, `bookDue` … */
  readonly operation: string;
  /** Who asks; stands on every entry. */
  readonly actor: string;
  /** What makes a repetition known; absent for what may simply be done again. */
  readonly seen?: SeenAs;
  /** The customers it names. Commands that share one, or an order, never overtake each other. */
  readonly customers: readonly string[];
  /** The order it concerns. Where the command neither records nor changes it, only what was captured on it is loaded with it, not by whom. */
  readonly orderId?: string;
  /**
   * Whether it is a fact to record: what it names begins with it where nothing was known, its order's
   * row is locked before any account, and its order's customer is concerned too.
   */
  readonly records?: boolean;
  /**
   * Of a fact: whether, its order being as it stands, it may add points and move none that are there. Then no lots of its
   * customers are read, unless something is due, owed or held.
   */
  onlyAdds?(order: Order | undefined): boolean;
  /** Whether it changes its order, whose row is then locked too, if there is one. */
  readonly changesOrder?: boolean;
  /** Whose orders that are not judged yet are concerned as well: a registration's. */
  readonly waitingOrdersOf?: string;
  /** Whether its customers' profiles are needed. */
  readonly profiles?: boolean;
  /** A redemption of its customer that is named by its number. */
  readonly redemption?: number;
  /** The code of the referral link a registration came through: its owner is concerned too. */
  readonly referralCode?: string;
  /** With `referralCode`: the keyed hash of the registration's e-mail. */
  readonly emailHash?: string | null;
  /** Whether its customers' discount codes and referrals are needed. */
  readonly discounts?: boolean;
  /** A transfer it is about. */
  readonly transferId?: string;
  /** Whether its customers' adjustments, objections and claims are needed. */
  readonly cases?: boolean;
  /** Lots that are needed though they may not be open, with the redemptions that drew on them. */
  readonly lots?: readonly LotOf[];
  /** Notifications it is about. */
  readonly notifications?: readonly { readonly accountId: string; readonly number: number }[];
  /** What the caller asked for, kept beside the answer: the history can be told again (personal: erased with the member). */
  readonly input?: object;
  /** Whether nobody waits for it: it is done beside what callers ask for, a few at a time. */
  readonly background?: boolean;
  /** The trace it belongs to (W3C `traceparent`), which its messages to the platform carry on. Given by the door. */
  readonly traceparent?: string;
  decide(situation: Situation): Outcome<A>;
}

/** A lot of an account. */
export interface LotOf {
  readonly accountId: string;
  readonly lot: number;
}

/** How a command is recognised when it comes again. Kept for good, written with its effect (L8). */
export type SeenAs =
  | {
      readonly in: 'answers';
      readonly account: string;
      readonly key: string;
      /** Of the caller's input: another one under the same key is refused. */
      readonly fingerprint: string;
    }
  | {
      readonly in: 'inbox';
      readonly source: string;
      readonly id: string;
      readonly type: string;
      /** Whom a customer's event is about; null for an order's. */
      readonly customerId: string | null;
      readonly digest: string;
      readonly payload: object;
    };

/** What identifies a command among all that were ever answered. */
export function seenKey(operation: string, seen: SeenAs): string {
  return JSON.stringify(
    seen.in === 'answers' ? [seen.account, operation, seen.key] : [seen.source, seen.id],
  );
}

/** What stands on an entry as its cause: the command, by the key or the event it came with. */
export function causeOf(command: Command<object>): string {
  const { operation, seen } = command;
  if (!seen) return operation;
  return seen.in === 'answers' ? `${operation} ${seen.key}` : `event ${seen.source} ${seen.id}`;
}

/** What a decision is made on: everything as it stands under the locks, brought to the instant. */
export interface Situation {
  /** The clock read after the locks, and never before the last entry of a concerned account. */
  readonly now: Instant;
  /** The order the command concerns, or null where nothing is known of it. */
  readonly order: Order | null;
  /** Orders of `waitingOrdersOf` that are not judged, by placing time, then arrival (R3.7). */
  readonly waitingOrders: readonly Order[];
  /** The terms of a published version. */
  terms(program: ProgramCode, version: number): Terms;
  /** The newest version in effect at an instant, the first one before that; undefined for an unknown program. */
  bindingTerms(program: ProgramCode, at: Instant): Terms | undefined;
  /** A customer's account, stubs included; null where nothing is known of them. */
  account(customerId: string): Account | null;
  /** The working copy of a registered customer's account; null for anybody else. */
  book(customerId: string): Book | null;
  /** Registers a stub: its working copy from now on. */
  register(account: RegisteredAccount): Book;
  /** The number of a customer's next order in order of arrival: 1, 2, 3 … */
  countOrder(customerId: string): number;
  /** What is known of a customer; loaded for commands with `profiles`. */
  member(customerId: string): Member;
  /** Who owns a referral code; null where nobody does. */
  ownerOf(code: string): string | null;
  /** The referral of a referred customer; loaded for commands that record. */
  referral(refereeId: string): Referral | null;
  /** What is compared of a registration through a link. */
  signals(refereeId: string): ReferralSignals;
  keepReferral(referral: Referral): void;
  /** A customer's discount codes, oldest first. */
  discounts(customerId: string): readonly DiscountCode[];
  keepDiscount(discount: DiscountCode): void;
  /** The transfer a command names. */
  transfer(id: string): Transfer | null;
  keepTransfer(transfer: Transfer): void;
  /** A customer's adjustments, objections and claims, by number; loaded for commands with `cases`. */
  adjustments(customerId: string): readonly Adjustment[];
  keepAdjustment(adjustment: Adjustment): void;
  objections(customerId: string): readonly Objection[];
  keepObjection(objection: Objection): void;
  claims(customerId: string): readonly Claim[];
  keepClaim(claim: Claim): void;
  keepVoiding(voiding: Voiding): void;
  /** A notification that the command names; null where there is none. */
  notification(customerId: string, number: number): Notification | null;
  keepDelivery(customerId: string, notification: Notification): void;
  /** The campaigns of a program, by code (R1.5). */
  campaigns(program: ProgramCode): readonly Campaign[];
  /** Every published version of a program's terms, ascending. */
  versions(program: ProgramCode): readonly PublishedTerms[];
  /** How a program that is discontinued ends; null where it goes on (R2.5). */
  programEnding(program: ProgramCode): ProgramEnding | null;
  /** An unguessable code that is easy to read. Chance is an argument, as time is. */
  newCode(): string;
}

/** What a decision leads to, besides what it wrote into the books. A refused one wrote nothing. */
export interface Outcome<A extends object> {
  readonly answer: A | Refusal;
  readonly orders?: readonly Order[];
  readonly members?: readonly Member[];
  readonly setAside?: readonly SetAside[];
  /** Customers whose personal data is erased in the same transaction; the event itself is then not kept either. */
  readonly erase?: readonly string[];
}

/** Why an event was understood and not applied. */
export const SET_ASIDE_REASONS = {
  EVENT_ID_REUSED: 'An event with this source and id came before, with other content.',
  UNKNOWN_PROGRAM: 'No program has this code.',
  AMENDED_AFTER_JUDGED: 'The order was paid and delivered; its net value stands (R3.8).',
  AMENDED_AFTER_CANCELLED: 'The order was cancelled in full, which is final (R3.8).',
  AMENDED_BELOW_CANCELLED: 'The new net value is below what is already cancelled (R3.8).',
  AMENDED_TO_NOTHING: 'An order is not amended to nothing; it is cancelled (R3.8).',
  TOO_MANY_FACTS: 'More facts wait for the placing of this order than are kept.',
  AMOUNT_DOES_NOT_FIT: "The amount has more decimal places than the order's currency.",
} as const;
export type SetAsideReason = keyof typeof SET_ASIDE_REASONS;

/** An event for the desk's list. */
export interface SetAside {
  readonly source: string;
  readonly eventId: string;
  readonly digest: string;
  readonly type: string;
  readonly reason: SetAsideReason;
  readonly orderId: string | null;
  readonly customerId: string | null;
  readonly payload: object;
}

/** The one door of every change of points. */
export interface Ledger {
  /**
   * Runs a command with others that wait, and answers when it is committed (R9.3). A refusal is an answer;
   * what throws left no trace, but where the database was out of reach it may be asked again with the same key.
   */
  execute<A extends object>(command: Command<A>): Promise<A | Refusal>;
  /**
   * What commands would do if they came now, one after the other, and nothing of it: decided by the same functions on the
   * same rows, then rolled back. What throws fails the whole.
   */
  rehearse(commands: readonly Command<object>[]): Promise<Rehearsal>;
  /** Resolves when nothing waits and nothing runs. */
  drain(): Promise<void>;
}

/** What commands would do. */
export interface Rehearsal {
  readonly at: Instant;
  /** In the order of the commands. */
  readonly answers: readonly object[];
  /** Entries they would write, what is due already among them. */
  readonly entries: readonly { readonly accountId: string; readonly what: Entry }[];
  /** Accounts as they stand now and as they would, by id; registered ones that are concerned. */
  readonly before: ReadonlyMap<string, RegisteredAccount>;
  readonly after: ReadonlyMap<string, RegisteredAccount>;
}
