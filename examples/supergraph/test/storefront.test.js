const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { mkdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { after, before, describe, it } = require('node:test');
const { isForEverybody } = require('../../storefront/accessible');
const { startChromium } = require('../../storefront/chromium');
const { serveStorefront } = require('../../storefront/serve');
const { ORDERS } = require('../neighbours/data');
const { delivered, history, paid, placed } = require('../neighbours/events');
const { freePort } = require('../processes');
const { startSupergraph } = require('../supergraph');
const { ask } = require('./client');
const { countedCalls, takeWebhooks } = require('./order-system');

const ROOT = join(__dirname, '../../..');
const SHOTS = join(ROOT, 'examples/storefront/dist/screenshots');

const RELEASE = `mutation ReleaseRedemption($input: ReleaseRedemptionInput!) {
  releaseRedemption(input: $input) { __typename ... on RedeemXPointsSuccess { redemption { state } } }
}`;
const PAID_WITH = `query ($id: ID!) {
  order(id: $id) { xPoints { redemptions { id state points } } }
  rewardsMember(customerId: "ada") { xPoints { available held } }
}`;
const HOLD = `mutation ($input: RedeemXPointsInput!) { redeemXPoints(input: $input) { __typename } }`;
const DESK = {
  suspend: `mutation ($input: SuspendMemberInput!) { suspendMember(input: $input) { __typename } }`,
  reinstate: `mutation ($input: ReinstateMemberInput!) { reinstateMember(input: $input) { __typename } }`,
};

const order = (id) => ORDERS.find((one) => one.id === id);
/** An event about an order again, under another id. */
const again = (event, data) => ({
  ...event,
  id: `${event.id}-2`,
  data: { ...event.data, ...data },
});

describe('the storefront, in a browser', { timeout: 300_000 }, () => {
  const stops = [];
  let supergraph;
  let operationsUrl;
  let orderSystem;
  let shop;
  let page;
  let ada;
  let desk;
  let service;
  /** What the page and the order system sent to the gateway. */
  const sent = [];
  const keys = [];

  before(async () => {
    orderSystem = await takeWebhooks();
    stops.push(orderSystem.stop);
    const operationsPort = String(await freePort());
    operationsUrl = `http://127.0.0.1:${operationsPort}`;
    supergraph = await startSupergraph({
      env: {
        OPERATIONS_PORT: operationsPort,
        WEBHOOK_URL: orderSystem.url,
        WEBHOOK_SECRET: `whsec_${randomBytes(24).toString('base64')}`,
      },
    });
    stops.push(supergraph.stop);
    await supergraph.rewards.tell(history());
    ada = await supergraph.token('ada');
    desk = await supergraph.token('desk-1', 'rewards:desk');
    service = await supergraph.token('orders', 'rewards:service');
    const session = async () => ({ customerId: 'ada', token: ada });
    shop = await serveStorefront({ gateway: supergraph.url, session });
    stops.push(shop.stop);
    const browser = await startChromium();
    stops.push(() => browser.close());
    page = await browser.newPage({ viewport: { width: 1200, height: 900 }, locale: 'en-US' });
    page.setDefaultTimeout(8_000);
    page.on('request', (request) => {
      const body = request.method() === 'POST' ? request.postDataJSON() : null;
      if (body === null) return;
      sent.push(`${/^\s*(\w+)/.exec(body.query)[1]} ${body.operationName}`);
      if (body.variables.input) keys.push(body.variables.input.idempotencyKey);
    });
    mkdirSync(SHOTS, { recursive: true });
  });
  after(async () => {
    while (stops.length > 0) await stops.pop()();
  });

  const button = (name) => page.getByRole('button', { name });
  const status = () => page.locator('.outcome');
  const open = async (number) => {
    await page.goto(shop.url);
    await button(`Check out order ${number}`).click();
  };
  const use = async (points) => {
    await page.getByLabel('Points to use').fill(String(points));
    await button('Use points').click();
  };
  const says = (text) => status().getByText(text).waitFor();
  const paidWith = async (id) => (await ask(supergraph.url, ada, PAID_WITH, { id })).data;

  it('shows a member what they have, where they stand, and what points mean to each order', async () => {
    await page.goto(shop.url);
    const mine = page.getByRole('region', { name: 'X-Points' });
    await mine.getByText('23,000 points').first().waitFor();
    const text = await mine.innerText();
    for (const part of ['worth €230.00', 'Silver', '€48,500.00 to Gold', '· 23,000 points']) {
      assert.ok(text.includes(part), `${part} is missing in ${text}`);
    }
    const toPay = await page.getByRole('region', { name: 'To be paid' }).innerText();
    assert.match(toPay, /Order #1003\s+€250\.00\s+earns 500 points/);
    const earlier = await page.getByRole('region', { name: 'Earlier orders' }).innerText();
    assert.match(earlier, /Order #1002\s+€9,000\.00\s+earned 10,500 points/);
    await isForEverybody(page);
    await page.screenshot({ path: join(SHOTS, 'page.png'), fullPage: true });
  });

  it('sets points aside at checkout, by keyboard alone, and captures them when the order is paid', async () => {
    const bought = order('order-1003');
    await supergraph.rewards.tell([placed(bought)]);
    await page.goto(shop.url);
    await button('Check out order #1003').focus();
    await page.keyboard.press('Enter');
    await page.getByText('Up to 23,000, worth €230.00.').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('5000');
    await page.getByText('€200.00').waitFor();
    await isForEverybody(page);
    await page.screenshot({ path: join(SHOTS, 'checkout.png'), fullPage: true });
    await page.keyboard.press('Enter');
    await says(/5,000 points, worth €50\.00, are set aside for this order/);
    const about = ({ orderId }) => orderId === bought.id;
    await orderSystem.next('rewards.redemption.held', about);
    await page.getByTestId('available').getByText('18,000').waitFor();
    await supergraph.rewards.tell([again(paid(bought), { xPoints: 5_000 }), delivered(bought)]);
    await orderSystem.next('rewards.redemption.captured', about);
    await orderSystem.next('rewards.points.credited', about);
    // 200.00 were paid in money, by a Silver member.
    await page.goto(shop.url);
    await page.getByText('earned 400 points, paid 5,000 points').waitFor();
    await page.getByTestId('available').getByText('18,400').waitFor();
  });

  it('gives back what a cancelled order took, and takes back what it gave', async () => {
    const { id } = order('order-1003');
    const { data, ...event } = paid(order('order-1003'));
    await supergraph.rewards.tell([
      { ...event, id: `cancelled:${id}`, type: 'order.cancelled', data },
    ]);
    const about = ({ orderId }) => orderId === id;
    await orderSystem.next('rewards.redemption.restored', about);
    await orderSystem.next('rewards.points.reversed', about);
    await page.goto(shop.url);
    await page.getByTestId('available').getByText('23,000').waitFor();
  });

  it('uses points once although the answer was lost, and the page was left and opened again', async () => {
    const bought = order('order-1004');
    await supergraph.rewards.tell([placed(bought)]);
    await open('#1004');
    const isRedeem = (request) => request.postData()?.includes('RedeemAtCheckout');
    await page.route('**/graphql', async (route) => {
      if (!isRedeem(route.request())) return route.continue();
      await route.fetch();
      await route.abort('connectionreset');
    });
    keys.length = 0;
    await use(2_000);
    await says(/No answer came/);
    assert.equal(await page.getByLabel('Points to use').isDisabled(), true);
    await page.unroute('**/graphql');
    assert.deepEqual((await paidWith(bought.id)).rewardsMember.xPoints, {
      available: 21_000,
      held: 2_000,
    });

    await open('#1004');
    await says(/No answer came/);
    assert.equal(await page.getByLabel('Points to use').inputValue(), '2000');
    await page.screenshot({ path: join(SHOTS, 'unknown.png'), fullPage: true });
    await button('Try again').click();
    await says(/2,000 points, worth €20\.00, are set aside/);
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1]);
    const { order: seen, rewardsMember } = await paidWith(bought.id);
    assert.deepEqual(rewardsMember.xPoints, { available: 21_000, held: 2_000 });
    const [hold, ...others] = seen.xPoints.redemptions;
    assert.deepEqual([hold.state, hold.points, others], ['HELD', 2_000, []]);

    const input = { redemptionId: hold.id, idempotencyKey: 'given-up-1004' };
    sent.push('mutation ReleaseRedemption');
    const released = await ask(supergraph.url, service, RELEASE, { input });
    assert.equal(released.data.releaseRedemption.redemption.state, 'RELEASED');
    await orderSystem.next('rewards.redemption.released', ({ orderId }) => orderId === bought.id);
  });

  it('tells a member every refusal in words, with the number that explains it, and goes on', async () => {
    const bought = order('order-1005');
    const membership = async (document, more) => {
      const input = { customerId: 'ada', idempotencyKey: randomBytes(8).toString('hex'), ...more };
      const { data } = await ask(supergraph.url, desk, document, { input });
      assert.equal(Object.values(data)[0].__typename, 'RewardsMembershipSuccess');
    };
    await open('#1005');
    await use(4_000);
    await says(/has not reached the rewards program yet/);
    await supergraph.rewards.tell([placed(bought)]);
    await use(4_551);
    await says(/more than what is left to pay.* At most: 4,550 points/);
    await page.screenshot({ path: join(SHOTS, 'refused.png'), fullPage: true });

    const elsewhere = {
      ...order('order-1003'),
      id: 'elsewhere',
      netTotal: { amount: '900.00', currency: 'EUR' },
    };
    await supergraph.rewards.tell([placed(elsewhere)]);
    const input = {
      customerId: 'ada',
      orderId: 'elsewhere',
      points: 22_900,
      idempotencyKey: 'elsewhere',
    };
    assert.equal(
      (await ask(supergraph.url, ada, HOLD, { input })).data.redeemXPoints.__typename,
      'RedeemXPointsSuccess',
    );
    await use(4_000);
    await says(/do not have that many points any more\. You have 100/);

    await membership(DESK.suspend, { reason: 'a question about an invoice' });
    await use(50);
    await says(/does not allow paying with points at the moment/);
    await membership(DESK.reinstate);
    await use(50);
    await says(/50 points, worth €0\.50, are set aside/);

    await open('#1005');
    await supergraph.rewards.tell([paid(bought)]);
    await use(10);
    await says(/paid or cancelled already/);
  });

  it('has words for every refusal that the schema names', () => {
    const schema = readFileSync(join(ROOT, 'schema/rewards.graphql'), 'utf8');
    const said = /hold \(R6\.4, R6\.7\)\..*Refused, in this order: ([A-Z_, ]+)\./
      .exec(schema)[1]
      .split(', ');
    assert.equal(said.length, 9);
    const words = readFileSync(join(ROOT, 'examples/storefront/src/refusals.ts'), 'utf8');
    for (const code of [...said, 'ACCOUNT_FROZEN', 'IDEMPOTENCY_CONFLICT']) {
      assert.match(words, new RegExp(`^  ${code}: '`, 'm'));
    }
  });

  it('fits a narrow screen', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(shop.url);
    await page.getByTestId('available').waitFor();
    await isForEverybody(page);
    await page.screenshot({ path: join(SHOTS, 'narrow.png'), fullPage: true });
    await button('Check out order #1004').click();
    await page.getByLabel('Points to use').fill('100');
    await isForEverybody(page);
    await page.screenshot({ path: join(SHOTS, 'narrow-checkout.png'), fullPage: true });
  });

  it('makes every call that the picture of the checkout shows', async () => {
    const picture = /```mermaid\n([\s\S]*?)```/.exec(
      readFileSync(join(ROOT, 'docs/checkout.md'), 'utf8'),
    )[1];
    const drawn = [...picture.matchAll(/->>\w+: (.+)$/gm)].map(([, call]) => call);
    assert.ok(drawn.length >= 15, 'the picture was not understood');
    const made = [
      ...sent,
      ...(await countedCalls(operationsUrl)),
      ...orderSystem.taken.map(({ type }) => `webhook ${type}`),
    ];
    assert.deepEqual(
      drawn.filter((call) => !made.includes(call)),
      [],
    );
  });

  it('sells without points while Rewards is down, and with them when it is back', async () => {
    await supergraph.rewards.stop();
    await page.goto(shop.url);
    await page.getByText('Your points cannot be shown at the moment').waitFor();
    await button('Check out order #1004').click();
    await page.getByText('The order can be paid without').waitFor();
    await isForEverybody(page);
    await page.screenshot({ path: join(SHOTS, 'without.png'), fullPage: true });
    await supergraph.rewards.start();
    await button('Try again').click();
    await page.getByTestId('available').waitFor();
    await page.getByLabel('Points to use').waitFor();
  });
});
