import type { Instant } from '../kernel/time';
import type { ProgramCode } from '../programs/terms';

/** A program that is discontinued for everyone (R2.5). */
export interface ProgramEnding {
  readonly program: ProgramCode;
  /** The first instant after its end: for good cause that of the announcement. */
  readonly endsAt: Instant;
  /** The first instant after the redemption window; for good cause the same as `endsAt`. */
  readonly redeemUntil: Instant;
  readonly goodCause: boolean;
  readonly reason: string;
  readonly announcedAt: Instant;
  readonly announcedBy: string;
}
