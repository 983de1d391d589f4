import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import type { App } from '../../src/app';
import type { MailConfig } from '../../src/config';
import { type Mailer, type MailerOptions, startMailer } from '../../src/notifications/mailer';
import { freshApp, type RunningApp } from '../events/test-app';
import { report } from '../events/test-events';
import { eventually } from '../outbox/outbox';
import { MailServer, silentServer } from './mail-server';
import { addMember, mailsIn, mailsOf, notify } from './told';

const FROM = 'X-Points <rewards@shop.example>';
const FAST: Partial<MailerOptions> = {
  retryDelaysMs: [20, 20, 20, 20],
  pollMs: 50,
  timeoutMs: 5_000,
  leaseMs: 10_000,
  restMs: [10, 20],
  graceMs: 100,
};

let app: RunningApp;
let database: DataSource;
let server: MailServer;
const mailers: Mailer[] = [];

beforeEach(async () => {
  server = await MailServer.start();
  app = await freshApp({ mail: mailOf(server.url) });
  database = app.database;
});

afterEach(async () => {
  await Promise.all(mailers.splice(0).map((mailer) => mailer.stop()));
  await app.close();
  await server.stop();
});

function mailOf(url: string, change: Partial<MailConfig> = {}): MailConfig {
  return { url, requireTls: false, from: FROM, replyTo: null, ...change };
}

function start(options: Partial<MailerOptions> = {}, change: Partial<App['config']> = {}): Mailer {
  const mailer = startMailer(
    { ...app, config: { ...app.config, ...change } },
    { ...FAST, ...options },
  );
  mailers.push(mailer);
  return mailer;
}

