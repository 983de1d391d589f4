import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OPEN_ORDERS, POINTS } from '../customers';
import { type Load, type Sample, summaryOf } from '../load';

const run = promisify(execFile);

/** What `pgbench --version` says; null where it is not installed. */
export async function pgbenchVersion(): Promise<string | null> {
  try {
    return (await run('pgbench', ['--version'])).stdout.trim();
  } catch {
    return null;
  }
}

/** One turn of redemptions by pgbench. */
export function runPgbench(url: string, accounts: number, load: Load): Promise<Sample> {
  if (load.hot) return runScript(url, 'redeem-hot.pgbench', { ...load.hot }, load);
  const defines = { accounts, open_orders: OPEN_ORDERS, most_points: POINTS };
  return runScript(url, 'redeem.pgbench', defines, load);
}

/** One turn of pgbench with `callers` clients; answers are counted from its log of single transactions. */
export async function runScript(
  url: string,
  script: string,
  defines: Readonly<Record<string, number>>,
  load: Load,
): Promise<Sample> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const folder = await mkdtemp(join(tmpdir(), 'rewards-bench-'));
  const { callers } = load;
  try {
    const { stdout } = await run(
      'pgbench',
      [
        ...['--no-vacuum', '--protocol=prepared', `--file=${join(__dirname, script)}`],
        ...[`--client=${callers}`, `--jobs=${Math.min(callers, availableParallelism())}`],
        `--time=${Math.ceil((load.warmMs + load.measureMs) / 1000)}`,
        ...Object.entries(defines).map(([name, value]) => `--define=${name}=${value}`),
        ...['--log', `--log-prefix=${join(folder, 'log')}`],
        ...['-h', hostname, '-p', port, '-U', username, pathname.slice(1)],
      ],
      { env: { ...process.env, PGPASSWORD: password }, cwd: folder },
    );
    if (!/failed transactions: 0 /.test(stdout)) throw new Error(`pgbench failed:\n${stdout}`);
    return { ...(await readLog(folder, load)), cpuMicros: null };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lines of the log: client, number, microseconds, script, when it ended (seconds, microseconds). */
async function readLog(folder: string, load: Load): Promise<Omit<Sample, 'cpuMicros'>> {
  const done: { end: number; ms: number }[] = [];
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), 'utf8');
    for (const line of text.split('\n').filter((it) => it !== '')) {
      const [, , micros, , seconds, rest] = line.split(' ').map(Number);
      done.push({ end: seconds! * 1000 + rest! / 1000, ms: micros! / 1000 });
    }
  }
  const first = done.reduce((least, { end, ms }) => Math.min(least, end - ms), Infinity);
  const from = first + load.warmMs;
  const until = from + load.measureMs;
  const latencies = done.filter(({ end }) => end >= from && end < until).map(({ ms }) => ms);
  return { ...summaryOf(latencies, load.measureMs), answered: done.length };
}
