import { CALLERS, type CallerName, SUBJECT } from '../../src/auth/callers';
import { signToken } from '../../src/auth/dev-token';
import { nameEndpoints } from '../../src/outbox/endpoints';
import type { RunningServer } from '../../src/server/server';
import { startServer } from '../../src/server/start';
import {
  encodePosition,
  parseSnapshot,
  type Snapshot,
} from '../../src/subscriptions/organization-cursor';
import { customer, desk, World } from '../federation/world';
import { endpoint } from '../outbox/outbox';

const AUTH_SECRET = 'a shared secret of at least 32 bytes';
export const ROUTERS_SECRET = 'the-secret-of-the-router-32-characters';
const ACME = { organizationId: 'acme', billingAccountId: 'acme-1' };
const GLOBEX = { organizationId: 'globex', billingAccountId: 'globex-1' };

/** Who placed which order; whoever is not here placed none. */
export const OWNERS: Readonly<Record<string, string>> = {
  'ada-1': 'ada',
  'ada-2': 'ada',
  'ada-open': 'ada',
  'ada-paid': 'ada',
  'bob-1': 'bob',
  'bob-2': 'bob',
  'cem-1': 'cem',
  'eve-1': 'eve',
  'fin-1': 'fin',
};

/** Where everybody works. */
export const ORGANIZATIONS: Readonly<Record<string, string>> = {
  ...{ ada: 'acme', cem: 'acme', eve: 'acme', fin: 'acme' },
  ...{ bob: 'globex', ben: 'globex', gil: 'globex' },
};

/** Two servers before one database: one that only a router may ask, and one of development, without a secret. */
export interface Stage {
  readonly world: World;
  readonly guarded: RunningServer;
  readonly open: RunningServer;
  /** What the samples name. */
  readonly known: { readonly [name: string]: string };
  token(caller: CallerName): Promise<string | null>;
  close(): Promise<void>;
}

/**
 * Ada, of whom there is something in every corner: she was referred and refers, earned, holds and paid, gave and
 * received points, her membership ends and the reason is known. Bob works elsewhere, cem and eve beside her.
 */
export async function openStage(): Promise<Stage> {
  const world = await World.open('2025-02-10T10:00:00Z');
  const { app } = world;
  const { now: since } = await visibleNow(world);
  await nameEndpoints(app.database, [endpoint('http://127.0.0.1:9')]);
  await world.register('bob', null, 'EU', GLOBEX);
  await world.earn('bob-1', 'bob', '500.00');
  await world.register('ada', null, 'EU', { ...ACME, referralCode: await linkOf(world, 'bob') });
  for (const id of ['cem', 'eve']) await world.register(id, null, 'EU', ACME);
  // Her first points are few: they are spent first, and voided afterwards.
  await world.earn('ada-1', 'ada', '10.00');
  await world.earn('ada-2', 'ada', '20000.00');
  await world.earn('eve-1', 'eve', '300.00');
  await world.earn('cem-1', 'cem', '40.00');
  await refer(world);
  // Ada's own link works no more once she is suspended.
  const known = { ...(await spendAndMove(world)), code: await linkOf(world, 'bob') };
  await leaveTraces(world);
  const changes = await cursorOf(world, since);
  const auth = {
    ...{ jwksUrl: null, secret: AUTH_SECRET, algorithms: ['HS256'] },
    ...{ issuer: 'https://id.example', audience: 'rewards' },
  };
  const start = (routerSecrets: string[]) =>
    startServer({ ...app, config: { ...app.config, port: 0, auth, routerSecrets } });
  const [guarded, open] = [await start([ROUTERS_SECRET]), await start([])];
  return {
    ...{ world, guarded, open, known: { ...known, changes } },
    token: async (caller) => {
      const { subject, scopes, organizationId } = CALLERS[caller];
      if (subject === null) return null;
      return signToken(Buffer.from(AUTH_SECRET), {
        ...{ sub: subject, issuer: auth.issuer, audience: auth.audience },
        ...(scopes.size === 0 ? {} : { scope: [...scopes].join(' ') }),
        ...(organizationId === null ? {} : { organizationId }),
      });
    },
    close: async () => {
      await Promise.all([guarded.stop(), open.stop()]);
      await world.close();
    },
  };
}

/** Where a watcher of ada's organisation is who saw nothing of ada yet, and goes on with all that became of her. */
async function cursorOf(world: World, since: Snapshot): Promise<string> {
  const { cluster, now: upTo } = await visibleNow(world);
  const { customerId, organizationId } = SUBJECT;
  const after = { customerId, sequence: 0 };
  return encodePosition(organizationId, { cluster, since, upTo, after });
}

async function visibleNow({ app }: World): Promise<{ cluster: string; now: Snapshot }> {
  const [row] = await app.database.query<{ cluster: string; now: string }[]>(
    `select system_identifier::text as cluster, pg_current_snapshot()::text as now from pg_control_system()`,
  );
  return { cluster: row!.cluster, now: parseSnapshot(row!.now)! };
}

/** Ada refers fin, who completes an order, and gil, who is a suspect. */
async function refer(world: World): Promise<void> {
  const referralCode = await linkOf(world, 'ada');
  await world.register('fin', null, 'EU', { ...ACME, referralCode });
  await world.earn('fin-1', 'fin', '30.00');
  await world.register('gil', null, 'EU', { ...GLOBEX, referralCode });
  await done(world, 'reviewReferral', { refereeId: 'gil', accept: false, note: 'one person' });
}