describe('a mail', () => {
  it('arrives with both parts, in the member’s language, recognisable (R9.1, R9.4)', async () => {
    await addMember(app, 'ada', 'ada@acme.example', 'de-AT');
    await notify(database, 'ada');
    start({}, { mail: mailOf(server.url, { replyTo: 'help@shop.example' }) });
    await eventually(async () => (await mailsIn(database, 'SENT')) === 1);
    const [{ to, raw, mail }] = server.taken as [(typeof server.taken)[0]];
    expect(to).toBe('ada@acme.example');
    expect(mail.from).toMatchObject({ name: 'X-Points', address: 'rewards@shop.example' });
    expect(mail.to).toMatchObject([{ address: 'ada@acme.example' }]);
    expect(mail.replyTo).toMatchObject([{ address: 'help@shop.example' }]);
    expect(mail.subject).toMatch(/Rabatt/);
    expect(mail.text).toContain('WELCOME-1');
    expect(mail.html).toContain('WELCOME-1');
    expect(mail.html).toContain('lang="de"');
    expect(mail.messageId).toMatch(/^<[\w-]{43}@shop\.example>$/);
    const header = (name: string) => mail.headers.find(({ key }) => key === name)?.value;
    expect(header('auto-submitted')).toBe('auto-generated');
    expect(header('content-language')).toBe('de');
    expect(header('x-rewards-notification')).toBe('DISCOUNT_ISSUED 1');
    expect(raw).toContain('multipart/alternative');
    expect(await mailsOf(database, 'ada')).toEqual([
      {
        ...{ number: 1, mail_state: 'SENT', channel: 'EMAIL', delivered: true, attempts: 1 },
        last_error: null,
      },
    ]);
  });

  it.each([
    ['tr_TR', 'lang="tr"'],
    ['pl', 'lang="pl"'],
    ['fr-FR', 'lang="en-GB"'],
    [null, 'lang="en-GB"'],
  ])('to a member whose locale is %s says %s', async (locale, language) => {
    await addMember(app, 'ada', 'ada@acme.example', locale);
    await notify(database, 'ada');
    start();
    await eventually(() => server.taken.length === 1);
    expect(server.taken[0]!.mail.html).toContain(language);
  });

  it('goes out as soon as the ledger has written it, and tells the ledger when it was taken', async () => {
    start({ pollMs: 3_600_000 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const ada = { customerId: 'ada', program: 'EU', email: 'ada@acme.example' };
    await report(app, 'customer.registered', ada);
    await report(app, 'order.placed', {
      ...{ orderId: 'o1', customerId: 'ada', net: '100.00', currency: 'EUR' },
    });
    await report(app, 'order.paid', { orderId: 'o1' });
    await report(app, 'order.delivered', { orderId: 'o1' });
    await eventually(async () => (await mailsIn(database, 'SENT')) === 1);
    expect(server.taken[0]!.mail.text).toContain('100');
    expect(await mailsOf(database, 'ada')).toMatchObject([{ channel: 'EMAIL', delivered: true }]);
  });

  it('takes an address for one address, whatever stands in it', async () => {
    const addresses = {
      ada: 'ada@acme.example, eve@evil.example',
      bo: 'bo@acme.example\r\nRCPT TO:<eve@evil.example>',
    };
    for (const [id, address] of Object.entries(addresses)) {
      await addMember(app, id, `${id}@acme.example`);
      await database.query('update members set email = $2 where account_id = $1', [id, address]);
      await notify(database, id);
    }
    start({ retryDelaysMs: [] });
    await eventually(async () => (await mailsIn(database, 'PENDING')) === 0);
    expect(server.asked).not.toContain('eve@evil.example');
  });
});

describe('members', () => {
  it('are written to in order, each on their own', async () => {
    for (const id of ['ada', 'bo']) {
      await addMember(app, id, `${id}@acme.example`);
      await notify(database, id, 4);
    }
    server.onRecipient = (to, nth) =>
      to.startsWith('ada') && nth < 6 ? { code: 451, words: 'Later' } : undefined;
    start();
    await eventually(async () => (await mailsIn(database, 'SENT')) === 8);
    for (const id of ['ada', 'bo']) {
      const numbers = server.taken
        .filter(({ to }) => to.startsWith(id))
        .map(({ mail }) => mail.headers.find(({ key }) => key === 'x-rewards-notification')?.value);
      expect(numbers).toEqual([1, 2, 3, 4].map((number) => `DISCOUNT_ISSUED ${number}`));
    }
  });

  it('without an address are not, nor is anybody who deleted the account (R2.3)', async () => {
    await addMember(app, 'ada', null);
    await notify(database, 'ada', 2);
    const gone = { customerId: 'gone', program: 'EU', email: 'gone@acme.example' };
    await report(app, 'customer.registered', gone);
    await notify(database, 'gone');
    await report(app, 'customer.deleted', { customerId: 'gone' });
    start();
    await eventually(async () => (await mailsIn(database, 'PENDING')) === 0);
    expect(await mailsIn(database, 'NONE')).toBeGreaterThanOrEqual(3);
    expect(server.asked).toEqual([]);
    expect(await mailsOf(database, 'ada')).toMatchObject([
      { mail_state: 'NONE', channel: null, delivered: false },
      { mail_state: 'NONE', channel: null, delivered: false },
    ]);
  });
});

describe('a mail server', () => {
  beforeEach(async () => {
    await addMember(app, 'ada', 'ada@acme.example');
    await notify(database, 'ada');
  });

  it.each([
    ['has no time', () => ({ code: 451, words: 'Try <ada@acme.example> later' })],
    ['hangs up', () => 'drop' as const],
    ['hangs', () => 'hang' as const],
  ])('that %s is tried again until it takes the mail', async (_, reaction) => {
    server.onMail = (_to, nth) => (nth <= 2 ? reaction() : undefined);
    start({ timeoutMs: 300 });
    await eventually(async () => (await mailsIn(database, 'SENT')) === 1);
    expect(server.taken).toHaveLength(1);
    expect(await mailsOf(database, 'ada')).toMatchObject([{ attempts: 3, last_error: null }]);
  });

  it('that refuses for good is believed, and what it said is listed without the address', async () => {
    await notify(database, 'ada');
    server.onRecipient = (to, nth) =>
      nth === 1 ? { code: 550, words: `5.1.1 <${to}>: no such user` } : undefined;
    start();
    await eventually(async () => (await mailsIn(database, 'SENT')) === 1);
    expect(await mailsOf(database, 'ada')).toMatchObject([
      {
        ...{ mail_state: 'DEAD', attempts: 1, channel: null, delivered: false },
        last_error: 'The mail server answered 550 5.1.1 at RCPT TO',
      },
      { mail_state: 'SENT' },
    ]);
  });

  it('that is stuck, or not there, costs a mail attempts and not its life', async () => {
    const stuck = await silentServer();
    start({ timeoutMs: 200, retryDelaysMs: Array(50).fill(20) }, { mail: mailOf(stuck.url) });
    await eventually(async () => (await mailsOf(database, 'ada'))[0]!.attempts > 2);
    await Promise.all(mailers.splice(0).map((mailer) => mailer.stop()));
    stuck.server.close();
    expect(await mailsOf(database, 'ada')).toMatchObject([{ mail_state: 'PENDING' }]);
    start({}, { mail: mailOf('smtp://127.0.0.1:1') });
    await eventually(async () =>
      /CONN/.test((await mailsOf(database, 'ada'))[0]!.last_error ?? ''),
    );
    await Promise.all(mailers.splice(0).map((mailer) => mailer.stop()));
    await database.query('update notifications set attempts = 0, next_attempt_at = now()');
    start();
    await eventually(async () => (await mailsIn(database, 'SENT')) === 1);
  });

  it('that knows us no more is no reason to give mails up', async () => {
    const strict = await MailServer.start({
      hideSTARTTLS: true,
      onAuth: (_auth, _session, callback) => callback(new Error('No such account')),
    });
    const url = strict.url.replace('//', '//us:secret@');
    start({ retryDelaysMs: Array(50).fill(20) }, { mail: mailOf(url) });
    await eventually(async () => (await mailsOf(database, 'ada'))[0]!.attempts > 1);
    expect(await mailsOf(database, 'ada')).toMatchObject([
      { mail_state: 'PENDING', last_error: expect.stringMatching(/535 at AUTH/) },
    ]);
    await mailers.splice(0)[0]!.stop();
    await strict.stop();
  });

  it('that speaks no TLS gets nothing where TLS is required', async () => {
    start(
      { retryDelaysMs: Array(50).fill(20) },
      { mail: mailOf(server.url, { requireTls: true }) },
    );
    await eventually(async () => (await mailsOf(database, 'ada'))[0]!.attempts > 1);
    expect(server.asked).toEqual([]);
  });

  it('that offers TLS is spoken to in it, as its address says', async () => {
    const secure = await MailServer.start({});
    const url = `${secure.url}?tls.rejectUnauthorized=false`;
    start({}, { mail: mailOf(url, { requireTls: true }) });
    await eventually(async () => (await mailsIn(database, 'SENT')) === 1);
    expect(secure.taken[0]!.isSecure).toBe(true);
    await mailers.splice(0)[0]!.stop();
    await secure.stop();
  });

  it('that fails long enough has the mail given up', async () => {
    server.onRecipient = () => ({ code: 452, words: 'The box of ada@acme.example is full' });
    start();
    await eventually(async () => (await mailsIn(database, 'DEAD')) === 1);
    expect(await mailsOf(database, 'ada')).toMatchObject([
      { attempts: 5, last_error: 'The mail server answered 452 at RCPT TO' },
    ]);
    expect(server.asked).toHaveLength(5);
  });

  it('is not named an address in the log', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    server.onRecipient = (to, nth) => ({
      code: nth < 3 ? 450 : 550,
      words: `5.1.1 ${to} is not here`,
    });
    mailers.push(startMailer({ ...app, log }, FAST));
    await eventually(async () => (await mailsIn(database, 'DEAD')) === 1);
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines.join('')).not.toMatch(/acme/);
  });
});

