import { RequestError } from '../kernel/errors';
import { formatInstant, type Instant, parseInstant } from '../kernel/time';
import type { Programs } from '../programs/programs';
import type { ProgramCode } from '../programs/terms';
import { bucketStarts, type Grain, type Question } from './sums';

/** Buckets of an answer at most. */
export const BUCKETS_MAX = 1_000;
/** The years 2000 to 2199: what lies beyond is a mistake, and calendars of zones say nothing sure of it. */
const FIRST: Instant = parseInstant('2000-01-01T00:00:00Z')!;
const LAST: Instant = parseInstant('2199-12-31T23:59:59.999Z')!;

/** What somebody asks of a program's points. */
export interface Wish {
  readonly program: ProgramCode;
  readonly from: Instant;
  readonly to: Instant;
  readonly by: Grain;
  /** Null: now. */
  readonly asOf: Instant | null;
}

/** KNOWN and RECORDED as of sums; PROJECTED: what is known, and what will be where nobody spends. */
export type AnswerBasis = 'KNOWN' | 'RECORDED' | 'PROJECTED';

/** A question that can be answered. */
export interface Asked {
  /** What is read of the books. */
  readonly question: Question & { readonly by: Grain };
  readonly basis: AnswerBasis;
  /** The instant that the answer speaks of. */
  readonly asOf: Instant;
  /** The program's. */
  readonly zone: string;
  /** The starts of the buckets, ascending; the first is `from`. */
  readonly starts: readonly Instant[];
}

/**
 * The question that a wish comes to at `now`. A past `asOf` asks what the books said then, a future one what will be left.
 * BAD_USER_INPUT where the program is unknown, the period is empty or reversed, an instant is not of the years 2000 to 2199, or
 * there are more than 1,000 buckets.
 */
export function askedAt(programs: Programs, wish: Wish, now: Instant): Asked {
  const { program, from, to, by } = wish;
  const zone = programs.versions(program).at(-1)?.terms.zone;
  if (zone === undefined) refuse(`There is no program ${program}.`);
  for (const name of ['from', 'to', 'asOf'] as const) {
    const at = wish[name];
    if (at !== null && (at < FIRST || at > LAST)) {
      refuse(`${name} is an instant of the years 2000 to 2199, not ${formatInstant(at)}.`);
    }
  }
  if (from >= to) refuse('from is an instant before to.');
  const starts = bucketStarts(zone, by, from, to, BUCKETS_MAX + 1);
  if (starts.length > BUCKETS_MAX) {
    refuse(`That is more than ${BUCKETS_MAX} buckets: ask for larger ones, or a shorter period.`);
  }
  const asOf = wish.asOf ?? now;
  const basis = asOf < now ? 'RECORDED' : asOf > now ? 'PROJECTED' : 'KNOWN';
  const question: Asked['question'] = {
    ...{ program, by, from, to },
    ...{ basis: basis === 'RECORDED' ? basis : 'KNOWN', asOf: basis === 'KNOWN' ? null : asOf },
  };
  return { question, basis, asOf, zone, starts };
}

/** The same with all that is known by now of what was true at `asOf`; null where that is what was asked for. */
export function knownNow(asked: Asked): Asked | null {
  const { basis, question, asOf } = asked;
  if (basis !== 'RECORDED') return null;
  return { ...asked, basis: 'KNOWN', question: { ...question, basis: 'KNOWN', asOf } };
}

function refuse(message: string): never {
  throw new RequestError('BAD_USER_INPUT', message);
}
