import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  type Comparison,
  compareRollups,
  type RollupDifference,
} from '../analytics/compare-rollups';
import { beginGeneration, type Rolling, rollUpStep } from '../analytics/roll-up';
import { isStanding, type Progress, readProgress } from '../analytics/roll-up.store';
import { loadConfig } from '../config';
import { clockSql } from '../database/clock';
import { inTransaction } from '../database/transaction';
import { type Desk, EXIT, runCommand, UsageError } from './operator';

const USAGE = `Usage: npm run rollups -- --check [--program EU] [--json]
       npm run rollups -- --rebuild`;
/** Entries that are summed at a time: an operator's statements may take longer than the service's. */
const STEP = 500_000;
/** How often it is said how far a rebuild is. */
const TELL_MS = 5_000;
/** How long it waits where a process of the service does the next step. */
const ELSEWHERE_MS = 200;

/**
 * Compares the rollups with what all entries add up to (`--check`), or has them made anew beside those in use while everything
 * serves (`--rebuild`). The exit code is 1 where something differs or the rebuild was interrupted (the service goes on with it, or the same
 * command), 2 where the command could not be run.
 */
export async function rollups(
  desk: Desk,
  args: readonly string[],
  print: (line: string) => void,
  signal: AbortSignal,
  clock = clockSql(loadConfig(process.env).sandbox),
): Promise<number> {
  const values = parse(args);
  if (values.check === values.rebuild) throw new UsageError(USAGE);
  if (values.check) return check(desk, values.program ?? null, values.json, print);
  if (values.program !== undefined || values.json) throw new UsageError(USAGE);
  const tell = (_: object, message: string) => print(message);
  return rebuild({ ...desk, clock, log: { info: tell, warn: tell } }, print, signal);
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        check: { type: 'boolean', default: false },
        rebuild: { type: 'boolean', default: false },
        program: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

async function check(
  { database, programs }: Desk,
  program: string | null,
  json: boolean,
  print: (line: string) => void,
): Promise<number> {
  if (program !== null && !programs.has(program)) {
    throw new UsageError(`There is no program ${program}.`);
  }
  const found = await compareRollups(database, programs, program);
  if (json) print(JSON.stringify({ program, ...found }, null, 2));
  else for (const line of linesOf(found)) print(line);
  return found.generation !== null && found.differing === 0 ? EXIT.whole : EXIT.broken;
}

function linesOf({ generation, rows, differing, differences }: Comparison): string[] {
  if (generation === null) {
    return ['No rollups stand for this cluster yet: the service makes them, or --rebuild does.'];
  }
  const found = differing === 0 ? 'nothing differs' : `${differing} differ`;
  return [
    ...differences.map(lineOf),
    `${rows} rows were added up from the entries and compared with generation ${generation}: ${found}.`,
  ];
}

function lineOf({ table, row, is, should }: RollupDifference): string {
  const what = Object.values(row).filter((value) => value !== '');
  return `${table} ${what.join(' ')}: is ${JSON.stringify(is)}, the entries say ${JSON.stringify(should)}`;
}

async function rebuild(
  app: Rolling,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  await beginGeneration(app);
  let told = Number.NEGATIVE_INFINITY;
  for (;;) {
    const state = await rollUpStep(app, STEP);
    const progress = await inTransaction(app.database, readProgress);
    if (!progress.building && state === 'done') {
      if (!isStanding(progress)) return EXIT.broken;
      print(
        `Generation ${progress.generation} is in use, up to transaction ${progress.watermark}.`,
      );
      return EXIT.whole;
    }
    if (signal.aborted) {
      print('It was interrupted. The service goes on with it, or this command does.');
      return EXIT.broken;
    }
    if (performance.now() - told > TELL_MS) {
      print(placeOf(progress));
      told = performance.now();
    }
    if (state !== 'more') await pause(ELSEWHERE_MS);
  }
}

function placeOf({ building, generation }: Progress): string {
  if (!building) return `Generation ${generation} is in use; what it replaces is deleted.`;
  if (building.walked)
    return `Generation ${building.generation}: all accounts, and what was written meanwhile.`;
  const [shard = 0] = building.place ?? [];
  return `Generation ${building.generation}: the accounts of ${shard} of 256 shards.`;
}

if (require.main === module) {
  void runCommand((desk, print, signal) => rollups(desk, process.argv.slice(2), print, signal));
}
