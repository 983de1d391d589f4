import { randomUUID } from 'node:crypto';
import { adjustPoints } from '../../src/adjustments/adjust';
import { type App, createApp } from '../../src/app';
import { signToken } from '../../src/auth/dev-token';
import { loadConfig } from '../../src/config';
import { moveClock } from '../../src/database/clock';
import { bookWhatIsDue } from '../../src/jobs/book-what-is-due';
import { parseInstant } from '../../src/kernel/time';
import { recordDelivery } from '../../src/notifications/record-delivery';
import type { RunningServer } from '../../src/server/server';
import { startServer } from '../../src/server/start';
import { tellTerms } from '../../src/terms/tell-terms';
import { freshDatabase } from '../support/database';

export const NOW = '2025-06-15T10:00:00.000Z';
const SECRET = 'a shared secret of at least 32 bytes';
const WEBHOOK = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const [issuer, audience] = ['https://id.example', 'rewards'];
/** Everything that is kept but the stored answers, the log of denials, the migrations that ran, and the clock the tests move. */
const NOT_DIGESTED = ['answers', 'audit_log', 'migrations', 'sandbox_clock'];

/** Everybody who may ask: a customer's token says nothing but who they are. */
export const ACTORS = {
  anonymous: null,
  ada: { sub: 'ada' },
  bo: { sub: 'bo' },
  cy: { sub: 'cy' },
  desk: { sub: 'dan', scope: 'rewards:desk' },
  service: { sub: 'shop', scope: 'rewards:service' },
  partner: { sub: 'partner', scope: 'rewards:partner', organizationId: 'acme' },
  analytics: { sub: 'counter', scope: 'rewards:analytics' },
} as const;
export type ActorName = keyof typeof ACTORS;

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** OK, the code of a refusal, or the code of the error. */
  readonly code: string;
}

/**
 * The real server on a database of its own. Ada (100 points, a link, a hold of 20 on the order `open`) and bo (50 points, whom she
 * referred, with a discount code) are colleagues; cy is at another company, di has another billing account, sue is suspended,
 * eve has left, fay is a member from July on, tom is in the other program, ron's referral was rejected, gus's only lot was
 * voided: of two claims against him one was waived. What the desk decides on is hal's (10 points), by number: 1 and 3 are
 * adjustments that wait, 1 asked for by somebody else at the desk, 2 one of 5 points that is booked; 4 is an open objection, 5 a
 * rejected one, 6 one whose correction waits. Cy was told of version 2 of the terms, hal of his credit. The campaign RUNNING
 * is for orders with a tag that none has, ENDED is over.
 */
export class World {
  /** What only the service knows: ids and codes that it drew. */
  readonly known = {
    ...{ hold: '', decided: '', transfer: '', code: '', rejected: '' },
    ...{ claim: '', waived: '' },
  };
  private tokens = new Map<ActorName, string>();
  private digestQuery = '';

  private constructor(
    readonly app: App & { close(): Promise<void> },
    readonly server: RunningServer,
    private readonly drop: () => Promise<void>,
  ) {}

  static async open(): Promise<World> {
    const { url, drop } = await freshDatabase();
    const auth = { AUTH_SECRET: SECRET, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience };
    const webhook = { WEBHOOK_URL: 'http://127.0.0.1:9/', WEBHOOK_SECRET: WEBHOOK };
    const env = {
      DATABASE_URL: url,
      PORT: '0',
      LOG_LEVEL: 'fatal',
      REWARDS_SANDBOX: '1',
      ...auth,
      ...webhook,
    };
    const app = await createApp(loadConfig(env));
    const world = new World(app, await startServer(app), drop);
    await world.at(NOW);
    for (const [name, claims] of Object.entries(ACTORS)) {
      const token =
        claims && (await signToken(Buffer.from(SECRET), { ...claims, issuer, audience }));
      if (token) world.tokens.set(name as ActorName, token);
    }
    await world.settle();
    return world;
  }

  async close(): Promise<void> {
    await this.server.stop();
    await this.app.close();
    await this.drop();
  }

  /** Moves the clock, and books what is due then: no account has anything due. */
  async at(instant: string): Promise<void> {
    await moveClock(this.app.database, parseInstant(instant)!);
    await bookWhatIsDue(this.app, new AbortController().signal);
  }

  /** Sends platform events over HTTP; all of them are applied. */
  async tell(...events: (readonly [type: string, data: object])[]): Promise<void> {
    const response = await fetch(`${this.server.url}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify(
        events.map(([type, data]) => ({
          ...{ specversion: '1.0', id: randomUUID(), source: '/shop', type, data },
        })),
      ),
    });
    const { results } = (await response.json()) as { results: { outcome: string }[] };
    expect(results.map(({ outcome }) => outcome)).toEqual(events.map(() => 'APPLIED'));
  }

  /** The token that an actor shows. */
  token(actor: ActorName): string | undefined {
    return this.tokens.get(actor);
  }

  /** Asks over HTTP; `body` is the text of the request. */
  async post(actor: ActorName, body: string): Promise<Answer> {
    const token = this.tokens.get(actor);
    const response = await fetch(`${this.server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body,
    });
    const text = await response.text();
    const { data, errors } = JSON.parse(text) as {
      data?: { answer?: { code?: string } | null } | null;
      errors?: { extensions: { code: string } }[];
    };
    const code = errors?.[0]?.extensions.code ?? data?.answer?.code ?? 'OK';
    return { status: response.status, text, code };
  }

