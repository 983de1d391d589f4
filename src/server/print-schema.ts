import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  composeServices,
  transformSupergraphToPublicSchema,
} from '@theguild/federation-composition';
import { parse, print } from 'graphql';
import { buildSchema } from './schema';

/**
 * `npm run schema` writes what is generated from the code, for people and tools to read and to compare:
 * schema/rewards.graphql, the subgraph, and schema/api.graphql, what clients of the router see of it
 * together with its neighbours. With `-- --check` it writes nothing and fails where a file is stale.
 */
const FOLDER = join(__dirname, '../../schema');
/** The neighbours as far as they touch rewards. */
const NEIGHBOURS = ['platform/customers.graphql', 'platform/orders.graphql'];

function main(): void {
  const { sdl } = buildSchema();
  const files = { 'rewards.graphql': sdl, 'api.graphql': publicSchema(sdl) };
  const isCheck = process.argv.includes('--check');
  for (const [name, text] of Object.entries(files)) {
    const path = join(FOLDER, name);
    if (!isCheck) writeFileSync(path, text);
    else if (current(path) !== text) fail(`schema/${name} is stale: run \`npm run schema\`.`);
  }
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
