import { readFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { startThrowAwayPostgres } from '../src/database/throw-away-postgres';
import { fillBooks, openDatabase } from './books';
import type { Load, Sample } from './load';

/** How long and how often everything is measured. */
export interface Plan {
  /** `smoke` only shows that all of it runs and balances, `quick` that nothing got much worse. */
  readonly size: 'smoke' | 'quick' | 'whole';
  readonly accounts: number;
  readonly repetitions: number;
  readonly warmMs: number;
  readonly measureMs: number;
  /** For a lone caller, where less time shows enough. */
  readonly loneMs: number;
  /** How long all that redeem do so uncounted first; 0 for not at all. */
  readonly readyMs: number;
}

/** One of what is measured side by side. */
export interface Side {
  readonly name: string;
  measure(load: Load): Promise<Sample>;
}

/** A turn of a side, with the processor time of PostgreSQL per answer; null where the system does not tell. */
export interface Turn extends Sample {
  readonly postgresMicros: number | null;
}

export type Results = ReadonlyMap<string, readonly Turn[]>;

/** The run's PostgreSQL: durable, in a folder of its own, with a database for each that writes. */
export interface Server {
  readonly url: string;
  /** The same database as the application's role reaches it: in production the service takes no other. */
  asApplication(url: string): string;
  readonly settings: Readonly<Record<string, string>>;
  /** A database with the books as they were filled. */
  clone(name: string): Promise<string>;
  /** Writes down what is dirty, so that no turn pays for the one before it. */
  checkpoint(): Promise<void>;
  /** Processor time of all its processes so far, in microseconds; null where the system does not tell. */
  cpuMicros(): Promise<number | null>;
  stop(): Promise<void>;
}

const FILLED = 'bench_filled';

/** Starts a PostgreSQL and fills the books once. Refuses to measure one that may lose a commit. */
export async function startServer(accounts: number): Promise<Server> {
  const server = await step('Started a PostgreSQL', () =>
    startThrowAwayPostgres({ durable: true }),
  );
  const stopping: (() => Promise<unknown>)[] = [() => server.stop()];
  const stop = async () => {
    for (const end of stopping.splice(0).reverse()) await end();
  };
  try {
    const admin = await openDatabase(server.ownerUrl);
    stopping.push(() => admin.destroy());
    const names = 'server_version fsync synchronous_commit full_page_writes shared_buffers';
    const settings: Record<string, string> = {};
    for (const name of names.split(' ')) {
      const [row] = await admin.query<Record<string, string>[]>(`show ${name}`);
      settings[name] = row![name]!;
    }
    if (settings.fsync !== 'on' || settings.synchronous_commit !== 'on') {
      throw new Error(`This PostgreSQL may lose a commit: ${JSON.stringify(settings)}`);
    }
    const at = (name: string, as = server.ownerUrl) =>
      Object.assign(new URL(as), { pathname: `/${name}` }).href;
    const asApplication = (url: string) => at(new URL(url).pathname.slice(1), server.url);
    await admin.query(`create database ${FILLED}`);
    await step(`Filled ${accounts} accounts`, () => fillBooks(at(FILLED), accounts));
    const clone = async (name: string) => {
      await admin.query(`create database ${name} template ${FILLED} strategy file_copy`);
      return at(name);
    };
    const checkpoint = () => admin.query<void>('checkpoint');
    const [file] = await admin.query<{ text: string }[]>(
      `select pg_read_file('postmaster.pid') as text`,
    );
    const cpuMicros = () => cpuOfFamily(Number.parseInt(file!.text, 10));
    return { url: at(FILLED), asApplication, settings, clone, checkpoint, cpuMicros, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const TICK_MICROS = 10_000;

/** Processor time of a process, of its children and of those that have ended, on Linux. */
export async function cpuOfFamily(pid: number): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  for (;;) {
    const ended = await ticksOf(pid, 4);
    const children = await childrenOf(pid);
    let ticks = ended;
    for (const child of children) ticks += await ticksOf(child, 2);
    // One that ends meanwhile would count twice, or not at all.
    const isSame = String(await childrenOf(pid)) === String(children);
    if (isSame && (await ticksOf(pid, 4)) === ended) return ticks * TICK_MICROS;
  }
}

/** User and system time of a process, then the same of its ended children. */
async function ticksOf(pid: number | string, fields: 2 | 4): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return afterName.slice(11, 11 + fields).reduce((sum, ticks) => sum + Number(ticks), 0);
}

async function childrenOf(pid: number): Promise<string[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return list.split(' ').filter((child) => child.trim() !== '');
}

/** Lets each side work uncounted for as long as any other: until V8 has compiled its way, it is V8 that is measured. */
export async function makeReady(
  sides: readonly Side[],
  load: Omit<Load, 'measureMs'>,
  measureMs: number,
): Promise<void> {
  if (measureMs === 0) return;
  for (const side of sides) await side.measure({ ...load, measureMs });
}

/**
 * Measures all sides again and again, in turns, each repetition beginning with another one and every other one going backwards:
 * whatever else the machine does then falls on all of them, and none always comes after the same.
 */
export async function interleave(
  server: Pick<Server, 'checkpoint' | 'cpuMicros'>,
  sides: readonly Side[],
  repetitions: number,
  load: Load,
): Promise<Results> {
  const results = new Map<string, Turn[]>(sides.map(({ name }) => [name, []]));
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const step = repetition % 2 === 0 ? 1 : sides.length - 1;
    for (let turn = 0; turn < sides.length; turn += 1) {
      const side = sides[(repetition + turn * step) % sides.length]!;
      await server.checkpoint();
      const before = await server.cpuMicros();
      const sample = await side.measure(load);
      const after = await server.cpuMicros();
      const postgresMicros =
        before === null || after === null ? null : (after - before) / sample.answered;
      results.get(side.name)!.push({ ...sample, postgresMicros });
    }
  }
  return results;
}

/** The middle one, and the extremes. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return {
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2,
    least: sorted[0]!,
    most: sorted.at(-1)!,
  };
}

/** What a figure of one side is of another's in the same repetition. */
export function ratioOf(
  results: Results,
  name: string,
  base: string,
  figure: (sample: Sample) => number,
): Spread {
  const bases = results.get(base)!.map(figure);
  return spreadOf(results.get(name)!.map((sample, n) => figure(sample) / bases[n]!));
}

/** The spread of what some turns have; a dash where none has it. */
export function showKnown(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? show(spreadOf(known)) : '–';
}

/** A spread as `median (least–most)`. */
export function show({ median, least, most }: Spread, digits = 0): string {
  // A turn of a smoke run may be too short for an answer; between processes its latency becomes null.
  const text = (value: number | null) =>
    value === null || !Number.isFinite(value)
      ? '–'
      : value.toLocaleString('en-US', {
          ...{ minimumFractionDigits: digits, maximumFractionDigits: digits },
        });
  return `${text(median)} (${text(least)}–${text(most)})`;
}

/** Prints rows under their headings, the first column flush left. */
export function printTable(title: string, rows: readonly Readonly<Record<string, string>>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const widths = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, n) => (n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!)))
      .join('   ');
  const body = rows.map((row) => line(columns.map((column) => row[column]!)));
  const head = line(columns);
  process.stdout.write(`\n${title}\n${[head, '-'.repeat(head.length), ...body].join('\n')}\n`);
}

/** Does one step of a run, and says how long it took. */
export async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const began = Date.now();
  const result = await work();
  process.stdout.write(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
  return result;
}

/** What everything ran on. */
export function machine(): Readonly<Record<string, string>> {
  const models = [...new Set(cpus().map(({ model }) => model.trim()))].join(', ');
  return {
    processors: `${cpus().length} × ${models}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
  };
}
