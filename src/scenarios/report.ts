import { type Problem, show } from './format';
import type { Difference } from './run';

/** What became of one scenario file. */
export interface Outcome {
  readonly file: string;
  /** Null where the file is malformed. */
  readonly title: string | null;
  readonly outcome: 'passed' | 'failed' | 'malformed';
  readonly steps: number;
  readonly milliseconds: number;
  readonly differences: readonly Difference[];
  /** What is wrong with a malformed file. */
  readonly problems: readonly Problem[];
}

/** How many came out how. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly malformed: number;
}

/** Counts outcomes. */
export function tally(outcomes: readonly Outcome[]): Tally {
  const count = (wanted: Outcome['outcome']) =>
    outcomes.filter(({ outcome }) => outcome === wanted).length;
  return { passed: count('passed'), failed: count('failed'), malformed: count('malformed') };
}

/** The lines that tell of one scenario: one, and one for each difference or problem. */
export function linesOf(outcome: Outcome): string[] {
  const { file, steps, milliseconds } = outcome;
  const seconds = (milliseconds / 1000).toFixed(2);
  const about = outcome.title === null ? '' : `  ${outcome.title} (${steps} steps, ${seconds} s)`;
  return [
    `${outcome.outcome.padEnd(9)}  ${file}${about}`,
    ...outcome.differences.map(
      ({ step, what, field, expected, actual }) =>
        `  ${file}: ${step === null ? what : `step ${step} (${what})`}: ${field}: expected ${show(expected)}, actual ${show(actual)}`,
    ),
    ...outcome.problems.map(({ step, field, expected, actual }) => {
      const where = [file, step === null ? null : `step ${step}`, field].filter(Boolean).join(': ');
      return `  ${where}: expected ${expected}, found ${actual}`;
    }),
  ];
}

/** The last line: how many passed and how many failed. */
export function closingLine({ passed, failed, malformed }: Tally): string {
  const ended = `${passed} passed, ${failed} failed`;
  return malformed === 0 ? ended : `${malformed} malformed\n${ended}`;
}
