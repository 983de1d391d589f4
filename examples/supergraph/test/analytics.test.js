const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { after, before, describe, it } = require('node:test');
const { history } = require('../neighbours/events');
const { startSupergraph } = require('../supergraph');
const { ask } = require('./client');

const PROGRAM = join(__dirname, '../../analytics/dist/main.js');

describe('the analytics script', { timeout: 240_000 }, () => {
  let supergraph;
  let folder;

  before(async () => {
    supergraph = await startSupergraph();
    await supergraph.rewards.tell(history());
    folder = mkdtempSync(join(tmpdir(), 'rewards-analytics-'));
  });
  after(async () => {
    await supergraph?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function run(token, program = 'EU') {
    const env = {
      ...process.env,
      ...{ GATEWAY_URL: supergraph.url, TOKEN: token, PROGRAM: program, FOLDER: folder },
    };
    return spawnSync(process.execPath, [PROGRAM], { env, encoding: 'utf8' });
  }

  const rowsOf = (name) => {
    const [header, ...lines] = readFileSync(join(folder, name), 'utf8').trim().split('\n');
    const names = header.split(',');
    return lines.map((line) =>
      Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])),
    );
  };

  it('writes the months behind, whose last one owes what the members have', async () => {
    const { status, stderr } = run(await supergraph.token('ana', 'rewards:analytics'));
    assert.equal(status, 0, stderr);
    const months = rowsOf('months.csv');
    assert.equal(months.length, 12);
    const last = months.at(-1);
    assert.deepEqual([last.issued, last.outstanding, last.value], ['27000', '27000', '270.00']);
    const desk = await supergraph.token('dan', 'rewards:desk');
    const { data } = await ask(
      supergraph.url,
      desk,
      '{ a: rewardsMember(customerId: "ada") { xPoints { available } } b: rewardsMember(customerId: "ben") { xPoints { available } } }',
    );
    const available = data.a.xPoints.available + data.b.xPoints.available;
    assert.equal(Number(last.available), available);
  });

  it('writes the year ahead, in which all of it expires if nobody spends', () => {
    const points = rowsOf('expiry-ahead.csv').reduce((sum, row) => sum + Number(row.points), 0);
    assert.equal(points, 27_000);
  });

  it('draws three pictures', () => {
    for (const name of ['liability', 'flows', 'expiry-calendar']) {
      const svg = readFileSync(join(folder, `${name}.svg`), 'utf8');
      assert.match(svg, /^<svg [^>]*>/);
      assert.ok(svg.trimEnd().endsWith('</svg>') && svg.includes('X-Points'));
    }
  });

  it('is refused to whoever may not, and says so of a program that there is not', async () => {
    const member = run(await supergraph.token('ada'));
    assert.equal(member.status, 1);
    const unknown = run(await supergraph.token('ana', 'rewards:analytics'), 'XX');
    assert.deepEqual([unknown.status, unknown.stderr.trim()], [1, 'There is no program XX.']);
  });
});
