import { createHash } from 'node:crypto';

/** Chance that repeats itself: the same seed gives the same year. */
export class Chance {
  private drawn = 0;

  constructor(private readonly seed: string) {}

  /** From 0 up to, not including, 1. */
  next(): number {
    this.drawn += 1;
    const digest = createHash('sha256').update(`${this.seed} ${this.drawn}`).digest();
    return digest.readUInt32BE(0) / 2 ** 32;
  }

  /** Whether something of this probability happens. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** From `low` up to, not including, `high`. */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  /** A factor around 1, rarely far from it, never 0: how prices spread. */
  spread(): number {
    const bell = this.next() + this.next() + this.next() + this.next() - 2;
    return Math.exp(bell * 1.6);
  }
}
