import type { DataSource } from 'typeorm';
import { inTransaction } from '../database/transaction';
import type { Instant } from '../kernel/time';
import { readEndings } from '../ledger/people';
import type { Programs } from '../programs/programs';
import type { ProgramCode, Terms } from '../programs/terms';
import { readHistory, readKnown } from './history';
import { type Differences, Replay } from './replay';
import { RulesOfThen } from './rules';
import { readTally, type Tally, tallyOf } from './tally';

/** What a program's books are, and what they would be. */
export interface WhatIf {
  readonly today: ReadonlyMap<ProgramCode, Tally>;
  readonly otherwise: ReadonlyMap<ProgramCode, Tally>;
  readonly differences: Differences;
  /** How much was told again. */
  readonly told: number;
}

/**
 * Tells the whole history again as if a program had had other versions of its terms, up to `at`; under the published ones
 * where `replaced` is null, and then both sides are the same to the point. Holds all accounts and lots in memory.
 */
export async function whatIf(
  database: DataSource,
  programs: Programs,
  replaced: { readonly code: ProgramCode; readonly versions: readonly Terms[] } | null,
  at: Instant,
): Promise<WhatIf> {
  await programs.renew();
  const known = await readKnown(database);
  const endings = await inTransaction(database, readEndings);
  const rules = new RulesOfThen(programs, replaced);
  const replay = new Replay(rules, known, [...endings.values()]);
  let told = 0;
  await readHistory(database, (page) => {
    for (const asked of page) replay.tell(asked);
    told += page.length;
  });
  replay.end(at);
  return {
    today: await readTally(database, (program, version) => programs.terms(program, version)),
    otherwise: tallyOf(replay.books, (program, version) => rules.terms(program, version)),
    differences: replay.differences,
    told,
  };
}
