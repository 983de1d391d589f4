import 'reflect-metadata';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compile } from './compile';
import { DATABASE_FAULTS } from './database-faults';
import type { Fault } from './fault';
import { summary } from './report';
import { type RunResult, run } from './run';
import { SABOTAGES, type Sabotage } from './sabotage';
import { SERVICE_FAULTS } from './service-faults';
import { strikeAll } from './stage';

const USAGE = `npm run faults -- [--seed 1] [--minutes 3] [--only "kill -9 of a server,deadlock bait"] [--sockets 500]
npm run faults -- --sabotage lock|key|order [--seed 1]`;
const FOLDER = resolve(__dirname, '../../.data/faults');
/** What of the time the small disk gets, and at most, in seconds. */
const SMALL_DISK_SHARE = 0.15;
const SMALL_DISK_MAX_S = 60;
/** A sabotaged service is found out in this time. */
const SABOTAGE_S = 25;
/** What a sabotaged service does not settle by then it never does, in milliseconds. */
const SABOTAGE_REST_MS = 10_000;
/** How long an unharmed one may take, in milliseconds. */
const REST_MS = 120_000;

interface Wish {
  readonly seed: number;
  readonly seconds: number;
  readonly sockets: number;
  readonly faults: readonly Fault[];
}

function wish(values: Record<string, string | undefined>): Wish {
  const seconds = Number(values.seconds ?? Number(values.minutes ?? 3) * 60);
  const seed = Number(values.seed ?? 1);
  const only = values.only?.split(',').map((name) => name.trim());
  const all = [...DATABASE_FAULTS, ...SERVICE_FAULTS];
  const unknown = only?.filter((name) => !all.some((fault) => fault.name === name)) ?? [];
  if (!(seconds > 0) || !Number.isSafeInteger(seed) || unknown.length > 0) {
    const names = all.map(({ name }) => `  ${name}`).join('\n');
    throw new Error(
      `${unknown.map((name) => `There is no fault "${name}".\n`)}${USAGE}\nFaults:\n${names}`,
    );
  }
  const faults = only ? all.filter(({ name }) => only.includes(name)) : all;
  const sockets = Number(values.sockets ?? (seconds > 600 ? 5_000 : 500));
  return { seed, seconds, sockets, faults };
}

/** The long run on a disk of this machine, then a short one on a small disk that gets full. */
async function runAll({ seed, seconds, sockets, faults }: Wish): Promise<boolean> {
  const compiled = compile();
  const folder = freshFolder(`seed-${seed}`);
  const results: RunResult[] = [];
  const common = { seed, compiled, sockets, folder, tell, restMs: REST_MS };
  try {
    const onSmallDisk = faults.filter((fault) => fault.onSmallDisk);
    const small = onSmallDisk.length > 0 && isRoot() ? smallDiskSeconds(seconds) : 0;
    const others = faults.filter((fault) => !fault.onSmallDisk);
    if (others.length > 0) {
      tell(`Seed ${seed}: ${Math.round(seconds - small)} s, two servers`);
      const both = { servers: 2, isDiskSmall: false, clients: [2, 8] as const };
      results.push(await run({ ...common, ...both, seconds: seconds - small, faults: others }));
    }
    if (small > 0) {
      tell(`Seed ${seed}: ${Math.round(small)} s, one server on a small disk`);
      const one = { servers: 1, isDiskSmall: true, clients: [1, 6] as const };
      results.push(await run({ ...common, ...one, seconds: small, faults: onSmallDisk }));
    } else if (onSmallDisk.length > 0) {
      tell('Skipped: disk full. It needs root, to mount a small disk.');
    }
  } finally {
    compiled.remove();
  }
  const violations = results.flatMap(({ verdict }) => verdict.violations);
  const file = join(folder, 'result.json');
  writeFileSync(file, JSON.stringify({ seed, seconds, results }, null, 1));
  tell(summary(seed, results));
  tell(`Written to ${relative(process.cwd(), file)}, with the histories.`);
  if (violations.length > 0) tell(`Again: npm run faults -- --seed ${seed} --seconds ${seconds}`);
  return violations.length === 0;
}

function smallDiskSeconds(seconds: number): number {
  return Math.min(SMALL_DISK_MAX_S, Math.max(8, seconds * SMALL_DISK_SHARE));
}

/** Runs a service from which one safeguard was taken. True where the checker finds out. */
async function runSabotaged(name: string, seed: number): Promise<boolean> {
  const sabotage: Sabotage | undefined = SABOTAGES[name];
  if (!sabotage) throw new Error(`There is no sabotage "${name}".\n${USAGE}`);
  const { what, patches, prepare, breaks } = sabotage;
  tell(`Sabotage "${name}": ${what}`);
  const compiled = compile(patches);
  const folder = freshFolder(`sabotage-${name}`);
  try {
    const place = { servers: 2, isDiskSmall: false, clients: [2, 10] as const, sockets: 0 };
    const faults = DATABASE_FAULTS.filter((fault) => sabotage.faults.includes(fault.name));
    const limits = { seconds: SABOTAGE_S, restMs: SABOTAGE_REST_MS };
    const common = { seed, compiled, folder, tell, faults, ...limits };
    const result = await run({ ...common, ...place, ...(prepare ? { prepare } : {}) });
    writeFileSync(join(folder, 'result.json'), JSON.stringify({ name, seed, result }, null, 1));
    tell(summary(seed, [result]));
    const isFound = result.verdict.violations.some(({ promise }) => promise === breaks);
    tell(
      isFound
        ? `Found out, as it should be: "${breaks}" is broken.`
        : `NOT found out: "${breaks}" should be broken.`,
    );
    return isFound;
  } finally {
    compiled.remove();
  }
}

function freshFolder(name: string): string {
  const folder = join(FOLDER, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<boolean> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      seed: text,
      minutes: text,
      seconds: text,
      only: text,
      sockets: text,
      sabotage: text,
    },
  });
  if (values.sabotage !== undefined) return runSabotaged(values.sabotage, Number(values.seed ?? 1));
  return runAll(wish(values));
}

/** Told to end: nothing is left running, or mounted. */
async function interrupted(signal: NodeJS.Signals): Promise<void> {
  tell(`${signal}: cleaning up`);
  await strikeAll();
  process.exit(2);
}

process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
main().then(
  (isWell) => process.exit(isWell ? 0 : 1),
  (error: Error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`);
    process.exit(2);
  },
);
