import type { Plan, Server, Spread } from './harness';

/** One thing that is measured beside its peers; `npm run bench -- --only <name>` runs it alone. */
export interface Row {
  /** What it is called on the command line, and its file in results/. */
  readonly name: string;
  /** One line: what is measured. */
  readonly about: string;
  /** Whether it fills books of its own: a quick run measures it only where it is named. */
  readonly hasOwnBooks?: true;
  /** Measures, prints a table, and fails where an answer is wrong or books do not balance. */
  run(bench: Bench): Promise<Outcome>;
}

export interface Bench {
  readonly plan: Plan;
  /** The run's PostgreSQL with the filled books, started by whoever asks first and shared by all rows. */
  server(): Promise<Server>;
}

export interface Outcome {
  readonly figures: readonly Figure[];
  /** Each single measurement, for the file. */
  readonly samples: object;
}

/** What was measured as a ratio of what it was measured beside in the same run, or in a unit of its own. */
export interface Figure {
  readonly what: string;
  readonly beside: string;
  readonly ratio: Spread;
  /** Where it is no ratio: what it is measured in. */
  readonly unit?: 'ms';
  readonly target: { readonly atLeast: number } | { readonly atMost: number };
}

/** Whether the median meets the target. */
export function isMet({ ratio, target }: Figure): boolean {
  return 'atLeast' in target ? ratio.median >= target.atLeast : ratio.median <= target.atMost;
}
