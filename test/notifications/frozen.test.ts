import type { DataSource } from 'typeorm';
import { moveClock } from '../../src/database/clock';
import { createDataSource } from '../../src/database/data-source';
import { freezeAccount, unfreezeAccount } from '../../src/ledger/freeze';
import { type Mailer, startMailer } from '../../src/notifications/mailer';
import { tellMembersOfExpiry } from '../../src/notifications/tell-members-expiring';
import { noteWebhook } from '../../src/notifications/webhook-channel';
import { type Relay, startRelay } from '../../src/outbox/relay';
import { publishTerms } from '../../src/terms/publish-terms';
import { tellMembersOfTerms } from '../../src/terms/tell-members';
import { freshApp, type RunningApp } from '../events/test-app';
import { report } from '../events/test-events';
import { countOf, endpoint, eventually } from '../outbox/outbox';
import { Receiver } from '../outbox/receiver';
import { ownerUrlOf } from '../support/database';
import { MailServer } from './mail-server';
import { addMember, mailsIn, mailsOf } from './told';

const BY = { actor: 'operator:olga', reason: 'A look.' };
const START = Date.UTC(2026, 0, 10, 9);

let app: RunningApp;
let owner: DataSource;
let server: MailServer;
let receiver: Receiver;
let mailer: Mailer | null = null;
let relay: Relay | null = null;

beforeEach(async () => {
  server = await MailServer.start();
  receiver = await Receiver.start();
  app = await freshApp({
    mail: { url: server.url, requireTls: false, from: 'rewards@shop.example', replyTo: null },
    webhooks: [endpoint(receiver.url)],
  });
  owner = await createDataSource(ownerUrlOf(app.config.databaseUrl!), {
    session: 'migration',
  }).initialize();
  await moveClock(app.database, START);
});

afterEach(async () => {
  await Promise.all([mailer?.stop(), relay?.stop()]);
  mailer = null;
  relay = null;
  await owner.destroy();
  await app.close();
  await server.stop();
  await receiver.stop();
});

async function earn(customerId: string): Promise<void> {
  const orderId = `${customerId}-1`;
  await report(app, 'order.placed', { orderId, customerId, net: '100.00', currency: 'EUR' });
  await report(app, 'order.paid', { orderId });
  await report(app, 'order.delivered', { orderId });
}

const freeze = (id = 'ada') => freezeAccount(owner, id, BY);
const letGo = (id = 'ada') => unfreezeAccount(owner, id, BY);

/** How often members were told of something, by their ids. */
async function toldOf(kind: string): Promise<Record<string, number>> {
  const rows = await app.database.query<{ id: string; n: number }[]>(
    'select account_id as id, count(*) as n from notifications where kind = $1 group by 1',
    [kind],
  );
  return Object.fromEntries(rows.map(({ id, n }) => [id, n]));
}

/** Takes turns of a job until nobody is left, at most ten. */
async function untilDone(turn: () => Promise<boolean>): Promise<void> {
  for (let turns = 1; !(await turn()); turns += 1) {
    if (turns === 10) throw new Error('The job never came to an end');
  }
}

it('the job of new terms leaves it out, comes to its end, and tells it once it is let go', async () => {
  for (const id of ['ada', 'bo']) await addMember(app, id, null);
  await freeze();
  const published = await publishTerms(app, {
    ...{ program: 'EU', effectiveOn: '2026-06-01', changes: { lotValidityMonths: 24 } },
    ...{ dryRun: false, idempotencyKey: 'k', actor: 'desk:dan' },
  });
  expect(published).not.toHaveProperty('refused');
  await untilDone(() => tellMembersOfTerms(app));
  expect(await toldOf('TERMS_CHANGED')).toEqual({ bo: 1 });
  await letGo();
  await untilDone(() => tellMembersOfTerms(app));
  expect(await toldOf('TERMS_CHANGED')).toEqual({ ada: 1, bo: 1 });
});

it('so does the job of points that will expire, also some days later, and tells nobody twice', async () => {
  for (const id of ['ada', 'bo']) {
    await addMember(app, id, null);
    await earn(id);
  }
  await freeze();
  await moveClock(app.database, Date.UTC(2026, 11, 12, 9));
  await untilDone(() => tellMembersOfExpiry(app));
  expect(await toldOf('POINTS_EXPIRING')).toEqual({ bo: 1 });
  await moveClock(app.database, Date.UTC(2026, 11, 15, 9));
  await untilDone(() => tellMembersOfExpiry(app));
  await letGo();
  await untilDone(() => tellMembersOfExpiry(app));
  expect(await toldOf('POINTS_EXPIRING')).toEqual({ ada: 1, bo: 1 });
});

it('mails to it wait, and others go', async () => {
  for (const id of ['ada', 'bo']) {
    await addMember(app, id, `${id}@acme.example`);
    await earn(id);
  }
  await freeze();
  mailer = startMailer(app, { pollMs: 50 });
  await eventually(async () => (await mailsIn(app.database, 'SENT')) === 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(server.taken.map(({ to }) => to)).toEqual(['bo@acme.example']);
  expect(await mailsOf(app.database, 'ada')).toMatchObject([
    { mail_state: 'PENDING', attempts: 0, delivered: false },
  ]);
  await letGo();
  await eventually(async () => (await mailsIn(app.database, 'SENT')) === 2);
  expect(await mailsOf(app.database, 'ada')).toMatchObject([
    { mail_state: 'SENT', channel: 'EMAIL', delivered: true },
  ]);
});

it('a mail that was taken while it was being frozen goes once more, for its delivery was not recorded', async () => {
  await addMember(app, 'ada', 'ada@acme.example');
  await earn('ada');
  const { execute } = app.ledger;
  let isFrozen = false;
  const ledger: RunningApp['ledger'] = Object.assign(Object.create(app.ledger), {
    execute: async (command: Parameters<typeof execute>[0]) => {
      if (!isFrozen) await freeze();
      isFrozen = true;
      return app.ledger.execute(command);
    },
  });
  mailer = startMailer({ ...app, ledger }, { pollMs: 50, leaseMs: 500 });
  await eventually(() => isFrozen);
  await new Promise((resolve) => setTimeout(resolve, 800));
  expect(server.taken).toHaveLength(1);
  expect(await mailsOf(app.database, 'ada')).toMatchObject([
    { mail_state: 'PENDING', delivered: false },
  ]);
  await letGo();
  await eventually(async () => (await mailsIn(app.database, 'SENT')) === 1);
  expect(server.taken).toHaveLength(2);
  expect(await mailsOf(app.database, 'ada')).toMatchObject([{ channel: 'EMAIL', delivered: true }]);
});

it('what a webhook told of meanwhile is recorded once it is let go (R9.1)', async () => {
  await addMember(app, 'ada', null);
  await earn('ada');
  mailer = startMailer(app, { pollMs: 50 });
  await eventually(async () => (await mailsIn(app.database, 'NONE')) === 1);
  await freeze();
  relay = startRelay(app, { taken: (message) => noteWebhook(app, message), pollMs: 50 });
  await eventually(async () => (await countOf(app.database, 'PENDING')) === 0);
  expect(await countOf(app.database, 'DEAD')).toBe(0);
  expect(await mailsOf(app.database, 'ada')).toMatchObject([
    { mail_state: 'PENDING', delivered: false },
  ]);
  await letGo();
  await eventually(async () => (await mailsOf(app.database, 'ada'))[0]!.delivered);
  expect(await mailsOf(app.database, 'ada')).toMatchObject([
    { mail_state: 'NONE', channel: 'WEBHOOK' },
  ]);
});
