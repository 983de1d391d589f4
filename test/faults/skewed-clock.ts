/**
 * Loaded into a server under test: SIGUSR2 makes the process believe in another date, each time another one. What is
 * measured (performance.now, timers) goes on, as on a machine whose clock somebody set.
 */
const DAY_MS = 86_400_000;
const JUMPS_MS = [400 * DAY_MS, -400 * DAY_MS, -3_600_000, 90_000, 0];

const RealDate = Date;
let skew = 0;
let jumps = 0;

class SkewedDate extends RealDate {
  constructor(...args: [] | [number | string | Date]) {
    super(...((args.length === 0 ? [RealDate.now() + skew] : args) as [number]));
  }

  static override now(): number {
    return RealDate.now() + skew;
  }
}

// Called without new, a Date is a text.
globalThis.Date = new Proxy(SkewedDate, {
  apply: () => new SkewedDate().toString(),
}) as unknown as DateConstructor;

process.on('SIGUSR2', () => {
  skew = JUMPS_MS[jumps % JUMPS_MS.length] ?? 0;
  jumps += 1;
});

export {};
