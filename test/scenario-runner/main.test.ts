import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileWith, scenario, start } from './runner';

jest.setTimeout(180_000);

const SHIPPED = join(__dirname, '../scenarios');

const registered = {
  at: '2025-01-10T10:00:00Z',
  event: 'customer.registered',
  data: { customerId: 'ada', program: 'EU' },
};

const TEN = { net: '10.00', currency: 'EUR' };
const ACME = { organizationId: 'acme', billingAccountId: 'acme-1' };

test('the shipped scenarios pass', async () => {
  const files = readdirSync(SHIPPED).filter((name) => name.endsWith('.json'));
  const { code, out } = await scenario(SHIPPED);
  expect(out).toMatch(new RegExp(`^${files.length} passed, 0 failed$`, 'm'));
  expect(code).toBe(0);
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

test('of what events told of before the API shows it, nothing has moved', async () => {
  const at = '2025-01-10T10:00:00Z';
  const bo = { customerId: 'bo', program: 'TR' };
  const file = await fileWith({
    title: 'Too early',
    steps: [
      { at, event: 'order.placed', data: { orderId: 'o1', ...TEN, customerId: 'zoe' } },
      { event: 'order.paid', data: { orderId: 'o2' } },
      { check: { order: 'o1' }, expect: { earned: 0, redeemed: 0, held: 0 } },
      { check: { order: 'o2' }, expect: { earned: 0, redeemed: 0, held: 0 } },
      { event: 'customer.registered', data: bo },
      { check: { customer: 'bo' }, expect: { available: 0, turnover: '0.00', lots: [] } },
      { check: { customer: 'zoe' }, expect: { tier: 'BRONZE' } },
    ],
  });
  const { out } = await scenario(file);
  expect(out.match(/^ .*$/gm)).toEqual([
    `  ${file}: step 7 (check customer zoe): tier: expected "BRONZE", actual null`,
  ]);
});

test('what a request named, a referral and discount codes are looked at and compared', async () => {
  const at = '2025-02-01T10:00:00Z';
  const bo = { customerId: 'bo', program: 'EU', referredBy: 'ada' };
  const file = await fileWith({
    title: 'Between people',
    note: 'Every expectation is wrong by one',
    steps: [
      registered,
      { at, event: 'order.placed', data: { orderId: 'o1', ...TEN, customerId: 'ada' } },
      { event: 'order.paid', data: { orderId: 'o1' } },
      { event: 'order.delivered', data: { orderId: 'o1' } },
      { event: 'customer.registered', data: bo, note: 'Through her link' },
      { event: 'customer.updated', data: { customerId: 'ada', ...ACME } },
      { event: 'customer.updated', data: { customerId: 'bo', ...ACME } },
      { check: { customer: 'bo' }, expect: { discounts: [{ state: 'USED', percent: 10 }] } },
      { check: { referral: 'bo' }, expect: { state: 'WAITING', referrer: 'ada', bonus: 1 } },
      {
        do: 'requestTransfer',
        data: { by: 'bo', from: 'ada', to: 'bo', points: 5, reason: 'OTHER', as: 't1' },
        expect: 'ok',
      },
      { check: { transfer: 't1' }, expect: { state: 'APPROVED', moved: null } },
      { check: { customer: 'ada' }, expect: { endsAt: at, redeemUntil: null, forfeits: 11 } },
    ],
  });
  const { code, out } = await scenario(file);
  expect(out.split('\n').filter((line) => line.startsWith('  '))).toEqual([
    `  ${file}: step 8 (check customer bo): discounts[0].state: expected "USED", actual "AVAILABLE"`,
    `  ${file}: step 9 (check referral bo): bonus: expected 1, actual 0`,
    `  ${file}: step 11 (check transfer t1): state: expected "APPROVED", actual "REQUESTED"`,
    `  ${file}: step 12 (check customer ada): endsAt: expected "${at}", actual null`,
    `  ${file}: step 12 (check customer ada): forfeits: expected 11, actual 10`,
  ]);
  expect(code).toBe(1);
});

test('somebody without a link registers without a referral, and without a code gets no discount', async () => {
  const early = { customerId: 'early', program: 'EU', referredBy: 'ada' };
  const file = await fileWith({
    title: 'Too early',
    steps: [
      registered,
      { event: 'customer.registered', data: early },
      { check: { referral: 'early' }, expect: { state: null } },
      { event: 'order.placed', data: { orderId: 'e1', ...TEN, customerId: 'early' } },
      {
        do: 'applyDiscount',
        data: { customerId: 'early', orderId: 'e1' },
        expect: 'DISCOUNT_NOT_FOUND',
      },
    ],
  });
  const { code, out } = await scenario(file);
  expect(out).toContain('1 passed, 0 failed');
  expect(code).toBe(0);
});

test("the desk's work, what it shows and what members are told are looked at and compared", async () => {
  const customerId = 'ada';
  const gift = { program: 'EU', code: 'GIFT', kind: 'BONUS', bonus: 5 };
  const quote = { customerId, net: '10.00', shows: { earns: 14, campaigns: [{ points: 6 }] } };
  const row = { points: 20_001, state: 'BOOKED' };
  const file = await fileWith({
    title: 'At the desk',
    note: 'Every expectation is wrong',
    steps: [
      { ...registered, data: { ...registered.data, email: 'ada@acme.example' } },
      { do: 'startCampaign', data: { ...gift, endsAt: '2025-03-01T00:00:00Z' }, expect: 'ok' },
      { do: 'quote', data: quote, expect: 'ok' },
      { do: 'quote', data: { ...quote, customerId: 'nobody' }, expect: 'ok' },
      { do: 'simulate', data: { customerId, order: TEN, shows: { available: 1 } }, expect: 'ok' },
      { do: 'adjust', data: { customerId, points: 7, by: 'dora' }, expect: 'SAME_PERSON' },
      { do: 'adjust', data: { customerId, points: 20_000, by: 'dora' }, expect: 'ok' },
      { check: { customer: 'ada' }, expect: { adjustments: [{ points: 7 }, row], claims: [{}] } },
      { do: 'deliver', data: {}, expect: 'NOT_OK' },
      { check: { customer: 'ada' }, expect: { notifications: [{ points: 7, delivered: null }] } },
      { check: { program: 'EU' }, expect: { versions: [{ version: 2 }], campaigns: [] } },
    ],
  });
  const { code, out } = await scenario(file);
  expect(out.split('\n').filter((line) => line.startsWith('  '))).toEqual([
    `  ${file}: step 3 (quote ada): earns: expected 14, actual 15`,
    `  ${file}: step 3 (quote ada): campaigns[0].points: expected 6, actual 5`,
    `  ${file}: step 4 (quote nobody): expect: expected "ok", actual "nothing"`,
    `  ${file}: step 5 (simulate ada): available: expected 1, actual 15`,
    `  ${file}: step 6 (adjust ada): expect: expected "SAME_PERSON", actual "ok"`,
    `  ${file}: step 8 (check customer ada): claims: expected [{}], actual []`,
    `  ${file}: step 8 (check customer ada): adjustments[1].points: expected 20001, actual 20000`,
    `  ${file}: step 8 (check customer ada): adjustments[1].state: expected "BOOKED", actual "REQUESTED"`,
    `  ${file}: step 9 (deliver): expect: expected "NOT_OK", actual "ok"`,
    `  ${file}: step 10 (check customer ada): notifications[0].delivered: expected null, actual "2025-01-10T10:00:00+00:00"`,
    `  ${file}: step 11 (check program EU): versions[0].version: expected 2, actual 1`,
    expect.stringContaining(`(check program EU): campaigns: expected [], actual [{"code":"GIFT"`),
  ]);
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
