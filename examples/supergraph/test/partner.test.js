const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { join } = require('node:path');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { delivered, history, paid, placed, registered } = require('../neighbours/events');
const { startSupergraph } = require('../supergraph');

const PROGRAM = join(__dirname, '../../partner/dist/main.js');
/** Longest wait for a line, in milliseconds. */
const LINE_MS = 60_000;

describe('the partner dashboard', { timeout: 240_000 }, () => {
  let supergraph;
  let partner;
  let dashboard = null;
  let orders = 0;

  before(async () => {
    supergraph = await startSupergraph();
    await supergraph.rewards.tell(history());
    partner = await supergraph.token('pat', 'rewards:partner', 'acme');
  });
  after(async () => {
    await dashboard?.end();
    await supergraph?.stop();
  });

  function open(token) {
    const env = { ...process.env, GATEWAY_URL: supergraph.url, ORGANIZATION: 'acme', TOKEN: token };
    const child = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = once(child, 'exit');
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        output += chunk;
      });
    }
    return {
      exited,
      lines: () => output.split('\n'),
      async line(wanted) {
        for (let waited = 0; waited < LINE_MS; waited += 20) {
          if (output.split('\n').includes(wanted)) return;
          await sleep(20);
        }
        assert.fail(`There is no line "${wanted}" in:\n${output.slice(-3_000)}`);
      },
      async end() {
        if (child.exitCode === null) child.kill('SIGTERM');
        await exited;
      },
    };
  }

  /** One order of 10 euros from beginning to end: one change of the balance more. */
  async function earn(customerId) {
    orders += 1;
    const netTotal = { amount: '10.00', currency: 'EUR' };
    const order = { id: `p-${orders}`, customerId, netTotal };
    await supergraph.rewards.tell([placed(order), paid(order), delivered(order)]);
  }

  const changesOf = (id) =>
    dashboard
      .lines()
      .filter((line) => line.startsWith(`${id} #`))
      .map((line) => Number(/#(\d+)/.exec(line)[1]));

  it('opens with the members, by name, and what they have together', async () => {
    dashboard = open(partner);
    await dashboard.line('EU: 2 members (1 BRONZE, 1 SILVER, 0 GOLD), worth 270.00 EUR');
    await dashboard.line('Ada Brandt, SILVER: 23000 available, 0 held');
    await dashboard.line('Ben Okafor, BRONZE: 4000 available, 0 held');
    await dashboard.line('Together 27000 available, 0 held, 0 owed');
    await dashboard.line('Following all');
  });

  it('shows each change as it comes, of every member', async () => {
    await earn('ben');
    await dashboard.line('ben #2 CREDITED 10');
    await dashboard.line('Together 27010 available, 0 held, 0 owed');
    await earn('ada');
    await dashboard.line('ada #3 CREDITED 20');
    await dashboard.line('Together 27030 available, 0 held, 0 owed');
  });

  it('misses nothing and sees nothing twice while the gateway and Rewards are restarted', async () => {
    await supergraph.gateway.stop();
    await earn('ben');
    await supergraph.rewards.stop();
    await supergraph.rewards.start();
    await earn('ada');
    await earn('ben');
    await supergraph.gateway.start();
    await earn('ada');
    await dashboard.line('Together 27090 available, 0 held, 0 owed');
    assert.deepEqual(
      [changesOf('ada'), changesOf('ben')],
      [
        [3, 4, 5],
        [2, 3, 4],
      ],
    );
  });

  it('shows who joins the organisation meanwhile, and nothing of who never did', async () => {
    const eve = { id: 'eve', email: 'eve@acme.example', program: 'EU', organizationId: 'acme' };
    await supergraph.rewards.tell([registered(eve)]);
    await earn('eve');
    await earn('cem');
    await dashboard.line('Together 27100 available, 0 held, 0 owed');
    assert.deepEqual(changesOf('cem'), []);
  });

  it('is nobody else’s: a member’s own token or another partner’s opens nothing', async () => {
    const strangers = [
      await supergraph.token('ada'),
      await supergraph.token('pia', 'rewards:partner', 'demir'),
    ];
    for (const token of strangers) {
      const closed = open(token);
      const [code] = await closed.exited;
      assert.equal(code, 1);
      assert.ok(!closed.lines().some((line) => /available/.test(line)));
    }
  });
});
