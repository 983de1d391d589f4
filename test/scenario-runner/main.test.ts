import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileWith, scenario, start } from './runner';

jest.setTimeout(180_000);

const SHIPPED = join(__dirname, '../scenarios');
/** Scenarios of features that do not exist yet. */
const LATER = ['16', '17', '18', '19', '20'];

const registered = {
  at: '2025-01-10T10:00:00Z',
  event: 'customer.registered',
  data: { customerId: 'ada', program: 'EU' },
};

function shipped(later: boolean): string[] {
  const names = readdirSync(SHIPPED).filter((name) => name.endsWith('.json'));
  return names
    .filter((name) => LATER.includes(name.slice(0, 2)) === later)
    .map((name) => join(SHIPPED, name));
}

test('the shipped scenarios pass', async () => {
  const files = shipped(false);
  const { code, out } = await scenario(...files);
  expect(out).toMatch(new RegExp(`^${files.length} passed, 0 failed$`, 'm'));
  expect(code).toBe(0);
});

test('a scenario of a feature that does not exist yet fails at the step that needs it', async () => {
  const file = join(SHIPPED, '19-leaving.json');
  const { code, out } = await scenario(file);
  expect(out).toContain(`${file}: step 6 (leave ada): do: `);
  expect(out).toContain('command leave is not available yet');
  expect(code).toBe(1);
});

test('a wrong expectation is reported with file, step, field, expected and actual', async () => {
  const content = await readFile(join(SHIPPED, '01-german-page-example.json'), 'utf8');
  const file = await fileWith(content.replace('"earned": 10000', '"earned": 9999'));
  const { code, out } = await scenario(file, join(SHIPPED, '08-leap-day.json'));
  expect(out).toContain(`${file}: step 12 (check order o1): earned: expected 9999, actual 10000`);
  expect(out).toContain('1 passed, 1 failed');
  expect(code).toBe(1);
});

test('lots are compared one by one, and a refusal with what was expected', async () => {
  const file = await fileWith({
    title: 'Nothing there',
    steps: [
      registered,
      { check: { customer: 'ada' }, expect: { lots: [{ source: 'ORDER:o1' }], tier: 'GOLD' } },
      { do: 'redeem', data: { customerId: 'ada', orderId: 'o1', points: 5 }, expect: 'ok' },
      { check: { order: 'o1' }, expect: { earned: 0 } },
    ],
  });
  const { code, out } = await scenario(file);
  expect(out).toContain(
    'step 2 (check customer ada): lots: expected [{"source":"ORDER:o1"}], actual []',
  );
  expect(out).toContain('step 2 (check customer ada): tier: expected "GOLD", actual "BRONZE"');
  expect(out).toContain('step 3 (redeem o1): expect: expected "ok", actual "ORDER_NOT_FOUND"');
  expect(out).toContain('step 4 (check order o1): earned: expected 0, actual null');
  expect(code).toBe(1);
});

test('malformed files and paths without a scenario exit with 2 and say where', async () => {
  const file = await fileWith({
    title: 'A story',
    steps: [registered, { event: 'order.paid', data: { orderId: 5 } }],
  });
  const empty = await mkdtemp(join(tmpdir(), 'rewards-empty-'));
  const { code, out } = await scenario(file, '/no/such/file.json', empty);
  expect(out).toContain(`${file}: step 2: data.orderId: expected an id`);
  expect(out).toContain('/no/such/file.json: expected a scenario file');
  expect(out).toContain(`${empty}: expected a scenario file`);
  expect(out).toContain('3 malformed');
  expect(code).toBe(2);
});

test('without a path it says how it is used', async () => {
  const { code, err } = await scenario();
  expect(err).toContain('Usage');
  expect(code).toBe(2);
});

test('--json prints one document', async () => {
  const broken = await fileWith('{');
  const { code, out } = await scenario('--json', join(SHIPPED, '08-leap-day.json'), broken);
  expect(JSON.parse(out)).toEqual({
    passed: 1,
    failed: 0,
    malformed: 1,
    scenarios: [
      expect.objectContaining({
        file: broken,
        outcome: 'malformed',
        problems: [expect.anything()],
      }),
      expect.objectContaining({ outcome: 'passed', steps: 7, differences: [], problems: [] }),
    ],
  });
  expect(code).toBe(2);
});

test('on an interruption it ends everything that it started', async () => {
  const folders = () =>
    readdirSync(tmpdir()).filter((name) => name.startsWith('rewards-throw-away-'));
  const { child, ended } = start([SHIPPED], { REWARDS_SCENARIO_DATABASE_URL: '' });
  const own = () => folders().find((name) => name.startsWith(`rewards-throw-away-${child.pid}-`));
  while (!own() || !existsSync(join(tmpdir(), own() ?? '', 'cluster', 'port'))) await pause(50);
  child.kill('SIGINT');
  const { code } = await ended;
  expect(code).toBe(130);
  expect(own()).toBeUndefined();
});
