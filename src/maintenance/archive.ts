import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { formatInstant, type Instant, parseInstant } from '../kernel/time';
import type { Intervention } from '../ledger/freeze';
import {
  type Age,
  type Archivable,
  type Archived,
  archiveSome,
  countArchivable,
  finishRun,
  nextAccounts,
  startRun,
} from './archive.store';
import { type Desk, EXIT, operatorName, reasonGiven, runCommand, UsageError } from './operator';

const USAGE = `Usage: npm run archive -- --before 2025-01-01 [--program EU] --reason TEXT [--by NAME]
       npm run archive -- --before 2025-01-01 [--program EU] --dry-run`;
/** How often it comes back to accounts that somebody else had locked, and how long it waits before, in milliseconds. */
const ROUNDS = 5;
const PAUSE_MS = 500;
const NOTHING: Archived = { accounts: 0, entries: 0, allocations: 0 };

/**
 * Moves what was recorded before an instant into the archive, account by account, while the service serves; or counts what it
 * would move (`--dry-run`). Frozen accounts are left alone, and so is what a hold that nobody has decided needs. It may be
 * interrupted or killed at any time, and run again. The exit code is 1 where it was interrupted or accounts were busy all
 * the time, 2 where the command could not be run.
 */
export async function archive(
  { database, programs }: Desk,
  args: readonly string[],
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const values = parse(args);
  const { program = null } = values;
  if (program !== null && !programs.has(program)) {
    throw new UsageError(`There is no program ${program}.`);
  }
  const age = { before: instantOf(values.before), program };
  if (values['dry-run']) return rehearse(database, age, print, signal);
  const by = { actor: operatorName(values.by), reason: reasonGiven(values.reason) };
  return archiveBefore(database, age, by, print, signal);
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        before: { type: 'string' },
        program: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        reason: { type: 'string' },
        by: { type: 'string' },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

/** A day stands for its first instant in UTC. */
function instantOf(given: string | undefined): Instant {
  if (given === undefined) throw new UsageError(USAGE);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(given);
  const at = parseInstant(isDay ? `${given}T00:00:00Z` : given);
  if (at === null) {
    throw new UsageError(`--before takes a day or an instant, such as 2025-01-01, not ${given}.`);
  }
  if (at <= Date.now()) return at;
  throw new UsageError(`--before ${given} is still to come: only what lies behind is archived.`);
}

/** The accounts that have something to archive, page by page. */
async function* archivable(
  database: DataSource,
  age: Age,
  signal: AbortSignal,
): AsyncGenerator<readonly Archivable[]> {
  let after: Archivable | null = null;
  while (!signal.aborted) {
    const page: Awaited<ReturnType<typeof nextAccounts>> = await nextAccounts(database, age, after);
    if (page.length === 0) return;
    yield page.filter(({ isDue }) => isDue);
    after = page.at(-1)!;
  }
}

async function rehearse(
  database: DataSource,
  age: Age,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  let sum = NOTHING;
  for await (const page of archivable(database, age, signal)) {
    sum = plus(sum, await countArchivable(database, age, page));
  }
  print(`${told(sum)} would be archived${signal.aborted ? '; it was interrupted.' : '.'}`);
  return signal.aborted ? EXIT.broken : EXIT.whole;
}

/** The same with nothing to be read from a command line. */
export async function archiveBefore(
  database: DataSource,
  age: Age,
  by: Intervention,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const number = await startRun(database, age, by);
  let sum = NOTHING;
  let busy: Archivable[] = [];
  const moveAll = async (accounts: readonly Archivable[]) => {
    const left: Archivable[] = [];
    for (const account of accounts) {
      const { moved, isBusy } = await moveAccount(database, { number, ...age }, account, signal);
      sum = plus(sum, moved);
      if (isBusy) left.push(account);
    }
    return left;
  };
  for await (const page of archivable(database, age, signal)) {
    busy = [...busy, ...(await moveAll(page))];
  }
  for (let round = 1; busy.length > 0 && round <= ROUNDS && !signal.aborted; round += 1) {
    await pause(PAUSE_MS);
    busy = await moveAll(busy);
  }
  if (!signal.aborted) await finishRun(database, number);
  const left =
    busy.length === 0 ? '' : ` ${busy.length} accounts were busy: run it again for them.`;
  const rest = signal.aborted ? ' It was interrupted: run it again for the rest.' : '';
  const before = formatInstant(age.before);
  print(`${told(sum)} were archived, recorded before ${before} (run ${number}).${left}${rest}`);
  return busy.length === 0 && !signal.aborted ? EXIT.whole : EXIT.broken;
}

/** All of an account, a bounded number of entries in each transaction. */
async function moveAccount(
  database: DataSource,
  run: Age & { readonly number: number },
  account: Archivable,
  signal: AbortSignal,
): Promise<{ moved: Archived; isBusy: boolean }> {
  let moved = NOTHING;
  while (!signal.aborted) {
    const some = await archiveSome(database, run, account);
    if (some === null) return { moved, isBusy: true };
    moved = plus(moved, { ...some, accounts: moved.accounts === 0 ? some.accounts : 0 });
    if (!some.isMore) break;
  }
  return { moved, isBusy: false };
}

function plus(a: Archived, b: Archived): Archived {
  return {
    accounts: a.accounts + b.accounts,
    entries: a.entries + b.entries,
    allocations: a.allocations + b.allocations,
  };
}

function told({ accounts, entries, allocations }: Archived): string {
  return `${entries} entries and ${allocations} allocations of ${accounts} accounts`;
}

if (require.main === module) {
  void runCommand((desk, print, signal) => archive(desk, process.argv.slice(2), print, signal));
}
