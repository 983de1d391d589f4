import { RequestError } from '../kernel/errors';
import { dayOf, type Instant } from '../kernel/time';
import type { Breakage } from './accounting-breakage';
import { cohortsAt } from './breakage';
import type { Asked } from './question';
import { byBucket, type Standing, standingsOf } from './standing';
import type { EntrySum, MoveSum, SumRows, Sums } from './sums';

/** Figures of an answer whose entries are listed, at most. */
const LISTS_MAX = 20;

/** A bucket, or all of them: what happened in it, and how things stood at its end. */
export interface Period {
  readonly start: Instant;
  /** The first instant afterwards. */
  readonly end: Instant;
  /** Where its end lies, or how far the answer goes where that is earlier. */
  readonly at: Instant;
  readonly sums: SumRows;
  /** What of `sums` no entry shows. */
  readonly unbooked: SumRows;
  readonly standing: Standing;
  /** What of `standing` no entry shows. */
  readonly unbookedStanding: Standing;
  /** What became of the lots that ran out in the twelve months before. */
  readonly cohort: Breakage | null;
}

/** The answer to one question: its sums are read when the first field needs them, once, and all fields are made of them. */
export class Answer {
  private lists = 0;
  private reading: Promise<Sums> | null = null;
  private telling: Promise<readonly Period[]> | null = null;

  constructor(
    readonly asked: Asked,
    private readonly read: () => Promise<Sums>,
  ) {}

  /** The sums by bucket; the parts that the operation asks nothing of are empty. */
  sums(): Promise<Sums> {
    this.reading ??= this.read();
    return this.reading;
  }

  /** Counts a list of entries that is read for this answer. BAD_USER_INPUT where there are too many. */
  countList(): void {
    this.lists += 1;
    if (this.lists <= LISTS_MAX) return;
    throw new RequestError(
      'BAD_USER_INPUT',
      `An answer lists the entries of at most ${LISTS_MAX} figures: ask for them figure by figure.`,
    );
  }

  /** The buckets, ascending. */
  periods(): Promise<readonly Period[]> {
    this.telling ??= this.sums().then((sums) => periodsOf(this.asked, sums));
    return this.telling;
  }

  /** The bucket that starts at `start`. */
  async period(start: Instant): Promise<Period> {
    return (await this.periods()).find((period) => period.start === start)!;
  }

  /** All buckets as one. */
  async whole(): Promise<Period> {
    const periods = await this.periods();
    const last = periods.at(-1)!;
    return {
      ...last,
      start: this.asked.question.from,
      sums: together(periods.map(({ sums }) => sums)),
      unbooked: together(periods.map(({ unbooked }) => unbooked)),
    };
  }
}

function periodsOf({ question, starts, asOf, zone }: Asked, sums: Sums): Period[] {
  const standings = standingsOf(sums, starts).closing;
  const unbookedStandings = standingsOf(sums.unbooked, starts).closing;
  const booked = inBuckets(sums);
  const unbooked = inBuckets(sums.unbooked);
  const bounds = starts.map((start, i) => {
    const end = starts[i + 1] ?? question.to;
    const at = Math.min(end, asOf);
    return { start, end, at, bucket: start, month: dayOf(at - 1, zone).slice(0, 7) };
  });
  const cohorts = cohortsAt(sums.moves, bounds);
  return bounds.map(({ start, end, at }) => ({
    ...{ start, end, at },
    sums: booked(start),
    unbooked: unbooked(start),
    standing: standings.get(start)!,
    unbookedStanding: unbookedStandings.get(start)!,
    cohort: cohorts.get(start) ?? null,
  }));
}

function inBuckets({ moves, entries }: SumRows): (bucket: Instant) => SumRows {
  const [movesIn, entriesIn] = [byBucket<MoveSum>(moves), byBucket<EntrySum>(entries)];
  return (bucket) => ({
    moves: movesIn.get(bucket) ?? [],
    entries: entriesIn.get(bucket) ?? [],
  });
}

function together(parts: readonly SumRows[]): SumRows {
  return {
    moves: parts.flatMap(({ moves }) => moves),
    entries: parts.flatMap(({ entries }) => entries),
  };
}
