import fc from 'fast-check';
import { POINTS_MAX, points } from '../../src/kernel/points';

describe('whole points', () => {
  test.each([
    [0, 0],
    [-0, 0],
    ['-0', 0],
    [42n, 42],
    ['9007199254740991', POINTS_MAX],
    [-9007199254740991n, -POINTS_MAX],
  ])('%p is %p', (value, expected) => {
    expect(points(value)).toBe(expected);
  });

  test.each([
    [0.5],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [2 ** 53],
    [2n ** 53n],
    ['9007199254740992'],
    ['9007199254740990.6'],
    [''],
    [' 12'],
    ['0x10'],
    ['1e3'],
    ['twelve'],
  ])('%p is refused', (value) => {
    expect(() => points(value)).toThrow(RangeError);
  });

  test('keep every safe integer, however it is written', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        expect([points(n), points(BigInt(n)), points(String(n))]).toEqual([n, n, n]);
      }),
    );
  });
});
