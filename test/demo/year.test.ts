import { makeYear } from '../../src/demo/year';
import { DAY_MS } from '../../src/kernel/time';

const UNTIL = Date.UTC(2026, 5, 1);
const year = makeYear('seed', 'run1', UNTIL - 580 * DAY_MS, UNTIL);

test('the same seed makes the same year, another run only renames it', () => {
  const again = makeYear('seed', 'run2', UNTIL - 580 * DAY_MS, UNTIL);
  expect(JSON.stringify(again).replaceAll('run2', 'run1').replaceAll('RUN2', 'RUN1')).toBe(
    JSON.stringify(year),
  );
});

test('every id carries the run', () => {
  const ids = JSON.stringify(year.happenings).matchAll(
    /"(?:customerId|orderId|organizationId|billingAccountId|referredBy)":"([^"]*)"/g,
  );
  for (const [, id] of ids) expect(id).toMatch(/-run1$/);
});

test('it happens in order, within the year, and has something of everything', () => {
  const instants = year.happenings.map(({ at }) => at);
  expect(instants).toEqual(instants.toSorted((a, b) => a - b));
  expect(instants.at(-1)).toBeLessThanOrEqual(UNTIL);
  expect(year.customers).toHaveLength(40);
  const kinds = new Set(year.happenings.map((it) => (it.kind === 'event' ? it.type : it.kind)));
  expect([...kinds].sort()).toEqual([
    'applyDiscount',
    'capture',
    'customer.deleted',
    'customer.registered',
    'order.amended',
    'order.cancelled',
    'order.delivered',
    'order.paid',
    'order.placed',
    'redeem',
    'release',
    'startCampaign',
  ]);
});
