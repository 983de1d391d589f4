/**
 * Writes into README.md which story is played through which gateway, and why one is not; with --check it fails where the
 * page says something else.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { GATEWAYS } = require('../gateways');
const { reasonAgainst, STORIES } = require('./stories');

const README = join(__dirname, '../README.md');
const MARKED = /(<!-- node test\/table.js -->\n\n)[\s\S]*?(<!-- end -->)/;

function table() {
  const gateways = Object.entries(GATEWAYS);
  const reasons = [];
  const cell = (story, gateway) => {
    const reason = reasonAgainst(story, gateway);
    if (!reason) return 'yes';
    if (!reasons.includes(reason)) reasons.push(reason);
    return `no (${reasons.indexOf(reason) + 1})`;
  };
  const row = (cells) => `| ${cells.join(' | ')} |\n`;
  const ways = ([, { subscriptions }]) => subscriptions.join(', ');
  const lines = [
    row(['story', ...gateways.map(([name]) => name)]),
    row(['---', ...gateways.map(() => '---')]),
    row(['*subscriptions from Rewards*', ...gateways.map(ways)]),
    ...STORIES.map((story) => row([story.title, ...gateways.map(([, one]) => cell(story, one))])),
  ];
  const notes = reasons.map((reason, index) => `${index + 1}. ${reason}\n`);
  return `${lines.join('')}\n${notes.join('')}\n`;
}

const page = readFileSync(README, 'utf8');
if (!MARKED.test(page)) throw new Error('README.md has lost the marks of test/table.js.');
const updated = page.replace(MARKED, (_all, start, end) => `${start}${table()}${end}`);
if (!process.argv.includes('--check')) {
  writeFileSync(README, updated);
} else if (page !== updated) {
  console.error('README.md is out of date: run `node test/table.js` in examples/supergraph');
  process.exitCode = 1;
}
