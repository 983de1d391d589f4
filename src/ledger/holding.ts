import type { Points } from '../kernel/points';
import type { Instant } from '../kernel/time';
import type { RegisteredAccount } from './account';
import type { Arithmetic, EntryKind } from './entry';
import type { Lot } from './lot';
import type { Move } from './moves';
import type { Redemption, Slice } from './redemption';

/** A redemption with the points of lots that are still its own, in the order they were consumed. */
export interface RedemptionWithSlices extends Redemption {
  readonly slices: readonly Slice[];
}

/**
 * One registered account as it stands: its row, its open lots (others where a command needs them),
 * and its redemptions that are held or on an order that may give points back.
 */
export interface Holding {
  readonly account: RegisteredAccount;
  readonly lots: ReadonlyMap<number, Lot>;
  readonly redemptions: ReadonlyMap<number, RedemptionWithSlices>;
  /** By order: points that were captured on it by redemptions that are not among these. */
  readonly capturedBesides: ReadonlyMap<string, Points>;
  /** Whether its open lots were not read, since nothing can touch them: only new ones are among `lots`. */
  readonly isPartial?: boolean;
}

/** What an entry says besides its moves. */
export interface Posting {
  readonly kind: EntryKind;
  readonly moves: readonly Move[];
  readonly occurredAt: Instant;
  readonly owedChange?: Points;
  readonly turnoverChange?: bigint;
  readonly orderId?: string;
  readonly redemption?: number;
  readonly arithmetic?: Arithmetic;
  /** For what fell due by itself; else the command's. */
  readonly due?: boolean;
}