  /** A hash of every row of every table but the stored answers. */
  async digest(): Promise<Record<string, string>> {
    const { database } = this.app;
    if (this.digestQuery === '') {
      const tables: { name: string }[] = await database.query(
        `select quote_ident(table_name) as name from information_schema.tables
          where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> all ($1) order by 1`,
        [NOT_DIGESTED],
      );
      this.digestQuery = tables
        .map(
          ({ name }) =>
            `select '${name}' as name, md5(coalesce(string_agg(t::text, e'\\n' order by t::text), '')) as hash from ${name} t`,
        )
        .join(' union all ');
    }
    const rows: { name: string; hash: string }[] = await database.query(this.digestQuery);
    return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]));
  }

  /** One value of the database. */
  async value(query: string): Promise<string> {
    const [row]: { value: string }[] = await this.app.database.query(query);
    return row!.value;
  }

  private async settle(): Promise<void> {
    const acme = { organizationId: 'acme', billingAccountId: 'acme-1' };
    await this.register('ada', { ...acme, email: 'ada@acme.example' });
    await this.complete('a1', 'ada', '100.00');
    const referralCode = await this.value(
      `select referral_code as value from accounts where id = 'ada'`,
    );
    await this.register('bo', { ...acme, referralCode });
    await this.register('ron', { referralCode, email: 'ada+2@acme.example' });
    await this.register('cy', { organizationId: 'zeta', billingAccountId: 'acme-1' });
    await this.register('di', { organizationId: 'acme', billingAccountId: 'acme-2' });
    await this.register('tom', { ...acme, program: 'TR' });
    await this.register('fay', { ...acme, registeredAt: '2025-07-01T00:00:00Z' });
    for (const id of ['sue', 'eve']) await this.register(id, acme);
    await this.tell(
      ['order.placed', { orderId: 'open', customerId: 'ada', net: '60.00', currency: 'EUR' }],
      ['order.placed', { orderId: 'dear', customerId: 'ada', net: '0.30', currency: 'EUR' }],
      ['order.placed', { orderId: 'lira', customerId: 'ada', net: '60.00', currency: 'TRY' }],
      ['order.placed', { orderId: 'first', customerId: 'bo', net: '60.00', currency: 'EUR' }],
      ['order.placed', { orderId: 'liras', customerId: 'bo', net: '60.00', currency: 'TRY' }],
      ['order.placed', { orderId: 'sued', customerId: 'sue', net: '60.00', currency: 'EUR' }],
    );
    await this.command('desk', 'suspendMember', { customerId: 'sue', reason: 'Looks odd.' });
    await this.command('desk', 'leaveRewards', { customerId: 'eve', forfeits: 0 });
    const hold = { seconds: 3600 };
    const redemption = { customerId: 'ada', orderId: 'open' };
    const held = 'redemption { id }';
    const placed = { ...redemption, points: 20, hold };
    this.known.hold = await this.id('ada', 'redeemXPoints', placed, held);
    const released = { ...redemption, points: 1, hold };
    this.known.decided = await this.id('ada', 'redeemXPoints', released, held);
    await this.command('service', 'releaseRedemption', { redemptionId: this.known.decided });
    const wish = { fromId: 'ada', toId: 'bo', points: 5, reason: 'OTHER' };
    const asked = 'transfer { id }';
    this.known.transfer = await this.id('bo', 'requestXPointsTransfer', wish, asked);
    this.known.rejected = await this.id('ada', 'requestXPointsTransfer', wish, asked);
    const rejection = { transferId: this.known.rejected, approve: false };
    await this.command('desk', 'decideXPointsTransfer', rejection);
    await this.app.database.query(
      `update notifications set mail_state = 'DEAD' where account_id = 'ada' and number = 1`,
    );
    this.known.code = await this.value(
      `select code as value from discount_codes where account_id = 'bo'`,
    );
    await this.abuse();
    await this.desk();
  }

  private async abuse(): Promise<void> {
    await this.register('gus', {});
    await this.complete('g1', 'gus', '10.00');
    const order = { orderId: 'g2', customerId: 'gus', net: '60.00', currency: 'EUR' };
    await this.tell(['order.placed', order]);
    for (const points of [2, 3]) {
      const redemption = { customerId: 'gus', orderId: 'g2', points };
      await this.command('desk', 'redeemXPoints', redemption);
    }
    const lots = { customerId: 'gus', lots: ['1'], reason: 'Abuse.' };
    const { claims } = await this.command('desk', 'voidXPointsLots', lots, 'claims { id }');
    [this.known.claim, this.known.waived] = claims.map(({ id }: { id: string }) => id);
    const waived = { claimId: this.known.waived, note: 'Seen.' };
    await this.command('desk', 'waiveClaim', waived);
  }

  private async desk(): Promise<void> {
    const { app } = this;
    const key = () => ({ idempotencyKey: randomUUID() });
    const text = { reason: 'Goodwill.', statement: 'Too few.', note: 'Seen.' };
    await this.register('hal', {});
    await this.complete('h1', 'hal', '10.00');
    const hal = { customerId: 'hal' };
    const large = { ...hal, points: 20_000, reason: text.reason };
    const other = { actor: 'desk:kim', approvalAbove: 10_000, ...key() };
    await app.ledger.execute(adjustPoints({ ...large, ...other }));
    await this.command('desk', 'adjustXPoints', { ...large, points: 5 });
    await this.command('desk', 'adjustXPoints', large);
    const missing = { ...hal, orderId: 'h1', statement: text.statement };
    await this.command('desk', 'objectToCredit', { ...missing, about: 'MISSING_DISCOUNT' });
    await this.command('desk', 'objectToCredit', { ...missing, about: 'MISSING_CREDIT' });
    await this.command('desk', 'decideObjection', { ...hal, number: 5, note: text.note });
    const wrong = { ...hal, about: 'CREDIT', entrySequence: 2, statement: text.statement };
    await this.command('desk', 'objectToCredit', wrong);
    const correction = { ...hal, number: 6, points: 20_000, note: text.note };
    await this.command('desk', 'decideObjection', correction);

    const names = { en: 'A', de: 'B', tr: 'C', pl: 'D', es: 'E' };
    const gift = { program: 'EU', kind: 'BONUS', bonus: 5, tag: 'nobody', names };
    const campaign = { ...gift, reason: text.reason, endsAt: '2025-12-31T23:00:00Z' };
    await this.command('desk', 'startCampaign', { ...campaign, code: 'RUNNING' });
    await this.command('desk', 'startCampaign', { ...campaign, code: 'ENDED' });
    await this.command('desk', 'endCampaign', { program: 'EU', code: 'ENDED' });

    const version = { program: 'EU', effectiveOn: '2025-06-16', contact: 'new@shop.example' };
    await this.command('desk', 'publishTerms', version);
    await app.ledger.execute(tellTerms('cy'));
    for (const customerId of ['cy', 'hal']) {
      await app.ledger.execute(recordDelivery({ customerId, number: 1, channel: 'PAGE' }));
    }
  }

  private register(customerId: string, fields: object): Promise<void> {
    const registeredAt = '2025-05-01T00:00:00Z';
    return this.tell([
      'customer.registered',
      { customerId, program: 'EU', registeredAt, ...fields },
    ]);
  }

  private complete(orderId: string, customerId: string, net: string): Promise<void> {
    return this.tell(
      ['order.placed', { orderId, customerId, net, currency: 'EUR' }],
      ['order.paid', { orderId }],
      ['order.delivered', { orderId }],
    );
  }

  /** A command that succeeds; what it shows. */
  private async command(actor: ActorName, mutation: string, input: object, show = '__typename') {
    const [type, success] = [capital(`${mutation}Input`), SUCCESS[mutation]];
    const query = `mutation ($input: ${type}!) { answer: ${mutation}(input: $input) { ... on ${success} { ${show} } ... on Refusal { code } } }`;
    const variables = { input: { idempotencyKey: randomUUID(), ...input } };
    const { code, text } = await this.post(actor, JSON.stringify({ query, variables }));
    if (code !== 'OK') throw new Error(`${mutation}: ${text}`);
    return JSON.parse(text).data.answer;
  }

  private async id(actor: ActorName, mutation: string, input: object, show: string) {
    const answer: Record<string, { id: string }> = await this.command(actor, mutation, input, show);
    return Object.values(answer)[0]!.id;
  }
}

const SUCCESS: Readonly<Record<string, string>> = {
  suspendMember: 'RewardsMembershipSuccess',
  leaveRewards: 'RewardsMembershipSuccess',
  redeemXPoints: 'RedeemXPointsSuccess',
  releaseRedemption: 'RedeemXPointsSuccess',
  requestXPointsTransfer: 'XPointsTransferSuccess',
  decideXPointsTransfer: 'XPointsTransferSuccess',
  voidXPointsLots: 'VoidForAbuseSuccess',
  waiveClaim: 'CompensationClaimSuccess',
  adjustXPoints: 'XPointsAdjustmentSuccess',
  objectToCredit: 'ObjectionSuccess',
  decideObjection: 'ObjectionSuccess',
  startCampaign: 'RewardsCampaignSuccess',
  endCampaign: 'RewardsCampaignSuccess',
  publishTerms: 'PublishTermsSuccess',
};

function capital(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`;
}
