/**
 * Writes docs/asyncapi.yaml from the schemas that read and write events, and has AsyncAPI's own parser validate it.
 *
 *   node contract.js           writes it
 *   node contract.js --check   fails where the committed one is out of date, writes nothing
 */
const { execFileSync } = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { Parser } = require('@asyncapi/parser');
const { dump } = require('js-yaml');

const ROOT = join(__dirname, '../..');
const FILE = join(ROOT, 'docs/asyncapi.yaml');

async function main() {
  const program = ['-r', '@swc-node/register', 'src/server/asyncapi.ts'];
  const json = execFileSync(process.execPath, program, { cwd: ROOT, encoding: 'utf8' });
  const text = dump(JSON.parse(json), { lineWidth: 120, noRefs: true });
  const { document, diagnostics } = await new Parser().parse(text);
  const problems = diagnostics.filter(({ severity }) => severity <= 1);
  for (const { path, message } of problems) console.error(`${path.join('.')}: ${message}`);
  if (!document || problems.length > 0) process.exitCode = 1;
  else if (!process.argv.includes('--check')) writeFileSync(FILE, text);
  else if (readFileSync(FILE, 'utf8') !== text) {
    console.error('docs/asyncapi.yaml is out of date: run `npm run asyncapi`.');
    process.exitCode = 1;
  }
  console.log(`${document?.messages().all().length ?? 0} messages, ${problems.length} problems`);
}

main();