async function spendAndMove(world: World): Promise<Record<string, string>> {
  await world.place('ada-paid', 'ada', '100.00');
  const owner = customer(SUBJECT.customerId);
  const pay = { customerId: 'ada', orderId: 'ada-paid', points: 50 };
  await done(world, 'redeemXPoints', pay);
  await done(world, 'voidXPointsLots', { customerId: 'ada', lots: ['1'], reason: 'abuse by ada' });
  await world.place('ada-open', 'ada', '1000.00');
  const hold = { customerId: 'ada', orderId: 'ada-open', points: 10, hold: { seconds: 7_000_000 } };
  const held = await done(
    world,
    'redeemXPoints',
    hold,
    '... on RedeemXPointsSuccess { redemption { id } }',
  );
  const move = { fromId: 'eve', toId: 'ada', points: 100, reason: 'CHANGED_ROLE' };
  await done(world, 'transferXPoints', { ...move, evidence: 'the desk knows' });
  const wish = {
    fromId: 'ada',
    toId: 'cem',
    points: 5,
    reason: 'CHANGED_ROLE',
    evidence: 'a letter of ada',
  };
  const fields = '... on XPointsTransferSuccess { transfer { id } }';
  const asked = await done(world, 'requestXPointsTransfer', wish, fields, owner);
  await world.register('ben', null, 'EU', GLOBEX);
  const bobs = { ...wish, fromId: 'bob', toId: 'ben', evidence: 'a letter of bob' };
  await done(world, 'requestXPointsTransfer', bobs, '', customer('bob'));
  await done(world, 'requestXPointsTransfer', { ...bobs, points: 6 }, '', customer('bob'));
  const query = '{ rewardsMember(customerId: "ada") { discountCodes { code } } }';
  const { data } = await world.ask<{ rewardsMember: { discountCodes: { code: string }[] } }>(
    owner,
    query,
  );
  const claims = '{ compensationClaims { nodes { id } } }';
  const open = await world.ask<{ compensationClaims: { nodes: { id: string }[] } }>(desk, claims);
  return {
    claimId: open.data.compensationClaims.nodes[0]!.id,
    redemptionId: (held.redemption as { id: string }).id,
    transferId: (asked.transfer as { id: string }).id,
    discountCode: data.rewardsMember.discountCodes[0]!.code,
  };
}

/** Something for each list of the desk, and an end for ada's membership and for a program. */
async function leaveTraces(world: World): Promise<void> {
  await world.tell({ type: 'order.amended', orderId: 'ada-1', net: '21000.00' });
  await world.place('bob-2', 'bob', '10.00');
  await world.tell({ type: 'order.paid', orderId: 'bob-2', xPoints: 7 });
  await world.app.database.query(
    `update webhook_deliveries set state = 'DEAD', attempts = 12, last_error = '500', settled_at = now() where number <= 2`,
  );
  await world.app.database.query(
    `update notifications set mail_state = 'DEAD', attempts = 12, last_error = '550' where number <= 2`,
  );
  await disagree(world);
  await done(world, 'terminateMember', { customerId: 'ada', reason: 'an end of ada' });
  await done(world, 'suspendMember', { customerId: 'ada', reason: 'a suspicion of ada' });
  await done(world, 'discontinueProgram', { program: 'TR', goodCause: true, reason: 'the end' });
}

/** What waits for the desk to decide, of ada and of bob; a campaign that runs, and terms ahead. */
async function disagree(world: World): Promise<void> {
  for (const [customerId, orderId] of Object.entries({ ada: 'ada-1', bob: 'bob-1' })) {
    const wrong = {
      customerId,
      about: 'MISSING_CREDIT',
      orderId,
      statement: `a wish of ${customerId}`,
    };
    await done(world, 'objectToCredit', wrong, '', customer(customerId));
    const more = { customerId, points: 50_000, reason: `a present for ${customerId}` };
    await done(world, 'adjustXPoints', more);
  }
  const names = { en: 'Spring', de: 'Frühling', tr: 'Bahar', pl: 'Wiosna', es: 'Primavera' };
  const campaign = {
    program: 'EU',
    code: 'SPRING',
    kind: 'BONUS',
    bonus: 5,
    names,
    reason: 'spring',
  };
  await done(world, 'startCampaign', { ...campaign, endsAt: '2025-06-01T00:00:00Z' });
  const terms = { program: 'EU', effectiveOn: '2026-01-01', contact: 'points@example.com' };
  await done(world, 'publishTerms', terms);
}

async function linkOf(world: World, id: string): Promise<string> {
  const query = `{ rewardsMember(customerId: "${id}") { referral { link { code } } } }`;
  type Own = { rewardsMember: { referral: { link: { code: string } } } };
  const { data } = await world.ask<Own>(customer(id), query);
  return data.rewardsMember.referral.link.code;
}

/** Runs a command that has to succeed. */
async function done(
  world: World,
  name: string,
  input: object,
  fields = '',
  actor = desk,
): Promise<Record<string, unknown>> {
  const { data, errors } = await world.command<Record<string, unknown>>(actor, name, input, fields);
  if (errors.length > 0 || !/Success$/.test(String(data.answer.__typename))) {
    throw new Error(`${name}: ${JSON.stringify({ data, errors })}`);
  }
  return data.answer;
}
