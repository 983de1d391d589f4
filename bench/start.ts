import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { signToken } from '../src/auth/dev-token';
import { customerId } from './customers';
import { type Plan, printTable, type Server, type Spread, show, spreadOf, step } from './harness';
import type { Figure, Row } from './row';

const ROOT = join(__dirname, '..');
const MAIN = join(ROOT, 'dist/src/main.js');
/** Start-up varies more than anything that is repeated a thousand times in a turn. */
const REPETITIONS: Readonly<Record<Plan['size'], number>> = { whole: 15, quick: 2, smoke: 1 };
/** How long after its first answer a process is taken to be at rest, in milliseconds. */
const REST_MS: Readonly<Record<Plan['size'], number>> = { whole: 3_000, quick: 700, smoke: 200 };
const TARGET = { atMost: 1.5 };

/** One start of one side. */
interface Sample {
  /** From being spawned until its first answer, in milliseconds. */
  readonly answeredMs: number;
  /** Processor time until then, in milliseconds: neighbours disturb it least. */
  readonly cpuMs: number;
  /** Resident at rest, in MiB. */
  readonly restMiB: number;
}

interface Started {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly token: string;
  readonly body: string;
  /** Fails where the answer is not the right one. */
  readonly check: (answer: unknown) => void;
}

