/**
 * `npm run compat` runs Apollo's subgraph compatibility suite, as published, against a subgraph made by the builder that
 * makes Rewards, behind Apollo Gateway, and writes the results into the README; fails where one is missed. With
 * `-- --check` it fails where the README says something else, and writes nothing.
 */
const { spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
require('./install');
require('../../examples/supergraph/install');
const { parse } = require('graphql');
const { COMPOSERS } = require('../../examples/supergraph/composition');
const { freePort, startProgram } = require('../../examples/supergraph/processes');

const ROOT = join(__dirname, '../..');
const README = join(ROOT, 'README.md');
const MARKED = /(<!-- npm run compat -->\n\n)[\s\S]*?(<!-- end -->)/;
const SUITE = join(__dirname, 'node_modules/@apollo/federation-subgraph-compatibility-tests');
const { version } = JSON.parse(readFileSync(join(SUITE, 'package.json'), 'utf8'));

async function main() {
  const assertions = await withSupergraph(runSuite);
  for (const { status, failureMessages } of assertions) {
    if (status !== 'passed') console.error(failureMessages.join('\n'));
  }
  const isMissed = assertions.some(({ status }) => status !== 'passed');
  const page = readFileSync(README, 'utf8');
  if (!MARKED.test(page)) throw new Error('README.md has lost the marks of `npm run compat`.');
  const updated = page.replace(MARKED, `$1${tableOf(assertions)}\n$2`);
  console.log(
    `${assertions.length} tests of version ${version}: ${isMissed ? 'FAILED' : 'passed'}`,
  );
  const isStale = updated !== page && process.argv.includes('--check');
  if (isStale) console.error('README.md is stale: run `npm run compat`.');
  else writeFileSync(README, updated);
  if (isMissed || isStale) process.exitCode = 1;
}

/** Runs the suite's three subgraphs, ours among them, and the gateway while `use` runs. */
async function withSupergraph(use) {
  const directory = mkdtempSync(join(tmpdir(), 'rewards-compat-'));
  const stops = [async () => rmSync(directory, { recursive: true, force: true })];
  const start = async (name, args, cwd, portOf, env = {}) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const readyUrl = `${url}?query=%7B__typename%7D`;
    const options = { cwd, env: { ...env, [portOf]: String(port) }, readyUrl };
    stops.push((await startProgram(name, args, options)).stop);
    return url;
  };
  try {
    const ours = ['-r', '@swc-node/register', 'test/server/products-server.ts'];
    const subgraphs = join(SUITE, 'dist/subgraphs');
    const urls = {
      products: await start('products', ours, ROOT, 'PORT'),
      users: await start('users', ['index.js'], join(subgraphs, 'users'), 'USERS_PORT'),
      inventory: await start(
        'inventory',
        ['index.js'],
        join(subgraphs, 'inventory'),
        'INVENTORY_PORT',
      ),
    };
    const SUPERGRAPH = join(directory, 'supergraph.graphql');
    writeFileSync(SUPERGRAPH, await supergraphOf(urls));
    const gateway = ['routers/apollo-gateway.js'];
    const cwd = join(ROOT, 'examples/supergraph');
    const router = await start('The gateway', gateway, cwd, 'GATEWAY_PORT', { SUPERGRAPH });
    return use({ PRODUCTS_URL: urls.products, ROUTER_URL: router });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function supergraphOf(urls) {
  const subgraphs = Object.entries(urls).map(async ([name, url]) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ _service { sdl } }' }),
    });
    const { data } = await response.json();
    return { name, url, typeDefs: parse(data._service.sdl) };
  });
  const { errors, supergraph } = COMPOSERS.apollo(await Promise.all(subgraphs));
  if (errors.length > 0) throw new Error(`The suite does not compose: ${errors.join('; ')}`);
  return supergraph;
}

/** What the suite's tests found, by jest of this project. */
function runSuite(env) {
  const config = {
    rootDir: SUITE,
    testMatch: ['<rootDir>/dist/tests/*.test.js'],
    testPathIgnorePatterns: [],
    haste: { retainAllFiles: true },
    transform: {},
    moduleNameMapper: { '^make-fetch-happen$': join(__dirname, 'fetch.js') },
  };
  const args = ['--ci', '--json', '--config', JSON.stringify(config)];
  const jest = require.resolve('jest/bin/jest', { paths: [ROOT] });
  const { stdout, stderr } = spawnSync(process.execPath, [jest, ...args], {
    cwd: SUITE,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (!stdout.startsWith('{')) throw new Error(`The suite did not run: ${stderr}`);
  return JSON.parse(stdout).testResults.flatMap((file) => {
    if (file.assertionResults.length === 0) throw new Error(file.message);
    return file.assertionResults;
  });
}

/** A row for each thing that the suite asserts. */
function tableOf(assertions) {
  const rows = new Map();
  for (const { ancestorTitles, title, status } of assertions) {
    const name = ancestorTitles[0] ?? title;
    const row = rows.get(name) ?? { tests: 0, passed: 0 };
    rows.set(name, row);
    row.tests += 1;
    if (status === 'passed') row.passed += 1;
  }
  const lines = [...rows]
    .sort()
    .map(([name, row]) => `| ${name} | ${row.passed} of ${row.tests} |\n`);
  return `| version ${version} asserts | passed |\n|---|---|\n${lines.join('')}`;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
