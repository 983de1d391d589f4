/**
 * Composes the Rewards subgraph with its neighbours into supergraph.graphql, by every composer that platforms run, and
 * the contract variant of what is tagged for partners into partner.graphql. Fails where any of them does.
 *
 *   node compose.js           writes both
 *   node compose.js --check   fails where a committed one is out of date, writes nothing
 */
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { COMPOSERS, composeVariant, platformSubgraphs } = require('./composition');

/** The supergraph as Apollo composes it; null where a composer fails. */
function compose() {
  const subgraphs = platformSubgraphs();
  let hasFailed = false;
  let supergraph = null;
  for (const [name, composer] of Object.entries(COMPOSERS)) {
    const composed = composer(subgraphs);
    if (composed === null) {
      console.log(`${name}: SKIPPED, not installed (its optional package is for Linux on x64)`);
      continue;
    }
    const { errors, hints = [] } = composed;
    console.log(`${name}: ${errors.length === 0 ? 'composes' : 'does not compose'}`);
    for (const error of errors) console.error(`  error: ${error.message}`);
    for (const hint of hints) console.log(`  hint: ${hint.message}`);
    hasFailed ||= errors.length > 0;
    if (name === 'apollo') supergraph = `${composed.supergraph?.trimEnd()}\n`;
  }
  return hasFailed ? null : supergraph;
}

function keep(name, text) {
  const file = join(__dirname, name);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`${name} is out of date: run \`npm run compose\``);
    process.exitCode = 1;
  }
}

const supergraph = compose();
if (supergraph === null) {
  process.exitCode = 1;
} else {
  keep('supergraph.graphql', supergraph);
  keep('partner.graphql', composeVariant('partner'));
}