export const start: Row = {
  name: 'start',
  about: 'from nothing to the first answer, and memory at rest',
  run: async ({ plan, server }) => {
    const postgres = await server();
    await buildIfStale();
    const folder = await mkdtemp(join(tmpdir(), 'rewards-bench-start-'));
    try {
      return await compare(plan, await sides(postgres, folder), join(folder, 'packages.json'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function compare(plan: Plan, [service, peer]: readonly [Started, Started], list: string) {
  // Not counted: they fill the system's file cache, and the first tells which packages the service loads.
  const packages = await step('Each side started once', async () => {
    const { packages } = await measure(service, 0);
    await writeFile(list, JSON.stringify(packages));
    await measure(peer, 0);
    return packages.length;
  });
  const samples: [Sample[], Sample[]] = [[], []];
  for (let n = 0; n < REPETITIONS[plan.size]; n += 1) {
    for (const side of n % 2 === 0 ? [0, 1] : [1, 0]) {
      const { packages: _, ...sample } = await measure([service, peer][side]!, REST_MS[plan.size]);
      samples[side]!.push(sample);
    }
  }
  const ratio = (of: (sample: Sample) => number): Spread =>
    spreadOf(samples[0].map((sample, n) => of(sample) / of(samples[1][n]!)));
  printTable(
    `Start, the database there, and memory at rest; ${packages} files of packages`,
    [service, peer].map(({ name }, n) => ({
      side: name,
      'first answer ms': show(spreadOf(samples[n]!.map(({ answeredMs }) => answeredMs))),
      'CPU ms': show(spreadOf(samples[n]!.map(({ cpuMs }) => cpuMs))),
      'at rest MiB': show(spreadOf(samples[n]!.map(({ restMiB }) => restMiB)), 1),
    })),
  );
  const beside = 'loading the same packages and doing nothing';
  const figures: Figure[] = [
    { what: 'Start to first answer', beside, ratio: ratio((it) => it.answeredMs), target: TARGET },
    { what: 'Memory at rest', beside, ratio: ratio((it) => it.restMiB), target: TARGET },
  ];
  return { figures, samples: { packages, service: samples[0], peer: samples[1] } };
}

async function sides(server: Server, folder: string): Promise<[Started, Started]> {
  const url = await server.clone('start');
  const secret = randomBytes(32).toString('hex');
  const signing = { secret, issuer: 'https://id.example', audience: 'rewards' };
  const id = customerId(1);
  const token = await signToken(Buffer.from(secret), {
    ...{ ...signing, sub: 'router', scope: 'rewards:service' },
  });
  const env = { PATH: process.env.PATH ?? '', NODE_ENV: 'production' };
  const query = `query ($id: ID!) { rewardsMember(customerId: $id) { id xPoints { available } } }`;
  const body = JSON.stringify({ query, variables: { id } });
  return [
    {
      ...{ name: 'the service, as `npm start` runs it', args: [MAIN], token, body },
      env: {
        ...{ ...env, HOST: '127.0.0.1', PORT: '0', DATABASE_URL: server.asApplication(url) },
        ...{ DATABASE_MIGRATION_URL: url, ROUTER_SECRET: 'none', SIGNAL_KEY: secret },
        ...{ AUTH_SECRET: secret, AUTH_ISSUER: signing.issuer, AUTH_AUDIENCE: signing.audience },
        ...{ EVENTS_SECRET: `whsec_${Buffer.from(secret).toString('base64')}` },
        ...{ REFERRAL_URL: 'https://shop.example/register?code=' },
      },
      check: (answer) => {
        const member = (answer as { data?: { rewardsMember?: { id?: unknown } } }).data;
        if (member?.rewardsMember?.id !== id) throw new Error(JSON.stringify(answer));
      },
    },
    {
      ...{ name: 'the same packages, nothing done', env, token, body },
      args: [join(__dirname, 'sides/packages.cjs'), join(folder, 'packages.json')],
      check: () => undefined,
    },
  ];
}

/** Starts a side, asks it once, lets it rest, asks what it weighs, and ends it. */
async function measure(side: Started, restMs: number) {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    ['-r', join(__dirname, 'sides/observed.cjs'), ...side.args],
    { cwd: ROOT, env: { ...side.env }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
  const ended = once(child, 'exit');
  const ask = async <A>(question: string): Promise<A> => {
    const answered = once(child, 'message');
    child.send(question);
    return Promise.race([
      answered.then(([answer]) => answer as A),
      ended.then(() => Promise.reject(failed(side, 'it ended'))),
    ]);
  };
  try {
    const url = await Promise.race([addressOf(child.stdout!), ended]);
    if (typeof url !== 'string') throw failed(side, 'it ended before it served');
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${side.token}` },
      body: side.body,
    });
    const answer: unknown = await response.json();
    const answeredMs = performance.now() - began;
    side.check(answer);
    const cpuMs = (await ask<number>('cpu')) / 1000;
    await pause(restMs);
    const packages = await ask<string[]>('packages');
    const restMiB = (await ask<number>('memory')) / 2 ** 20;
    return { answeredMs, cpuMs, restMiB, packages };
  } finally {
    // At once: an orderly end waits for load balancers.
    child.kill('SIGKILL');
    await ended;
  }
}

/** Where a process serves, once its log says so. */
async function addressOf(output: Readable): Promise<string> {
  let text = '';
  for await (const chunk of output.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += chunk;
    const url = /"url":"([^"]+)"/.exec(text)?.[1];
    if (url !== undefined) {
      output.resume();
      return url;
    }
  }
  throw new Error(`It said no address:\n${text}`);
}

function failed({ name }: Started, why: string): Error {
  return new Error(`${name}: ${why}`);
}

/** What `npm start` would run: built anew where a source is younger than what was built. */
async function buildIfStale(): Promise<void> {
  const built = await stat(MAIN).catch(() => null);
  const sources = await Promise.all(
    ['src', 'migrations'].map((name) => youngest(join(ROOT, name))),
  );
  if (built && built.mtimeMs > Math.max(...sources)) return;
  await step('Built the service', async () => {
    const [code] = await once(
      spawn('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' }),
      'exit',
    );
    if (code !== 0) throw new Error('The service cannot be built.');
  });
}

async function youngest(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const stats = await Promise.all(files.map((file) => stat(join(file.parentPath, file.name))));
  return Math.max(...stats.map(({ mtimeMs }) => mtimeMs));
}
