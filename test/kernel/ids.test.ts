import fc from 'fast-check';
import {
  canonicalJson,
  fingerprint,
  ID_MAX,
  isId,
  isPlainText,
  SHARDS,
  shardOf,
} from '../../src/kernel/ids';

describe('the shard of an id', () => {
  // Stored in every key: these numbers may never change.
  test.each([
    ['', 197],
    ['a', 237],
    ['ada', 183],
    ['bo', 231],
    ['c-1', 133],
    ['order-1', 244],
    ['Gümüş', 55],
    ['🚀', 136],
    ['018f2a3e-7c1b-7d5e-9a51-3a0f4a1c9d20', 63],
    ['x'.repeat(255), 210],
  ])('of %j is %i for good', (id, shard) => {
    expect(shardOf(id)).toBe(shard);
  });

  test.each([
    ['numbered', (n: number) => `customer-${n}`],
    ['zero-padded', (n: number) => String(n).padStart(10, '0')],
    ['hexadecimal', (n: number) => (n * 2_654_435_761).toString(16)],
  ])('spreads %s ids well: every shard within a third of its share', (_, idOf) => {
    const perShard = 400;
    const counts = new Array<number>(SHARDS).fill(0);
    for (let n = 0; n < SHARDS * perShard; n++) counts[shardOf(idOf(n))]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(perShard * 0.66);
    expect(Math.max(...counts)).toBeLessThan(perShard * 1.34);
  });

  test('is a whole number from 0 to 255 for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (id) => {
        const shard = shardOf(id);
        expect(Number.isInteger(shard) && shard >= 0 && shard < SHARDS).toBe(true);
      }),
    );
  });
});

describe('text from outside', () => {
  test.each([
    ['a', true],
    ['Gümüş 1', true],
    ['🚀', true],
    ['x'.repeat(ID_MAX), true],
    ['x'.repeat(ID_MAX + 1), false],
    ['', false],
    [' a', false],
    ['a ', false],
    ['a\u0000b', false],
    ['a\nb', false],
    ['a\u0085b', false],
    ['\ud800', false],
    ['\udc00\ud800', false],
  ])('%j may be an id: %s', (text, may) => {
    expect(isId(text)).toBe(may);
  });

  test('is plain exactly where it survives UTF-8 and holds no control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const survives = Buffer.from(text, 'utf8').toString('utf8') === text;
        // The two ranges of control characters: C0, and DEL with C1.
        const controls = [...text].some((c) => {
          const code = c.codePointAt(0) ?? 0;
          return code < 0x20 || (code >= 0x7f && code < 0xa0);
        });
        expect(isPlainText(text)).toBe(survives && !controls);
      }),
    );
  });
});

describe('canonical JSON', () => {
  test.each([
    [{ b: 1, a: [2, { d: null, c: true }] }, '{"a":[2,{"c":true,"d":null}],"b":1}'],
    [{ a: undefined, b: 'x' }, '{"b":"x"}'],
    [[undefined], '[null]'],
    [{ '10': 1, '9': 2, é: 3, Z: 4 }, '{"10":1,"9":2,"Z":4,"é":3}'],
    [{ n: 12n }, '{"n":"12"}'],
    [{ at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    ['"\u2028\ud800', '"\\"\u2028\\ud800"'],
    [undefined, 'null'],
  ])('of %p is %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test('means the same as JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('and the fingerprint do not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, seed) => {
        const other = reordered(value, seed);
        expect(canonicalJson(other)).toBe(canonicalJson(value));
        expect(fingerprint(other)).toBe(fingerprint(value));
      }),
    );
  });

  test('and the fingerprint tell different values apart', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const same = canonicalJson(a) === canonicalJson(b);
        expect(fingerprint(a) === fingerprint(b)).toBe(same);
        expect(equalJson(a, b)).toBe(same);
      }),
    );
  });

  test('has a fingerprint that is SHA-256 in hex', () => {
    expect(fingerprint({})).toBe(
      '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    );
  });
});

/** The same value with the keys of its objects in another order. */
function reordered(value: unknown, seed: number): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(item, seed));
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).map(([key, member]) => [key, reordered(member, seed)]);
  const turn = members.length > 0 ? seed % members.length : 0;
  return Object.fromEntries([...members.slice(turn), ...members.slice(0, turn)].reverse());
}

/** Equality of JSON values, where 0 and −0 are the same number. */
function equalJson(a: unknown, b: unknown): boolean {
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
  try {
    expect(plain(a)).toEqual(plain(b));
    return true;
  } catch {
    return false;
  }
}
