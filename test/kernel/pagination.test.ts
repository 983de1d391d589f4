import { Cursors, pageOf, pageSize } from '../../src/kernel/pagination';

const CURSORS = new Cursors<readonly [number, number, number, string, string]>('list', [
  'instant',
  'int4',
  'int8',
  'text',
  'timestamptz',
]);
const PLACE = [
  Date.parse('2025-01-10T10:00:00.123Z'),
  7,
  2 ** 40,
  'Ünï "x"',
  '2025-01-10 10:00:00.123456+00',
] as const;

/** A cursor as somebody would forge it. */
function forged(...parts: unknown[]): string {
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
}

test('a cursor names its place', () => {
  expect(CURSORS.decode(CURSORS.encode(PLACE))).toEqual(PLACE);
  expect(CURSORS.decode(null)).toBeNull();
  expect(CURSORS.decode(undefined)).toBeNull();
});

test.each([
  ['rubbish', 'rubbish'],
  ['nothing', ''],
  ['no list', forged(1)],
  ['an object', Buffer.from('{"length":6}').toString('base64url')],
  ["another list's", forged('other', ...PLACE)],
  ['too short', forged('list', ...PLACE.slice(1))],
  ['too long', forged('list', ...PLACE, 1)],
  ['an instant beyond all years', forged('list', 9e15, ...PLACE.slice(1))],
  ['a fraction', forged('list', 0.5, ...PLACE.slice(1))],
  ['no int4', forged('list', PLACE[0], 2 ** 31, ...PLACE.slice(2))],
  ['no int8', forged('list', PLACE[0], 7, 2 ** 60, ...PLACE.slice(3))],
  ['NUL in text', forged('list', ...PLACE.slice(0, 3), 'a\u0000', PLACE[4])],
  ['no timestamp', forged('list', ...PLACE.slice(0, 4), 'infinity')],
  ['no such day', forged('list', ...PLACE.slice(0, 4), '2025-13-10 10:00:00+00')],
  ['no such day of the month', forged('list', ...PLACE.slice(0, 4), '2025-02-30 10:00:00+00')],
  ['other spelling', `${forged('list', ...PLACE)}=`],
])('%s is no cursor of the list', (_, cursor) => {
  expect(() => CURSORS.decode(cursor)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
});

test('the size of a page is 1 to 100, the preset where none is named', () => {
  expect([pageSize(1, 20), pageSize(100, 20), pageSize(null, 20), pageSize(undefined, 12)]).toEqual(
    [1, 100, 20, 12],
  );
  for (const size of [0, -1, 101, 1.5, Number.NaN]) {
    expect(() => pageSize(size, 20)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  }
});

test('a row beyond the page says that there are more', () => {
  expect(pageOf([1, 2, 3], 2)).toEqual({ items: [1, 2], more: true });
  expect(pageOf([1, 2], 2)).toEqual({ items: [1, 2], more: false });
});