describe('mailers', () => {
  it('share the work: nobody is written to twice', async () => {
    const ids = Array.from({ length: 25 }, (_, i) => `m${i}`);
    for (const id of ids) {
      await addMember(app, id, `${id}@acme.example`);
      await notify(database, id, 4);
    }
    start();
    start();
    start();
    await eventually(async () => (await mailsIn(database, 'SENT')) === 100);
    expect(server.taken).toHaveLength(100);
    expect(new Set(server.taken.map(({ mail }) => mail.messageId)).size).toBe(100);
  });

  it('killed after the server took a mail write again, with the same Message-ID', async () => {
    await addMember(app, 'ada', 'ada@acme.example');
    await notify(database, 'ada');
    const child = spawn(
      process.execPath,
      [
        ...['-r', '@swc-node/register', join(__dirname, 'mailer-process.ts')],
        ...[app.config.databaseUrl!, server.url],
      ],
      { stdio: 'inherit' },
    );
    server.onTaken = async (_to, nth) => {
      if (nth > 1) return undefined;
      child.kill('SIGKILL');
      await once(child, 'exit');
      return 'drop';
    };
    await once(child, 'exit');
    expect(await mailsOf(database, 'ada')).toMatchObject([{ mail_state: 'PENDING' }]);
    start();
    await eventually(async () => (await mailsIn(database, 'SENT')) === 1);
    expect(server.taken).toHaveLength(2);
    expect(new Set(server.taken.map(({ mail }) => mail.messageId)).size).toBe(1);
  });

  it('killed after noting that it was taken do not write again', async () => {
    await addMember(app, 'ada', 'ada@acme.example');
    await notify(database, 'ada');
    await database.query(`update notifications set delivered_at = now(), channel = 'EMAIL'`);
    start();
    await eventually(async () => (await mailsIn(database, 'SENT')) === 1);
    expect(server.asked).toEqual([]);
  });

  it('that stop give back what they could not finish', async () => {
    await addMember(app, 'ada', 'ada@acme.example');
    await notify(database, 'ada');
    server.onMail = () => 'hang';
    const mailer = start({ timeoutMs: 60_000 });
    await eventually(() => server.asked.length === 1);
    mailers.splice(0);
    await mailer.stop();
    expect(await mailsOf(database, 'ada')).toMatchObject([{ mail_state: 'PENDING', attempts: 0 }]);
    server.onMail = () => undefined;
    start();
    await eventually(async () => (await mailsIn(database, 'SENT')) === 1);
  });
});

describe('without a mail server', () => {
  it('development keeps mails on the page: the member counts as told', async () => {
    await addMember(app, 'ada', 'ada@acme.example');
    await addMember(app, 'bo', null);
    for (const id of ['ada', 'bo']) await notify(database, id);
    start({}, { mail: null });
    await eventually(async () => (await mailsIn(database, 'PENDING')) === 0);
    expect(await mailsOf(database, 'ada')).toMatchObject([
      { mail_state: 'SENT', channel: 'PAGE', delivered: true },
    ]);
    expect(await mailsOf(database, 'bo')).toMatchObject([{ mail_state: 'NONE', channel: null }]);
  });

  it('production has mail off, and says so', async () => {
    await addMember(app, 'ada', 'ada@acme.example');
    await notify(database, 'ada');
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const config = { ...app.config, mail: null, production: true };
    mailers.push(startMailer({ ...app, config, log }, FAST));
    await eventually(async () => (await mailsIn(database, 'NONE')) === 1);
    expect(lines.join('')).toMatch(/Mail is off/);
    expect(await mailsOf(database, 'ada')).toMatchObject([{ channel: null, delivered: false }]);
  });
});
