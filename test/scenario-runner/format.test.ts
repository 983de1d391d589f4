import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Problem, parseScenario } from '../../src/scenarios/format';

const SHIPPED = join(__dirname, '../scenarios');
const paid = { event: 'order.paid', data: { orderId: 'o1' } };

function problems(...steps: unknown[]): readonly Problem[] {
  const read = parseScenario(JSON.stringify({ title: 'A story', steps }));
  return 'steps' in read ? [] : read;
}

function where(...steps: unknown[]): string[] {
  return problems(...steps).map(({ step, field }) => `${step} ${field}`);
}

test('every shipped scenario is well-formed', () => {
  const files = readdirSync(SHIPPED).filter((name) => name.endsWith('.json'));
  expect(files.length).toBeGreaterThanOrEqual(22);
  for (const file of files) {
    expect(parseScenario(readFileSync(join(SHIPPED, file), 'utf8'))).toHaveProperty('steps');
  }
});

test('a file that is no scenario is told so', () => {
  expect(parseScenario('{')).toMatchObject([{ step: null, expected: 'a JSON document' }]);
  expect(parseScenario('[]')).toMatchObject([{ step: null, field: null }]);
  expect(parseScenario('{"steps":[]}')).toMatchObject([{ field: 'title' }, { field: 'steps' }]);
});

test('a step is exactly one of the three kinds, by name', () => {
  expect(problems({ wait: 5 })).toMatchObject([
    { step: 1, expected: 'exactly one of event, do, check', actual: '["wait"]' },
  ]);
  expect(where(paid, { ...paid, check: { order: 'o1' } })).toEqual(['2 null']);
  expect(problems({ do: 'shout', data: {}, expect: 'ok' })).toMatchObject([
    { step: 1, field: 'do', actual: '"shout"' },
  ]);
  expect(where({ event: 'order.eaten', data: {} })).toEqual(['1 event']);
  expect(where({ check: { basket: 'b' }, expect: {} })).toEqual(['1 check']);
  expect(where({ check: { customer: 'a', order: 'o' }, expect: {} })).toEqual(['1 check']);
});

test('a wrong, a missing and an unknown field are each named with what was expected', () => {
  expect(
    problems(paid, {
      event: 'order.placed',
      data: { orderId: 'o1', net: 5, currency: 'EUR', vat: 1 },
    }),
  ).toEqual([
    {
      step: 2,
      field: 'data.customerId',
      expected: expect.stringContaining('id'),
      actual: 'nothing',
    },
    { step: 2, field: 'data.net', expected: expect.stringContaining('100.00'), actual: '5' },
    {
      step: 2,
      field: 'data.vat',
      expected: expect.stringContaining('one of orderId'),
      actual: '1',
    },
  ]);
  expect(
    where({ check: { customer: 'ada' }, expect: { lots: [{ granted: '5' }], earned: 1 } }),
  ).toEqual(['1 expect.lots[0].granted', '1 expect.earned']);
  expect(where({ ...paid, at: '2025-02-30T00:00:00Z' })).toEqual(['1 at']);
  expect(where({ ...paid, expect: 'ok' })).toEqual(['1 expect']);
  expect(
    where({ do: 'redeem', data: { customerId: 'a', orderId: 'o', points: 'few' }, expect: 'fine' }),
  ).toEqual(['1 data.points', '1 expect']);
});

test('a clock that goes backwards and a redemption that nobody placed are malformed', () => {
  expect(
    where({ ...paid, at: '2025-02-02T00:00:00Z' }, { ...paid, at: '2025-02-01T00:00:00Z' }),
  ).toEqual(['2 at']);
  const redeem = { customerId: 'a', orderId: 'o', points: 5, as: 'r1' };
  const capture = { do: 'capture', data: { redemption: 'r1' }, expect: 'ok' };
  const placed = { do: 'redeem', data: redeem, expect: 'ok' };
  const refused = { do: 'redeem', data: redeem, expect: 'NOT_A_MEMBER' };
  expect(where(refused, placed, capture)).toEqual([]);
  expect(where(refused, capture)).toEqual(['2 data.redemption']);
  expect(where(placed, placed)).toEqual(['2 data.as']);
});

test('a transfer is decided and looked at by the name of its request', () => {
  const wish = { by: 'a', from: 'a', to: 'b', points: 'all', reason: 'OTHER', as: 't1' };
  const request = { do: 'requestTransfer', data: wish, expect: 'ok' };
  const decide = { do: 'decideTransfer', data: { transfer: 't1', approve: true }, expect: 'ok' };
  const check = { check: { transfer: 't1' }, expect: { state: 'APPROVED', moved: 5 } };
  const redeem = { customerId: 'a', orderId: 'o', points: 5, as: 't1' };
  const placed = { do: 'redeem', data: redeem, expect: 'ok' };
  const capture = { do: 'capture', data: { redemption: 't1' }, expect: 'ok' };
  expect(where(request, decide, check)).toEqual([]);
  expect(where(decide, check)).toEqual(['1 data.transfer', '2 check.transfer']);
  expect(where({ ...request, expect: 'NOT_A_MEMBER' }, decide)).toEqual(['2 data.transfer']);
  expect(where(request, placed)).toEqual(['2 data.as']);
  expect(where(request, capture)).toEqual(['2 data.redemption']);
  expect(where(placed, decide)).toEqual(['2 data.transfer']);
});

test('a story and each of its steps may have a note', () => {
  const story = { title: 'A story', note: 'Why', steps: [{ ...paid, note: 'On time' }] };
  expect(parseScenario(JSON.stringify(story))).toHaveProperty('steps');
  expect(where({ ...paid, note: '' })).toEqual(['1 note']);
});

test("the desk's steps are checked field by field", () => {
  const desk = (name: string, data: object) => where({ do: name, data, expect: 'ok' });
  expect(desk('deliver', {})).toEqual([]);
  expect(desk('deliver', { at: 'once' })).toEqual(['1 data.at']);
  const terms = { program: 'EU', effectiveOn: '2025-02-01', changes: { lotValidityMonths: 6 } };
  expect(desk('publishTerms', { ...terms, shows: { members: 1 } })).toEqual([]);
  expect(
    desk('publishTerms', { ...terms, effectiveOn: 'soon', changes: { pointValue: '0.02' } }),
  ).toEqual(['1 data.effectiveOn', '1 data.changes.pointValue']);
  const campaign = { program: 'EU', code: 'SPRING', kind: 'BONUS', endsAt: '2025-03-01T00:00:00Z' };
  expect(desk('startCampaign', { ...campaign, bonus: 5 })).toEqual([]);
  expect(desk('startCampaign', { ...campaign, kind: 'GIFT', bonus: 0.5 })).toEqual([
    '1 data.kind',
    '1 data.bonus',
  ]);
  expect(desk('simulate', { customerId: 'a', order: { net: 5 } })).toEqual(['1 data.order.net']);
  expect(
    where({
      check: { customer: 'a' },
      expect: { claims: [{ state: 'PAID' }], notifications: [{ kind: 'X', delivered: 'no' }] },
    }),
  ).toEqual(['1 expect.notifications[0].delivered', '1 expect.claims[0].state']);
});
