import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../../src/config';
import { Chance } from '../../src/demo/chance';
import { canonicalJson } from '../../src/kernel/ids';
import { DAY_MS, MINUTE_MS } from '../../src/kernel/time';
import { rulesOf } from '../../src/ledger/rules';
import { check, type Verdict } from './checker';
import type { Violation } from './evidence';
import { eventually, type Fault } from './fault';
import { type Attempt, causeOf, HistoryFile, readHistory } from './history';
import { type Injected, injectAll, recovery } from './inject';
import type { LoadOrder } from './load';
import { readRows, readUntold } from './rows';
import { Stage, type StageOptions } from './stage';
import { Watcher } from './watch';

/** How often the test clock goes on. */
const TICK_MS = 250;
/** Events of the run that are sent once more when all is over. */
const REPLAYED = 300;

export interface RunOptions extends StageOptions {
  readonly seconds: number;
  readonly faults: readonly Fault[];
  readonly sockets: number;
  /** Processes of clients, and clients of each. */
  readonly clients: readonly [processes: number, each: number];
  /** Where histories are written: a folder. */
  readonly folder: string;
  /** Done to the migrated database before anything starts. */
  readonly prepare?: (stage: Stage) => Promise<void>;
  /**
   * How long after the last fault clients may take to settle what is open, and then everything to come to rest: what the
   * platform did not take is tried again.
   */
  readonly restMs: number;
  readonly tell: (line: string) => void;
}

export interface RunResult {
  readonly injected: readonly Injected[];
  readonly attempts: Readonly<Record<string, number>>;
  /** What clients did to their own requests and events, by kind. */
  readonly mischief: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly verdict: Verdict;
  readonly entries: number;
  readonly watcherConnections: number;
}

/** Plays one run: load, faults one after the other, rest, and the judgement. */
export async function run(options: RunOptions): Promise<RunResult> {
  const stage = await Stage.set(options);
  const loads: ChildProcess[] = [];
  try {
    return await play(stage, options, loads);
  } finally {
    for (const load of loads) load.kill('SIGKILL');
    for (const { number, log } of stage.servers) {
      writeFileSync(fileIn(options, `server-${number}.log`), log);
    }
    await stage.strike();
  }
}

function fileIn({ folder, isDiskSmall }: RunOptions, name: string): string {
  return join(folder, isDiskSmall ? `small-disk-${name}` : name);
}

async function play(stage: Stage, options: RunOptions, loads: ChildProcess[]): Promise<RunResult> {
  const { seed, clients, tell } = options;
  const service: Violation[] = [];
  const violate = (detail: string) => {
    tell(`  ! ${detail.split('\n')[0]}`);
    service.push({ promise: 'service', detail });
  };
  await options.prepare?.(stage);
  const ownFile = fileIn(options, 'history-runner.jsonl');
  const own = new HistoryFile(ownFile);
  await stage.open(own);
  const watchers = startWatchers(stage);
  const files = [ownFile];
  for (let n = 0; n < clients[0]; n += 1) {
    files.push(fileIn(options, `history-clients-${n}.jsonl`));
    loads.push(
      startLoad(stage, {
        ...{ seed, name: `p${n}`, sessions: clients[1] },
        ...{ history: files.at(-1)!, settlingMs: options.restMs },
      }),
    );
  }
  const time = keepTime(stage);
  const faults = await injectAll({ stage, sockets: options.sockets, violate }, options);
  await time.stop();
  for (const failure of await endLoads(loads)) violate(`A client gave up: ${failure}`);
  await replayEvents(stage, own, readHistory(files), options.restMs);
  own.close();
  await comeToRest(stage, watchers, options.restMs, violate);
  await Promise.all(watchers.map((watcher) => watcher.stop()));
  await stopServers(stage, violate);
  tell('  judging …');
  const history = readHistory(files);
  const programs = await stage.programs();
  const rows = await readRows(stage.database, programs);
  const verdict = check({
    history,
    rows,
    watches: watchers.map(({ watch }) => watch),
    received: stage.platform.received,
    rules: rulesOf(programs),
    signalKey: loadConfig({}).signalKey,
  });
  if (verdict.violations.length > 0)
    writeFileSync(fileIn(options, 'rows.json'), canonicalJson(rows));
  const injected = faults.map((fault) => recovery(fault, history, options.servers));
  for (const { name, recoveredMs } of injected) {
    if (recoveredMs === null) violate(`After "${name}" a server answered nothing any more.`);
  }
  const [masked, ...others] = history.filter(({ ending }) => ending === 'defect');
  if (masked) {
    violate(
      `${causeOf(masked.asked)} and ${others.length} more failed unexpectedly: ${masked.error}`,
    );
  }
  return {
    injected,
    ...tallies(history),
    verdict: { ...verdict, violations: [...service, ...verdict.violations] },
    entries: rows.entries.length,
    watcherConnections: watchers.reduce((sum, { connections }) => sum + connections, 0),
  };
}

