import { join } from 'node:path';
import { type Cited, docComments, readCitations, rulesIn, titlesIn } from './citations';
import { indexRules } from './rule-index';

const ROOT = join(__dirname, '../..');

/** Two rules, each decided and shown. */
const CITED: Cited = {
  rules: [
    { number: 'R1.1', section: '1 Programs' },
    { number: 'R2.1', section: '2 Membership' },
  ],
  sources: new Map([
    ['R1.1', ['src/programs/pricing.ts', 'src/programs/program.graphql.ts', 'src/jobs/jobs.ts']],
    ['R2.1', ['src/members/leave.ts']],
  ]),
  tests: new Map([['R1.1', ['test/federation/order.test.ts', 'test/programs/pricing.test.ts']]]),
  scenarios: new Map([['R2.1', ['test/scenarios/05-before-the-program.json']]]),
};

function mistakes(change: Partial<Cited>, decidedIn: Record<string, string[]> = {}) {
  const indexed = indexRules({ ...CITED, ...change }, decidedIn);
  return 'mistakes' in indexed ? indexed.mistakes : [];
}

/** A map with one more entry. */
function also(citations: Cited['tests'], number: string, files: string[]) {
  return new Map([...citations, [number, files]]);
}

test('every rule is decided in src/ and cited by the title of a test or a scenario', () => {
  const cited = readCitations(ROOT);
  expect(cited.rules).toHaveLength(52);
  expect(cited.rules.at(-1)).toEqual({
    number: 'R9.4',
    section: '9 Telling members and the platform',
  });
  expect(indexRules(cited)).toEqual({ table: expect.stringContaining('| R9.4 |') });
});

test('a row names what decides the rule, and what shows it, nearest first', () => {
  expect(indexRules(CITED, {})).toEqual({
    table: [
      '| rule | decided in | shown by |',
      '|---|---|---|',
      '| **1 Programs** | | |',
      '| R1.1 | [programs/pricing](src/programs/pricing.ts) | [programs/pricing](test/programs/pricing.test.ts), [federation/order](test/federation/order.test.ts) |',
      '| **2 Membership** | | |',
      '| R2.1 | [members/leave](src/members/leave.ts) | scenario [05](test/scenarios/05-before-the-program.json) |',
    ].join('\n'),
  });
});

test('of many tests three are named', () => {
  const many = ['a', 'b', 'c', 'd', 'e'].map((name) => `test/x/${name}.test.ts`);
  expect(indexRules({ ...CITED, tests: also(CITED.tests, 'R2.1', many) }, {})).toEqual({
    table: expect.stringContaining('[x/c](test/x/c.test.ts) and more · scenario [05]'),
  });
});

test('a rule that nothing shows, decides or knows, or that too much decides, is a mistake', () => {
  expect(mistakes({ scenarios: new Map() })).toEqual([
    'R2.1: no title of a test or scenario cites it',
  ]);
  expect(mistakes({ sources: also(CITED.sources, 'R2.1', ['src/jobs/jobs.ts']) })).toEqual([
    'R2.1: no doc comment of src/ cites it',
  ]);
  expect(mistakes({ tests: also(CITED.tests, 'R7.7', ['test/x/a.test.ts']) })).toEqual([
    'R7.7 is no rule of docs/rules.md; cited by test/x/a.test.ts',
  ]);
  const four = ['a', 'b', 'c', 'd'].map((name) => `src/ledger/${name}.ts`);
  const sources = also(CITED.sources, 'R2.1', four);
  expect(mistakes({ sources })).toEqual([expect.stringContaining('name in DECIDED_IN which')]);
  expect(mistakes({ sources }, { 'R2.1': ['ledger/a.ts'] })).toEqual([]);
  expect(mistakes({ sources }, { 'R2.1': ['ledger/e.ts'] })).toEqual([
    expect.stringContaining('src/ledger/e.ts, which is said to decide it'),
  ]);
});

test('rules are read from their document, citations from comments and titles alone', () => {
  expect(rulesIn('## 1 A\n- **R1.1** x R1.9\n  - **R1.2** y\n## 2 B\n- **R2.1** z')).toEqual([
    { number: 'R1.1', section: '1 A' },
    { number: 'R2.1', section: '2 B' },
  ]);
  expect(docComments("/** One R1.1. */\nconst x = 'R1.2'; // R1.3\n/* R1.4 */")).toBe(
    '/** One R1.1. */',
  );
  expect(
    titlesIn(`
      describe('a (R1.1)', () => {
        it.each([['R8.8', 1]])('b %s (R1.2)', () => expect(run('R8.9')).toBe(1));
        test.each\`x\`("c (R1.3)", () => {});
        it(\`d \${x} (R1.4)\`, () => { later('e (R8.7)'); });
        it.only('f (R1.5)', () => {}); // it('g (R8.6)')
        it.skip('h (R8.5)', () => {}); it.todo('i (R8.4)');
      });`),
  ).toEqual(['a (R1.1)', 'b %s (R1.2)', 'c (R1.3)', 'd … (R1.4)', 'f (R1.5)']);
});
