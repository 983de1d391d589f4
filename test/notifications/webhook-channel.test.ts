import type { App } from '../../src/app';
import { type Mailer, startMailer } from '../../src/notifications/mailer';
import { noteWebhook } from '../../src/notifications/webhook-channel';
import { type Relay, startRelay } from '../../src/outbox/relay';
import { freshApp, type RunningApp } from '../events/test-app';
import { report } from '../events/test-events';
import { countOf, endpoint, eventually } from '../outbox/outbox';
import { Receiver } from '../outbox/receiver';
import { mailsIn, mailsOf } from './told';

let app: RunningApp;
let receiver: Receiver;
let relay: Relay | null = null;
let mailer: Mailer | null = null;

beforeEach(async () => {
  receiver = await Receiver.start();
  app = await freshApp({ webhooks: [endpoint(receiver.url)] });
});

afterEach(async () => {
  await Promise.all([relay?.stop(), mailer?.stop()]);
  relay = null;
  mailer = null;
  await app.close();
  await receiver.stop();
});

/** Ada was told of points that were credited to her. */
async function earn(email: string | null): Promise<void> {
  const ada = { customerId: 'ada', program: 'EU', ...(email === null ? {} : { email }) };
  await report(app, 'customer.registered', ada);
  await report(app, 'order.placed', {
    ...{ orderId: 'o1', customerId: 'ada', net: '100.00', currency: 'EUR' },
  });
  await report(app, 'order.paid', { orderId: 'o1' });
  await report(app, 'order.delivered', { orderId: 'o1' });
}

function startRelaying(
  taken = (message: Parameters<typeof noteWebhook>[1]) => noteWebhook(app, message),
): void {
  relay = startRelay(app, { taken, pollMs: 50, leaseMs: 300 });
}

const allTold = () => eventually(async () => (await countOf(app.database, 'PENDING')) === 0);
const told = () => mailsOf(app.database, 'ada');

it('a member without an address is told by the platform, once it took the webhook (R9.1)', async () => {
  await earn(null);
  mailer = startMailer(app);
  await eventually(async () => (await mailsIn(app.database, 'NONE')) === 1);
  expect(await told()).toMatchObject([{ channel: null, delivered: false }]);
  startRelaying();
  await allTold();
  expect(await told()).toMatchObject([{ mail_state: 'NONE', channel: 'WEBHOOK', delivered: true }]);
});

it('it makes no difference which comes first', async () => {
  await earn(null);
  startRelaying(async () => undefined);
  await allTold();
  expect(await told()).toMatchObject([{ channel: null }]);
  mailer = startMailer(app);
  await eventually(async () => (await told())[0]!.channel === 'WEBHOOK');
});

it('a member with an address is told by mail alone', async () => {
  await earn('ada@acme.example');
  startRelaying();
  await allTold();
  expect(await told()).toMatchObject([{ mail_state: 'PENDING', channel: null }]);
  mailer = startMailer(app);
  await eventually(async () => (await mailsIn(app.database, 'SENT')) === 1);
  expect(await told()).toMatchObject([{ channel: 'PAGE' }]);
});

it('where mail is off the platform tells everybody', async () => {
  await earn('ada@acme.example');
  const off: App = { ...app, config: { ...app.config, production: true } };
  startRelaying((message) => noteWebhook(off, message));
  await allTold();
  expect(await told()).toMatchObject([{ channel: 'WEBHOOK', delivered: true }]);
  mailer = startMailer(off);
  await eventually(async () => (await mailsIn(app.database, 'NONE')) === 1);
  expect(await told()).toMatchObject([{ channel: 'WEBHOOK' }]);
});

it('a webhook that could not be noted comes again, and is', async () => {
  await earn(null);
  let failures = 0;
  startRelaying(async (message) => {
    if (message.type === 'member.notified' && failures < 2) {
      failures += 1;
      throw new Error('The ledger is away');
    }
    await noteWebhook(app, message);
  });
  await allTold();
  expect(failures).toBe(2);
  expect(await told()).toMatchObject([{ channel: 'WEBHOOK', delivered: true }]);
  const attempts = receiver.received.filter(({ body }) => body.includes('member.notified'));
  expect(attempts).toHaveLength(3);
});
