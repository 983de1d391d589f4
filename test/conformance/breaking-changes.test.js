const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { breakingChanges, isBreakingVersion, undated } = require('./breaking-changes');

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
const TODAY = '2026-06-01';
const query = (fields) => `${LINK}\ntype Query { kept: Int ${fields} }`;
const messages = async (before, after) =>
  (await breakingChanges(query(before), query(after), TODAY)).map(({ path }) => path);

describe('what breaks', () => {
  const breaking = [
    ['a field that goes', 'old: Int', '', ['Query.old']],
    ['another type', 'old: Int', 'old: String', ['Query.old']],
    ['null where there was none', 'old: Int!', 'old: Int', ['Query.old']],
    ['an argument that is asked for', 'old: Int', 'old(of: ID!): Int', ['Query.old.of']],
    ['a guard', 'old: Int', 'old: Int @authenticated', ['Query.old']],
    ['a scope', 'old: Int', 'old: Int @requiresScopes(scopes: [["desk"]])', ['Query.old']],
    [
      'a deprecated field before its day',
      'old: Int @deprecated(reason: "Goes after 2026-06-01.")',
      '',
      ['Query.old'],
    ],
  ];
  for (const [what, before, after, paths] of breaking) {
    it(what, async () => {
      const found = await messages(before, after);
      assert.ok(found.length > 0 && found.every((path) => path.startsWith(paths[0])), `${found}`);
    });
  }

  const harmless = [
    ['a new field', '', 'fresh: Int'],
    ['a new field with a guard', '', 'fresh: Int @authenticated'],
    ['an argument that may be left out', 'old: Int', 'old(of: ID): Int'],
    [
      'a deprecated field after its day',
      'old: Int @deprecated(reason: "Goes after 2026-05-31.")',
      '',
    ],
    ['a guard that goes', 'old: Int @authenticated', 'old: Int'],
  ];
  for (const [what, before, after] of harmless) {
    it(`not ${what}`, async () => assert.deepEqual(await messages(before, after), []));
  }
});

describe('the date of a deprecation', () => {
  it('is missed on fields, arguments, values and inputs', () => {
    const sdl = `type Query { a: Int @deprecated, b(c: Int @deprecated(reason: "soon")): Int }
      enum E { V @deprecated(reason: "Goes in 2027.") } input I { f: Int @deprecated(reason: "") }`;
    assert.deepEqual(undated(sdl), ['Query.a', 'Query.b.c', 'E.V', 'I.f']);
  });

  it('is seen', () => {
    const sdl = 'type Query { a: Int @deprecated(reason: "Ask b. Stays until 2027-01-31.") }';
    assert.deepEqual(undated(sdl), []);
  });
});

describe('a version that breaks', () => {
  for (const [since, version, breaks] of [
    ['0.1.0', '0.1.1', false],
    ['0.1.0', '0.2.0', true],
    ['0.9.0', '1.0.0', true],
    ['1.2.0', '1.3.0', false],
    ['1.2.0', '2.0.0', true],
  ]) {
    it(`${version} after ${since}: ${breaks}`, () =>
      assert.equal(isBreakingVersion(since, version), breaks));
  }
});
