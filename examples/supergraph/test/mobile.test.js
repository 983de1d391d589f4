const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { existsSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { CUSTOMERS } = require('../neighbours/data');
const { delivered, paid, placed, registered } = require('../neighbours/events');
const { startSupergraph } = require('../supergraph');
const { startNetwork } = require('./network');
const { ask } = require('./client');

const APP = join(__dirname, '../../mobile/dist/app.js');
/** Longest wait for the app to know what the server knows. */
const CAUGHT_UP_MS = 60_000;

const BALANCE = `{ rewardsMember(customerId: "ada") { xPoints { sequence available } } }`;

describe('the mobile app', { timeout: 300_000 }, () => {
  let supergraph;
  let network;
  let token;
  let folder;
  let file;
  let app = null;
  let output = '';
  let orders = 0;

  before(async () => {
    supergraph = await startSupergraph();
    await supergraph.rewards.tell([registered(CUSTOMERS.find(({ id }) => id === 'ada'))]);
    network = await startNetwork(Number(new URL(supergraph.url).port));
    token = await supergraph.token('ada');
    folder = mkdtempSync(join(tmpdir(), 'rewards-mobile-'));
    file = join(folder, 'ada.json');
  });
  after(async () => {
    await kill('SIGKILL');
    await network?.stop();
    await supergraph?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function start() {
    const env = {
      ...process.env,
      GATEWAY_URL: `ws://127.0.0.1:${network.port}/graphql`,
      CUSTOMER_ID: 'ada',
      TOKEN: token,
      STATE_FILE: file,
      PING_MS: '1000',
    };
    app = spawn(process.execPath, [APP], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const child = app;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        output += chunk;
      });
    }
  }

  async function kill(signal) {
    if (app === null || app.exitCode !== null || app.signalCode !== null) return;
    const ended = once(app, 'exit');
    app.kill(signal);
    await ended;
  }

  /** One order from beginning to end: one change of the balance more. */
  async function earn(net = '10.00') {
    orders += 1;
    const order = {
      id: `m-${orders}`,
      customerId: 'ada',
      netTotal: { amount: net, currency: 'EUR' },
    };
    await supergraph.rewards.tell([placed(order), paid(order), delivered(order)]);
  }

  const kept = () => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null);

  /** Waits until the app has seen what there is, then looks at every change it kept. */
  async function isComplete() {
    const { data } = await ask(supergraph.url, token, BALANCE);
    const { sequence, available } = data.rewardsMember.xPoints;
    for (let waited = 0; kept()?.sequence !== sequence; waited += 50) {
      const shown = () => `kept ${kept()?.sequence} of ${sequence}:\n${output.slice(-3_000)}`;
      assert.ok(waited < CAUGHT_UP_MS, `The app did not catch up, it ${shown()}`);
      await sleep(50);
    }
    const { changes, balance } = kept();
    const [first, ...later] = changes;
    assert.equal(first.entry, null);
    assert.deepEqual(
      later.map((one) => one.sequence),
      Array.from({ length: sequence - first.sequence }, (_, i) => first.sequence + 1 + i),
    );
    const sum = later.reduce(
      (all, { entry }) => all + entry.availableChange,
      first.balance.available,
    );
    assert.deepEqual([sum, balance.available], [available, available]);
  }

  it('begins with a snapshot and follows each change', async () => {
    await earn();
    start();
    while (kept() === null) await sleep(20);
    for (let i = 0; i < 3; i += 1) await earn();
    await isComplete();
  });

  it('misses nothing and sees nothing twice when it is killed while changes come, again and again', async () => {
    for (let i = 0; i < 5; i += 1) {
      const earning = (async () => {
        for (let j = 0; j < 6; j += 1) await earn();
      })();
      await sleep(20 + Math.random() * 150);
      await kill('SIGKILL');
      await earning;
      await earn();
      start();
    }
    await isComplete();
  });

  it('finds out that the network is gone without being told, and goes on', async () => {
    network.goSilent();
    for (let i = 0; i < 3; i += 1) await earn();
    await isComplete();
  });

  it('goes on where it was when Rewards was restarted', async () => {
    await supergraph.rewards.stop();
    await sleep(300);
    await supergraph.rewards.start();
    for (let i = 0; i < 3; i += 1) await earn();
    await isComplete();
  });

  it('goes on where it was when the gateway was restarted, with changes meanwhile', async () => {
    await supergraph.gateway.stop();
    for (let i = 0; i < 3; i += 1) await earn();
    await supergraph.gateway.start();
    await earn();
    await isComplete();
  });

  it('goes on where it was when the app and both servers went away at once', async () => {
    await kill('SIGKILL');
    await supergraph.gateway.stop();
    await earn();
    await supergraph.rewards.stop();
    start();
    await supergraph.rewards.start();
    await earn();
    await supergraph.gateway.start();
    await isComplete();
    await kill('SIGTERM');
    assert.equal(app.exitCode, 0);
  });
});
