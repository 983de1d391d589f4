import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config';
import { readClock } from '../database/clock';
import { createDataSource } from '../database/data-source';
import { findEmbeddedPostgres } from '../database/embedded-postgres';
import { formatDecimal } from '../kernel/money';
import { Programs } from '../programs/programs';
import { parseProgramDocument } from '../programs/terms-document';
import type { Tally } from './tally';
import { type WhatIf, whatIf } from './what-if';

const USAGE = `Usage: npm run whatif -- [--terms FILE] [--json]

Tells the history of the database again as if a program had had the terms of FILE (a program document: its
code and its versions, as in src/programs/shipped), and prints what its books would be beside what they are.
Without a file under the published terms: both sides are the same then. Nothing is written.`;

/** Runs from the command line; answers the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      terms: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const replaced = values.terms === undefined ? null : await readProgram(values.terms);
  const config = loadConfig({ LOG_LEVEL: 'warn', ...process.env });
  const embedded =
    config.databaseUrl === null && (await findEmbeddedPostgres(join(config.dataDir, 'postgres')));
  const url = config.databaseUrl ?? (embedded ? embedded.url : null);
  if (url === null) {
    throw new Error(
      'Set DATABASE_URL, or let `npm start` run beside this for a database of our own.',
    );
  }
  const database = createDataSource(url, { applicationName: 'rewards-whatif' });
  await database.initialize();
  try {
    const programs = await Programs.load(database);
    if (replaced && !programs.has(replaced.code)) {
      throw new Error(`No program ${replaced.code} is published here.`);
    }
    const at = await readClock(database, config.sandbox);
    const found = await whatIf(database, programs, replaced, at);
    const shown = replaced ? [replaced.code] : [...found.today.keys()].sort();
    process.stdout.write(values.json ? asJson(found, shown) : asTable(found, shown, programs));
  } finally {
    await database.destroy();
  }
  return 0;
}

async function readProgram(file: string) {
  const { code, versions } = parseProgramDocument(JSON.parse(await readFile(file, 'utf8')));
  return { code, versions: versions.map(({ terms }) => terms) };
}

function asJson(
  { today, otherwise, differences, told }: WhatIf,
  programs: readonly string[],
): string {
  const plain = (tally: Tally | undefined) =>
    tally && {
      ...tally,
      liability: tally.liability.toString(),
      turnover: tally.turnover.toString(),
    };
  const shown = programs.map((program) => ({
    program,
    today: plain(today.get(program)),
    otherwise: plain(otherwise.get(program)),
  }));
  return `${JSON.stringify({ programs: shown, differences, told }, null, 2)}\n`;
}

function asTable(found: WhatIf, shown: readonly string[], programs: Programs): string {
  const parts = shown.map((program) => {
    const currency = programs.versions(program)[0]?.terms.currency ?? 'EUR';
    const [today, otherwise] = [found.today.get(program), found.otherwise.get(program)];
    const rows = rowsOf(today, currency).map(([name, value]) => {
      const other = new Map(rowsOf(otherwise, currency)).get(name) ?? '0';
      return `  ${name.padEnd(22)}${value.padStart(20)}${other.padStart(20)}${value === other ? '' : '  *'}`;
    });
    return `${program}${'today'.padStart(42 - program.length + 2)}${'otherwise'.padStart(20)}\n${rows.join('\n')}`;
  });
  const { refused, accepted, untold } = found.differences;
  const last = `${found.told} told again: ${refused} would be refused, ${accepted} would not be, ${untold} could not be told.`;
  return `${parts.join('\n\n')}\n\n${last}\n`;
}

function rowsOf(tally: Tally | undefined, currency: string): [string, string][] {
  if (!tally) return [];
  const { liability, turnover, tiers, ...points } = tally;
  return [
    ...Object.entries(points).map(([name, value]): [string, string] => [name, String(value)]),
    [`liability (${currency})`, formatDecimal(liability, currency)],
    [`turnover (${currency})`, formatDecimal(turnover, currency)],
    ...Object.entries(tiers).map(([code, count]): [string, string] => [code, String(count)]),
  ];
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
