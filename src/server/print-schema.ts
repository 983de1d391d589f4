import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  composeServices,
  transformSupergraphToPublicSchema,
} from '@theguild/federation-composition';
import { parse, print } from 'graphql';
import { accessTable } from '../auth/callers';
import { buildSchema, printSubgraph } from './schema';

/**
 * `npm run schema` writes what is generated from the code, for people and tools to read and to compare:
 * schema/rewards.graphql, the subgraph; schema/api.graphql, what clients of the router see of it
 * together with its neighbours; and who may what, in src/auth/README.md. With `-- --check` it writes nothing and fails where a file is stale; with
 * `-- --without-guards` it prints the subgraph as gateways take it that refuse the directives of security.
 */
const ROOT = join(__dirname, '../..');
const FOLDER = join(ROOT, 'schema');
const ACCESS = 'src/auth/README.md';
/** The neighbours as far as they touch rewards. */
const NEIGHBOURS = ['platform/customers.graphql', 'platform/orders.graphql'];

function main(): void {
  if (process.argv.includes('--without-guards')) {
    process.stdout.write(printSubgraph({ security: false }));
    return;
  }
  const { sdl } = buildSchema();
  const files = {
    'schema/rewards.graphql': sdl,
    'schema/api.graphql': publicSchema(sdl),
    [ACCESS]: withTable(current(join(ROOT, ACCESS)) ?? '', accessTable()),
  };
  const isCheck = process.argv.includes('--check');
  for (const [name, text] of Object.entries(files)) {
    const path = join(ROOT, name);
    if (!isCheck) writeFileSync(path, text);
    else if (current(path) !== text) fail(`${name} is stale: run \`npm run schema\`.`);
  }
}

/** A page with `table` in the place of the one that it has. */
function withTable(page: string, table: string): string {
  const shown = /(?:^\|.*\n)+/m;
  if (!shown.test(page)) throw new Error(`${ACCESS} has lost its table; it needs a line with |.`);
  return page.replace(shown, `${table}\n`);
}

function publicSchema(sdl: string): string {
  const neighbours = NEIGHBOURS.map((file) => ({
    name: basename(file, '.graphql'),
    typeDefs: parse(readFileSync(join(FOLDER, file), 'utf8')),
  }));
  const composed = composeServices([...neighbours, { name: 'rewards', typeDefs: parse(sdl) }]);
  for (const { message } of composed.errors ?? []) fail(message);
  if (composed.supergraphSdl === undefined) throw new Error('The subgraphs do not compose.');
  return `${print(transformSupergraphToPublicSchema(parse(composed.supergraphSdl)))}\n`;
}

function current(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

main();
