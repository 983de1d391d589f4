import type { App } from '../app';
import { type Connection, inTransaction, readThenWrite } from '../database/transaction';
import { factRules } from './facts';
import {
  addFacts,
  BEGIN_STEP,
  between,
  dropOld,
  foreignUntil,
  isStanding,
  lockProgress,
  type Progress,
  placeAfter,
  transactionsFrom,
  writeProgress,
  writtenBy,
} from './roll-up.store';
import type { Building } from './rollup.row';

/** Entries that are summed at a time: well below what a statement may take. */
const STEP = 20_000;
/** The same of a walk over all: the more, the fewer sums are added to others that are there already. */
const WALK_STEP = 50_000;
/** Rows of a generation nobody reads any more that are deleted with each step. */
const DROPPED = 5_000;
const BUDGET_MS = 10_000;

/** What rolling up needs of the app. `clock` is the SQL expression of the present instant. */
export interface Rolling extends Pick<App, 'database' | 'programs' | 'clock'> {
  readonly log: Record<'info' | 'warn', (facts: object, message: string) => void>;
}

/**
 * Adds up the entries that the rollups do not have yet, whole transactions in their order, each once, step by step until the budget
 * is used: a step is one transaction, so it may break off anywhere. First it goes on with a generation that is being made:
 * after an upgrade, for books from another cluster, or because somebody asked for one (`beginGeneration`). Any number of processes
 * may run it: one works, the others go away. False where there is more to do.
 */
export async function rollUp(
  app: Rolling,
  stopping: AbortSignal,
  budgetMs = BUDGET_MS,
  size?: number,
): Promise<boolean> {
  const deadline = performance.now() + budgetMs;
  await app.programs.renew();
  while (!stopping.aborted) {
    if ((await rollUpStep(app, size)) !== 'more') return true;
    if (performance.now() >= deadline) return false;
  }
  return false;
}

/** One step of it, over so many entries; `elsewhere` where another process is at it. */
export function rollUpStep(app: Rolling, size?: number): Promise<'done' | 'more' | 'elsewhere'> {
  const step = async (connection: Connection, found: Progress | null) => {
    if (found === null) return 'elsewhere';
    const before = await withGeneration(app, connection, found);
    const rules = factRules(app.programs);
    const forward = await goForward(connection, before, rules, size);
    const after = await build(connection, forward, rules, size);
    const dropped = await dropOld(connection, after, DROPPED);
    await writeProgress(connection, after);
    if (before.building && !after.building) {
      app.log.info({ generation: after.generation }, 'The rollups were made anew');
    }
    const isBehind = isStanding(after) && after.watermark < after.horizon;
    return isBuilding(after) || isBehind || dropped > 0 ? 'more' : 'done';
  };
  return readThenWrite(app.database, BEGIN_STEP, lockProgress, step);
}

/**
 * Has a new generation made beside the one in use, which is read and kept until then. Where one is being made already that
 * one goes on. Rolling up does the work.
 */
export function beginGeneration({ database }: Pick<App, 'database'>): Promise<void> {
  return inTransaction(database, async (connection) => {
    const progress = await lockProgress(connection, 'wait');
    if (!progress || isBuilding(progress) || !isStanding(progress)) return;
    await writeProgress(connection, { ...progress, building: fresh(progress, progress.since) });
  });
}

/** Begins a generation where none can be used here: books that were restored from another cluster have its transactions' numbers. */
async function withGeneration(
  { log, clock }: Rolling,
  connection: Connection,
  progress: Progress,
): Promise<Progress> {
  const { here, horizon, cluster } = progress;
  if (isStanding(progress) || isBuilding(progress)) return progress;
  const { since, isOver } = await foreignUntil(connection, horizon, clock);
  if (!isOver) {
    log.warn({ since }, 'The rollups wait until what was restored is a minute old');
    return progress;
  }
  log.warn({ cluster, here }, 'The books come from another cluster: the rollups are made anew');
  return { ...progress, building: fresh(progress, since) };
}

function isBuilding({ building, here }: Progress): boolean {
  return building?.cluster === here;
}

function fresh({ generation, building, horizon, here }: Progress, since: string): Building {
  return {
    generation: Math.max(generation ?? 0, building?.generation ?? 0) + 1,
    ...{ watermark: horizon, since, cluster: here, place: null, walked: false },
  };
}

/** Rolls the next transactions up into the generation in use. */
async function goForward(
  connection: Connection,
  progress: Progress,
  rules: string,
  size?: number,
): Promise<Progress> {
  const { generation, horizon, since } = progress;
  if (generation === null || !isStanding(progress)) return progress;
  const watermark = await follow(connection, rules, { ...progress, generation }, horizon, size);
  return { ...progress, watermark, since };
}

/** Adds the next transactions to a generation; up to which it is complete then. */
async function follow(
  connection: Connection,
  rules: string,
  into: { readonly generation: number; readonly watermark: number; readonly since: string },
  horizon: number,
  size = STEP,
): Promise<number> {
  const { generation, watermark, since } = into;
  if (watermark >= horizon) return watermark;
  const to = await transactionsFrom(connection, watermark, horizon, size);
  await addFacts(connection, rules, generation, writtenBy(watermark, to, since));
  return to;
}

/** Goes on with the generation that is being made: over all accounts first, then transaction by transaction, then it is the one in use. */
async function build(
  connection: Connection,
  progress: Progress,
  rules: string,
  size?: number,
): Promise<Progress> {
  const { building, horizon } = progress;
  if (!building || !isBuilding(progress)) return progress;
  if (!building.walked) {
    const place = await placeAfter(connection, building.place, size ?? WALK_STEP);
    const slice = between(building.place, place, building);
    await addFacts(connection, rules, building.generation, slice);
    return { ...progress, building: { ...building, place, walked: place === null } };
  }
  const watermark = await follow(connection, rules, building, horizon, size);
  if (watermark < horizon) return { ...progress, building: { ...building, watermark } };
  const { generation, since, cluster } = building;
  return { ...progress, generation, watermark, since, cluster, building: null };
}