/** A subscriber for every account, two for the favourite one. */
function startWatchers(stage: Stage): Watcher[] {
  const [favourite] = stage.accounts;
  const chance = new Chance(`watchers ${stage.options.seed}`);
  const watchers = [...stage.accounts, favourite!].map((accountId, n) => {
    const server = () => stage.urls[chance.whole(0, stage.urls.length - 1)]!;
    return new Watcher(`watcher ${n}`, accountId, stage.tokens[accountId]!, server, 0);
  });
  for (const watcher of watchers) watcher.start();
  return watchers;
}

function startLoad(
  stage: Stage,
  what: Omit<LoadOrder, 'seed' | 'accounts' | 'tokens' | 'servers' | 'thinkMs'> & { seed: number },
): ChildProcess {
  const { accounts, tokens, urls: servers } = stage;
  const order: LoadOrder = {
    ...what,
    seed: String(what.seed),
    servers,
    accounts,
    tokens,
    thinkMs: 25,
  };
  return fork(join(__dirname, 'load.ts'), [JSON.stringify(order)], {
    execArgv: ['-r', '@swc-node/register'],
    cwd: join(__dirname, '../..'),
  });
}

/** Lets the test clock run: about a minute every tick, now and then a day. */
function keepTime(stage: Stage): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const chance = new Chance(`time ${stage.options.seed}`);
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await pause(TICK_MS);
      const ms = chance.happens(0.03) ? DAY_MS : chance.between(0.1, 2) * MINUTE_MS;
      // While the database is away its clock stands still too.
      await stage.moveClock(Math.round(ms)).catch(() => undefined);
    }
  })();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

/** Tells the clients to stop, and waits until each has settled what was open; what they could not do, in words. */
async function endLoads(loads: ChildProcess[]): Promise<string[]> {
  const ends = loads.splice(0).map(async (load) => {
    const reported = once(load, 'message') as Promise<[{ failures: string[] }]>;
    const gone = once(load, 'exit').then(([code]): [{ failures: string[] }] => [
      { failures: [`its process ended with ${code}`] },
    ]);
    load.send('stop');
    const [{ failures }] = await Promise.race([reported, gone]);
    return failures;
  });
  return (await Promise.all(ends)).flat();
}

/** The last events of the run once more: a platform may replay its whole topic (F14). */
async function replayEvents(
  stage: Stage,
  own: HistoryFile,
  history: readonly Attempt[],
  restMs: number,
): Promise<void> {
  const caller = stage.caller('replay', own, Date.now() + restMs);
  const events = new Map(
    history.flatMap(({ asked, forged, ending }) =>
      asked.kind === 'event' && !forged && ending === 'ok' ? [[causeOf(asked), asked]] : [],
    ),
  );
  const last = [...events.values()].slice(-REPLAYED);
  for (let n = 0; n < last.length; n += 20) {
    const some = last.slice(n, n + 20);
    const asking = some.map((event) => caller.ask(event, { mischief: 'replayed' }));
    await Promise.allSettled(asking);
  }
  caller.close();
}

/** Waits until nothing is due, the platform knows everything and every subscriber has seen everything. */
async function comeToRest(
  stage: Stage,
  watchers: readonly Watcher[],
  restMs: number,
  violate: (detail: string) => void,
): Promise<void> {
  const { database } = stage;
  const isAtRest = async () => {
    const [due] = await database.query<[{ n: number }]>(
      'select count(*)::int as n from accounts where next_due_at <= (select at from sandbox_clock)',
    );
    if (due.n > 0 || (await readUntold(database)) > 0) return false;
    const rows = await database.query<{ id: string; sequence: number }[]>(
      'select id, sequence from accounts',
    );
    const sequences = new Map(rows.map(({ id, sequence }) => [id, sequence]));
    return watchers.every(({ last, watch }) => last === sequences.get(watch.accountId));
  };
  if (!(await eventually(isAtRest, restMs))) {
    violate(`Not everything came to rest within ${restMs / 1_000} s.`);
  }
}

async function stopServers(stage: Stage, violate: (detail: string) => void): Promise<void> {
  await Promise.all(
    stage.servers.map(async (server) => {
      const code = await server.terminate();
      if (code !== 0) violate(`Server ${server.number} ended with ${code} after SIGTERM.`);
      for (const accident of server.accidents) violate(accident);
      if (server.log.includes('"level":60'))
        violate(`Server ${server.number} logged a fatal error.`);
    }),
  );
}

function tallies(history: readonly Attempt[]): Pick<RunResult, 'attempts' | 'mischief' | 'errors'> {
  const count = (names: Iterable<string>) => {
    const counts: Record<string, number> = {};
    for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  };
  const failed = history.filter(({ ending, forged }) => ending !== 'ok' && !forged);
  return {
    attempts: count(history.map(({ ending }) => ending)),
    mischief: count(history.flatMap(({ mischief }) => mischief ?? [])),
    errors: count(
      failed.map(({ ending, error }) => `${ending}: ${plain(error ?? 'the client ended')}`),
    ),
  };
}

/** An error without what makes it one of its kind. */
function plain(error: string): string {
  return error.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…').slice(0, 160);
}
