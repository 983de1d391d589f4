import type { Instant } from '../../src/kernel/time';
import type { Account } from '../../src/ledger/account';
import type { EntryKind } from '../../src/ledger/entry';
import type { Lot } from '../../src/ledger/lot';
import type { Order } from '../../src/ledger/order';
import type { Redemption } from '../../src/ledger/redemption';
import type { Rules } from '../../src/ledger/rules';
import type { Answer, Attempt } from './history';

/** What the database says when everything is over. */
export interface Rows {
  /** Of `answers` and of the inbox, with the clock as it was under the locks. */
  readonly answers: readonly {
    readonly cause: string;
    readonly at: Instant;
    readonly answer: Answer;
  }[];
  readonly accounts: readonly Account[];
  readonly lots: readonly { readonly accountId: string; readonly what: Lot }[];
  readonly redemptions: readonly { readonly accountId: string; readonly what: Redemption }[];
  readonly orders: readonly Order[];
  /** By account and sequence. */
  readonly entries: readonly EntryLine[];
  readonly messages: readonly {
    readonly accountId: string;
    readonly number: number;
    readonly state: string;
  }[];
  /** Invariants of the ledger that rows break, in words. */
  readonly broken: readonly string[];
}

/** What of an entry is compared. */
export interface EntryLine {
  readonly accountId: string;
  readonly sequence: number;
  readonly kind: EntryKind;
  readonly cause: string;
  readonly recordedAt: Instant;
  readonly availableChange: number;
  readonly heldChange: number;
  readonly owedChange: number;
  readonly availableAfter: number;
  readonly heldAfter: number;
  readonly owedAfter: number;
}

/** What one subscriber saw, across all its connections. */
export interface Watch {
  readonly name: string;
  readonly accountId: string;
  /** The sequence it asked to go on after, at first. */
  readonly after: number;
  readonly seen: readonly { readonly sequence: number; readonly available: number }[];
}

/** Everything the checker judges by. */
export interface Evidence {
  readonly history: readonly Attempt[];
  readonly rows: Rows;
  readonly watches: readonly Watch[];
  /** What the platform received, in order of arrival; null where nothing was told to it. */
  readonly received: readonly { readonly accountId: string; readonly number: number }[] | null;
  readonly rules: Rules;
  /** Under which signals and digests are keyed. */
  readonly signalKey: string;
}

/** Something that must not be. */
export interface Violation {
  /** Which promise is broken. */
  readonly promise:
    | 'acknowledged'
    | 'asked'
    | 'resolved'
    | 'once'
    | 'same answer'
    | 'sequence'
    | 'real time'
    | 'replay'
    | 'subscription'
    | 'webhook'
    | 'invariant'
    | 'service';
  readonly detail: string;
}
