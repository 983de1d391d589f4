import 'reflect-metadata';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchEntities } from './entities';
import { machine, type Plan, type Server, startServer, step } from './harness';
import { benchLone } from './lone';
import { startRedeemers } from './redeemers';
import { benchRedemptions } from './redemptions';
import { pgbenchVersion } from './sides/pgbench';

const WHOLE = { repetitions: 5, warmMs: 1_000, measureMs: 5_000, loneMs: 2_500 };
const QUICK = { repetitions: 2, warmMs: 500, measureMs: 1_500, loneMs: 1_000 };
const ACCOUNTS = 20_000;

/** `npm run bench -- [--quick] [--accounts 100000] [--only redemptions|entities] [--without-pgbench]` */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      accounts: { type: 'string', default: String(ACCOUNTS) },
      only: { type: 'string' },
      'without-pgbench': { type: 'boolean', default: false },
    },
  });
  const plan: Plan = { ...(values.quick ? QUICK : WHOLE), accounts: Number(values.accounts) };
  const { only } = values;
  const isKnown = only === undefined || only === 'redemptions' || only === 'entities';
  if (!isKnown || !Number.isSafeInteger(plan.accounts) || plan.accounts < 100) {
    throw new Error(
      'Usage: npm run bench -- [--quick] [--accounts 100 or more] [--only redemptions|entities] [--without-pgbench]',
    );
  }
  const withPgbench = !values['without-pgbench'];
  const began = Date.now();
  const conditions = await describe(withPgbench);
  const server = await startServer(plan.accounts);
  // It would outlive us: it does not belong to the terminal.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.stop().finally(() => process.exit(1)));
  }
  try {
    print({ ...conditions, postgres: server.settings });
    const results = {
      ...(only === 'entities' ? {} : await measureRedemptions(server, plan, withPgbench)),
      ...(only === 'redemptions' ? {} : { entities: await benchEntities(server, plan) }),
    };
    const path = join(__dirname, 'results', 'latest.json');
    await mkdir(join(__dirname, 'results'), { recursive: true });
    const at = new Date(began).toISOString();
    const written = { at, plan, ...conditions, postgres: server.settings, results };
    await writeFile(path, `${JSON.stringify(written, null, 2)}\n`);
    const seconds = Math.round((Date.now() - began) / 1000);
    process.stdout.write(`\n${seconds} s. Each single figure: bench/results/latest.json\n`);
  } finally {
    await server.stop();
  }
}

async function measureRedemptions(server: Server, plan: Plan, withPgbench: boolean) {
  const redeemers = await step('Each side wrote the same rows in the rehearsal', () =>
    startRedeemers(server, plan.accounts, withPgbench),
  );
  try {
    const redemptions = await benchRedemptions(server, redeemers, plan);
    const lone = await benchLone(server, redeemers, plan);
    process.stdout.write('\n');
    const books = await step(
      'The books of all balance and have what was answered',
      redeemers.check,
    );
    return { redemptions, lone, books };
  } finally {
    await redeemers.stop();
  }
}

/** What a reader must know to compare these figures with others. */
async function describe(withPgbench: boolean) {
  const pgbench = (withPgbench ? await pgbenchVersion() : null) ?? 'not used';
  return { machine: machine(), versions: { ...(await versionsOf(VERSIONS)), pgbench } };
}

/** Packages of which the version matters, and where each is installed. */
const VERSIONS = {
  '..': ['@apollo/server', '@apollo/subgraph', 'graphql', 'type-graphql', 'typeorm', 'pg'],
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
