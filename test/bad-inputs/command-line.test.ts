import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insideOf } from './clean';

jest.setTimeout(120_000);

const ROOT = join(__dirname, '../..');
let folder: string;
let tried = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewards-nonsense-'));
});
afterAll(async () => {
  process.stdout.write(`bad command lines: ${tried}\n`);
  await rm(folder, { recursive: true, force: true });
});

/** Runs a command as npm does, in a folder of its own for what it keeps. */
function run(file: string, args: readonly string[], env: Record<string, string> = {}) {
  tried += 1;
  const child = spawn(process.execPath, ['-r', '@swc-node/register', file, ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, REWARDS_DATA_DIR: join(folder, 'data'), ...env },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const TOKEN = 'src/auth/dev-token.ts';
const SCENARIO = 'src/scenarios/main.ts';
const MAIN = 'src/main.ts';

test.each<[string, string, readonly string[], Record<string, string>, number]>([
  ['a token for nobody', TOKEN, [], {}, 1],
  ['a token for nothing', TOKEN, ['--sub', ''], {}, 1],
  ['a token for blanks', TOKEN, ['--sub', ' '], {}, 1],
  ['a token for a line break', TOKEN, ['--sub', 'a\nb'], {}, 1],
  ['a token for too long a name', TOKEN, ['--sub', 'x'.repeat(256)], {}, 1],
  ['a token for ever', TOKEN, ['--sub', 'ada', '--hours', 'Infinity'], {}, 1],
  ['a token for 1e400 hours', TOKEN, ['--sub', 'ada', '--hours', '1e400'], {}, 1],
  ['a token for some hours', TOKEN, ['--sub', 'ada', '--hours', 'some'], {}, 1],
  ['a token of yesterday', TOKEN, ['--sub', 'ada', '--hours', '-24'], {}, 1],
  [
    'a token with a scope that there is not',
    TOKEN,
    ['--sub', 'ada', '--scope', 'rewards:root'],
    {},
    1,
  ],
  ['a token of no organisation', TOKEN, ['--sub', 'ada', '--organization', ''], {}, 1],
  ['a token with an unknown option', TOKEN, ['--sub', 'ada', '--admin'], {}, 1],
  ['a token with words', TOKEN, ['ada'], {}, 1],
  ['a token in production', TOKEN, ['--sub', 'ada'], { NODE_ENV: 'production' }, 1],
  ['no scenario', SCENARIO, [], {}, 2],
  ['a scenario that there is not', SCENARIO, ['/no/such/file.json'], {}, 2],
  ['a scenario with an unknown option', SCENARIO, ['--yaml', 'x'], {}, 2],
  ['a scenario that is no JSON', SCENARIO, ['README.md'], {}, 2],
  ['a scenario that is a device', SCENARIO, ['/dev/null'], {}, 2],
  ['a scenario that is something else', SCENARIO, ['package.json'], {}, 2],
  ['an unknown command', MAIN, ['serve'], {}, 1],
  ['a command in other letters', MAIN, ['Migrate'], {}, 1],
  ['a command and more', MAIN, ['migrate', '--force'], {}, 1],
  ['an option', MAIN, ['--help'], {}, 1],
  ['a migration of no database', MAIN, ['migrate'], { DATABASE_URL: 'mysql://x' }, 1],
  [
    'a migration of a database out of reach',
    MAIN,
    ['migrate'],
    { DATABASE_URL: 'postgres://u:geheim@127.0.0.1:1/x' },
    1,
  ],
  [
    'settings that are nonsense',
    MAIN,
    [],
    { PORT: 'http', LOG_LEVEL: 'loud', RATE_LIMIT: '-1', SOCKET_ORIGINS: '*' },
    1,
  ],
])('%s', async (_what, file, args, env, code) => {
  const ended = await run(file, args, env);
  const said = ended.out + ended.err;
  expect([ended.code, said]).toEqual([code, said]);
  expect(said).not.toBe('');
  expect(said).not.toContain('geheim');
  // An address that nobody answers at is the operator's to know; a log line has its stack.
  if (!said.includes('"level"')) expect(insideOf(said)).toBeNull();
  expect(said).not.toMatch(/^eyJ/m);
});

test('a scenario of every wrong shape is malformed, never a failure', async () => {
  const wrong: Record<string, unknown> = {
    null: null,
    list: [],
    number: 7,
    empty: {},
    steps: { title: 'x', steps: 'none' },
    step: { title: 'x', program: 'EU', steps: [null, 7, {}, { event: {} }, { at: 'never' }] },
    prototype: { title: '__proto__', steps: [{ __proto__: { a: 1 } }] },
    deep: JSON.parse(`${'{"steps":'.repeat(500)}1${'}'.repeat(500)}`),
  };
  for (const [name, content] of Object.entries(wrong)) {
    await writeFile(join(folder, `${name}.json`), JSON.stringify(content));
  }
  await writeFile(join(folder, 'half.json'), '{"title": "x", "steps": [');
  await writeFile(join(folder, 'bytes.json'), Buffer.from([0xff, 0xfe, 0, 0]));
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const { code, out, err } = await run(SCENARIO, [
    '--json',
    ...files.map((name) => join(folder, name)),
  ]);
  expect([code, err]).toEqual([2, '']);
  const told = JSON.parse(out) as { scenarios: { outcome: string; problems: unknown[] }[] };
  expect(told.scenarios.map(({ outcome }) => outcome)).toEqual(files.map(() => 'malformed'));
  for (const { problems } of told.scenarios) expect(problems.length).toBeGreaterThan(0);
  expect(insideOf(out)).toBeNull();
  tried += files.length;
});
