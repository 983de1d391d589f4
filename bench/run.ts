import 'reflect-metadata';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { analytics } from './analytics';
import { bloat } from './bloat';
import { entities } from './entities';
import { events } from './events';
import { expiry } from './expiry';
import { growth } from './growth';
import { machine, type Plan, type Server, show, startServer } from './harness';
import { redemptions } from './redemptions';
import { type Bench, isMet, type Outcome, type Row } from './row';
import { stopScaleServers } from './scale-server';
import { pgbenchVersion } from './sides/pgbench';
import { start } from './start';
import { subscriptions } from './subscriptions';
import { writeTable } from './table';

/** Everything that is measured, in the order in which it is run. */
const ROWS: readonly Row[] = [
  redemptions,
  events,
  entities,
  subscriptions,
  start,
  growth,
  analytics,
  expiry,
  bloat,
];

const PLANS: Readonly<Record<Plan['size'], Plan>> = {
  whole: {
    ...{ size: 'whole', accounts: 100_000, repetitions: 5 },
    ...{ warmMs: 1_000, measureMs: 5_000, loneMs: 2_500, readyMs: 20_000 },
  },
  quick: {
    ...{ size: 'quick', accounts: 2_000, repetitions: 2 },
    ...{ warmMs: 200, measureMs: 600, loneMs: 400, readyMs: 0 },
  },
  smoke: {
    ...{ size: 'smoke', accounts: 500, repetitions: 1 },
    ...{ warmMs: 100, measureMs: 300, loneMs: 200, readyMs: 100 },
  },
};

const USAGE = `Usage: npm run bench -- [--quick | --smoke] [--only ${ROWS.map(({ name }) => name).join('|')}]...
  [--accounts 100 or more] [--table [--check]]`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      accounts: { type: 'string' },
      table: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
    },
  });
  if (values.table) {
    const isSame = await writeTable(values.check);
    if (values.check && !isSame)
      throw new Error('Run `npm run bench -- --table`: README.md is stale.');
    return;
  }
  const size = values.smoke ? 'smoke' : values.quick ? 'quick' : 'whole';
  const accounts = Number(values.accounts ?? PLANS[size].accounts);
  const unknown = values.only.filter((name) => !ROWS.some((row) => row.name === name));
  if (unknown.length > 0 || !Number.isSafeInteger(accounts) || accounts < 100) {
    throw new Error(USAGE);
  }
  const rows = ROWS.filter(({ name, hasOwnBooks }) =>
    values.only.length > 0 ? values.only.includes(name) : !(values.quick && hasOwnBooks),
  );
  await runRows(rows, { ...PLANS[size], accounts });
}

async function runRows(rows: readonly Row[], plan: Plan): Promise<void> {
  const began = Date.now();
  const conditions = { machine: machine(), versions: await versions() };
  print(conditions);
  let starting: Promise<Server> | undefined;
  const bench: Bench = {
    plan,
    server: () => {
      starting ??= startServer(plan.accounts);
      return starting;
    },
  };
  const stop = async () => (await starting)?.stop();
  // PostgreSQL would outlive us: it does not belong to the terminal.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const stopped = () => Promise.allSettled([stop(), stopScaleServers()]);
    process.once(signal, () => void stopped().finally(() => process.exit(1)));
  }
  try {
    for (const row of rows) {
      process.stdout.write(`\n## ${row.name}: ${row.about}\n`);
      const start = Date.now();
      const outcome = await row.run(bench);
      const unfit = outcome.figures.find(({ ratio }) => !Number.isFinite(ratio.most - ratio.least));
      if (unfit && plan.size !== 'smoke')
        throw new Error(`${unfit.what}: nothing was answered beside ${unfit.beside}`);
      printFigures(outcome);
      process.stdout.write(`${row.name}: ${Math.round((Date.now() - start) / 1000)} s\n`);
      const settings = await starting?.then((server) => server.settings);
      await keep(plan.size, {
        row: row.name,
        at: new Date(),
        plan,
        ...conditions,
        settings,
        ...outcome,
      });
    }
  } finally {
    await stop();
  }
  if (plan.size === 'whole') await writeTable(false);
  process.stdout.write(`\n${Math.round((Date.now() - began) / 1000)} s\n`);
}

/** Only a whole run is worth showing: the others are kept out of sight. */
async function keep(
  size: Plan['size'],
  result: { readonly row: string; readonly [part: string]: unknown },
): Promise<void> {
  const folder = join(__dirname, 'results', size === 'whole' ? '' : size);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${result.row}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

function printFigures({ figures }: Outcome): void {
  process.stdout.write('\n');
  for (const figure of figures) {
    const { what, beside, ratio, unit = '×', target } = figure;
    const bound = 'atLeast' in target ? `at least ${target.atLeast}` : `at most ${target.atMost}`;
    process.stdout.write(
      `${isMet(figure) ? 'met   ' : 'MISSED'} ${what}, beside ${beside}: ${show(ratio, 2)} ${unit}, target ${bound}\n`,
    );
  }
}

/** What a reader must know to compare these figures with others. */
async function versions(): Promise<Record<string, string>> {
  const pgbench = (await pgbenchVersion()) ?? 'none: its function is called by a Node process';
  return { ...(await versionsOf(VERSIONS)), pgbench };
}

/** Packages of which the version matters, and where each is installed. */
const VERSIONS = {
  '..': [
    '@apollo/server',
    '@apollo/subgraph',
    'graphql',
    'type-graphql',
    'typeorm',
    'pg',
    'graphql-ws',
    'ws',
  ],
  '.': ['mercurius', '@mercuriusjs/federation', 'graphql-jit', 'fastify'],
};

async function versionsOf(places: Readonly<Record<string, readonly string[]>>) {
  const versions: Record<string, string> = {};
  for (const [place, packages] of Object.entries(places)) {
    for (const name of packages) {
      const file = join(__dirname, place, 'node_modules', name, 'package.json');
      versions[name] = JSON.parse(await readFile(file, 'utf8')).version;
    }
  }
  return versions;
}

function print(groups: Readonly<Record<string, Readonly<Record<string, string>>>>): void {
  for (const [group, values] of Object.entries(groups)) {
    const texts = Object.entries(values).map(([name, value]) => `${name} ${value}`);
    process.stdout.write(`${group}: ${texts.join(', ')}\n`);
  }
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exitCode = 1;
});
