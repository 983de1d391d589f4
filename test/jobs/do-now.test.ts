import { moveClock, readClock } from '../../src/database/clock';
import { doTheJobs } from '../../src/jobs/do-now';
import { formatInstant } from '../../src/kernel/time';
import type { RunningServer } from '../../src/server/server';
import { startServer } from '../../src/server/start';
import { publishTerms } from '../../src/terms/publish-terms';
import { freshApp, type RunningApp } from '../events/test-app';
import { report } from '../events/test-events';
import { addMember, mailsOf } from '../notifications/told';

const START = Date.UTC(2026, 0, 10, 9);

let app: RunningApp;
let server: RunningServer;

beforeEach(async () => {
  app = await freshApp();
  await moveClock(app.database, START);
  server = await startServer(app);
  await addMember(app, 'ada', 'ada@acme.example');
});

afterEach(async () => {
  await server.stop();
  await app.close();
});

async function doJobs(body: unknown) {
  const response = await fetch(`${server.url}/sandbox/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

async function earn(): Promise<void> {
  const order = { orderId: 'o1', customerId: 'ada', net: '100.00', currency: 'EUR' };
  await report(app, 'order.placed', order);
  await report(app, 'order.paid', { orderId: 'o1' });
  await report(app, 'order.delivered', { orderId: 'o1' });
}

/** Numbers and kinds of what Ada was told, and whether a channel took it. */
async function told(): Promise<string[]> {
  const rows = await app.database.query<{ kind: string; delivered: boolean }[]>(
    'select kind, delivered_at is not null as delivered from notifications order by number',
  );
  return rows.map(({ kind, delivered }) => `${kind} ${delivered ? 'delivered' : 'waits'}`);
}

describe('the jobs of a sandbox', () => {
  it('tell members of new terms, and the mails go (R2.6, R9.1)', async () => {
    await publishTerms(app, {
      ...{ program: 'EU', effectiveOn: '2026-03-01', changes: { lotValidityMonths: 18 } },
      ...{ dryRun: false, idempotencyKey: 'k1', actor: 'desk:dora' },
    });
    const at = formatInstant(START);
    expect(await doJobs({ deliver: false })).toEqual({ status: 200, body: { at } });
    expect(await told()).toEqual(['TERMS_CHANGED waits']);
    expect(await doJobs({})).toEqual({ status: 200, body: { at } });
    expect(await told()).toEqual(['TERMS_CHANGED delivered']);
    expect(await mailsOf(app.database, 'ada')).toMatchObject([
      { mail_state: 'SENT', channel: 'PAGE' },
    ]);
  });

  it('book what fell due, and tell of it (R6.2, R6.9)', async () => {
    await earn();
    await moveClock(app.database, Date.UTC(2026, 11, 12, 9));
    await doJobs({ deliver: true });
    expect(await told()).toEqual(['POINTS_CREDITED delivered', 'POINTS_EXPIRING delivered']);
    await moveClock(app.database, Date.UTC(2027, 0, 10, 23));
    await doJobs({});
    expect((await told()).at(-1)).toBe('POINTS_EXPIRED delivered');
    expect(await app.database.query('select available from accounts')).toEqual([{ available: 0 }]);
    const before = await told();
    await doJobs({});
    expect(await told()).toEqual(before);
  });

  it.each([[], { deliver: 'yes' }, { mail: true }, null])('are not done for %j', async (body) => {
    expect(await doJobs(body)).toMatchObject({
      ...{ status: 400, body: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] } },
    });
  });

  it('end where they are told to stop', async () => {
    await earn();
    await moveClock(app.database, Date.UTC(2027, 0, 10, 23));
    const stopping = AbortSignal.abort(new Error('enough'));
    await expect(doTheJobs(app, { deliver: true, stopping })).rejects.toThrow('enough');
    expect(await readClock(app.database, true)).toBe(Date.UTC(2027, 0, 10, 23));
    expect(await told()).toEqual(['POINTS_CREDITED waits']);
  });
});

it('a service that is no sandbox does no jobs when asked', async () => {
  const real = await startServer({ ...app, config: { ...app.config, sandbox: false } });
  const response = await fetch(`${real.url}/sandbox/jobs`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(404);
  await real.stop();
});
