import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCitations } from './citations';
import { indexRules } from './rule-index';

/**
 * `npm run rules` writes the index of the rules into README.md, between its markers: which file decides each, which tests
 * show it. With `-- --check` it writes nothing and fails where the index is stale.
 */
const ROOT = join(__dirname, '../..');
const README = join(ROOT, 'README.md');
const BETWEEN = /(<!-- rules: [^\n]* -->\n)[\s\S]*?(\n<!-- \/rules -->)/;

/** What is wrong; nothing where the index is right by now. */
function main(): readonly string[] {
  const indexed = indexRules(readCitations(ROOT));
  if ('mistakes' in indexed) return indexed.mistakes;
  const before = readFileSync(README, 'utf8');
  if (!BETWEEN.test(before)) return ['README.md has no markers for the index of the rules.'];
  const after = before.replace(
    BETWEEN,
    (_, open: string, close: string) => `${open}\n${indexed.table}\n${close}`,
  );
  if (after !== before && process.argv.includes('--check')) {
    return ['The index of the rules in README.md is stale: run `npm run rules`.'];
  }
  if (after !== before) writeFileSync(README, after);
  return [];
}

const wrong = main();
for (const line of wrong) process.stderr.write(`${line}\n`);
if (wrong.length > 0) process.exitCode = 1;
