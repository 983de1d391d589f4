import { pino } from 'pino';
import { type Mailer, startMailer } from '../../src/notifications/mailer';
import { startServer } from '../../src/server/start';
import { freshApp, type RunningApp } from '../events/test-app';
import { eventually } from '../outbox/outbox';
import { addMember, mailsIn, notify } from './told';

let app: RunningApp;
let mailer: Mailer;
let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  app = await freshApp();
  server = await startServer(app);
  mailer = startMailer(app, { pollMs: 50 });
});

afterAll(async () => {
  await server.stop();
  await mailer.stop();
  await app.close();
});

async function get(path: string) {
  const response = await fetch(`${server.url}${path}`);
  return { response, text: await response.text() };
}

it('says so where nobody was written to yet', async () => {
  expect((await get('/mail')).text).toContain('Nobody was written to yet');
});

describe('mails that were kept', () => {
  const id = 'zoë/<b>1&"';

  beforeAll(async () => {
    await addMember(app, id, 'zoe@acme.example', 'es');
    await notify(app.database, id);
    await addMember(app, 'bo', null);
    await notify(app.database, 'bo');
    await eventually(async () => (await mailsIn(app.database, 'PENDING')) === 0);
  });

  it('are listed, latest first, and nothing of whom nobody wrote to', async () => {
    const { response, text } = await get('/mail');
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(text.match(/<tr><td>/g)).toHaveLength(1);
    expect(text).toContain('zoe@acme.example');
    expect(text).toContain(`href="/mail/${encodeURIComponent(id)}/1"`);
  });

  it('are shown as text, and as HTML in a frame that may do nothing', async () => {
    const { response, text } = await get(`/mail/${encodeURIComponent(id)}/1`);
    expect(response.status).toBe(200);
    expect(text).toContain('WELCOME-1');
    expect(text).toContain('zoë/&lt;b&gt;1&amp;&quot;');
    expect(text).not.toContain('<b>1');
    expect(text).toContain('<iframe sandbox ');
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    const [, source] = /src="([^"]+)"/.exec(text)!;
    const frame = await get(source!);
    expect(frame.text).toContain('lang="es"');
    expect(frame.text).toContain('WELCOME-1');
    expect(frame.response.headers.get('content-security-policy')).toMatch(/^sandbox; /);
  });

  it.each(['bo/1', 'zoe/1', `${encodeURIComponent(id)}/2`, 'bo/0', 'bo/x', '%00/1', 'bo/1e3'])(
    'are not found under %s',
    async (path) => {
      for (const suffix of ['', '/html']) {
        expect((await get(`/mail/${path}${suffix}`)).response.status).toBe(404);
      }
    },
  );

  it('are nobody’s to see in production', async () => {
    const auth = { ...app.config.auth, secret: 'a shared secret of at least 32 bytes' };
    const config = { ...app.config, production: true, sandbox: false, auth };
    const production = await startServer({ ...app, config, log: pino({ level: 'silent' }) });
    for (const path of ['/mail', `/mail/${encodeURIComponent(id)}/1`]) {
      expect((await fetch(`${production.url}${path}`)).status).toBe(404);
    }
    await production.stop();
  }, 20_000);
});
