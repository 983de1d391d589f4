import { signToken } from '../../src/auth/dev-token';
import { bookDue } from '../../src/ledger/book-due';
import type { RunningServer } from '../../src/server/server';
import { startServer } from '../../src/server/start';
import { desk, World } from '../federation/world';
import { ask } from '../server/running';

const SECRET = 'a shared secret of at least 32 bytes';
const AUTH = {
  ...{ jwksUrl: null, secret: SECRET, algorithms: ['HS256'] },
  ...{ issuer: 'https://id.example', audience: 'rewards' },
};
const ACME = { organizationId: 'acme', billingAccountId: 'acme-1' };
const NAMES = { en: 'Start', de: 'Start', tr: 'Start', pl: 'Start', es: 'Start' };

/** A story of half a year with exact numbers, and a server that analysts ask. */
export class SmallStory {
  private constructor(
    readonly world: World,
    private readonly server: RunningServer,
  ) {}

  /** Nothing has happened yet. */
  static async open(): Promise<SmallStory> {
    const world = await World.open('2025-01-10T10:00:00Z');
    const { app } = world;
    const config = { ...app.config, port: 0, auth: AUTH };
    return new SmallStory(world, await startServer({ ...app, config }));
  }

  async close(): Promise<void> {
    await this.server.stop();
    await this.world.close();
  }

  /** 6,900 points for orders, a referral, a campaign and from the desk. */
  async january(): Promise<void> {
    const { world } = this;
    for (const id of ['ada', 'cem']) await world.register(id, null, 'EU', ACME);
    await world.earn('ada-1', 'ada', '1000.00');
    await world.at('2025-01-20T10:00:00Z');
    const [row] = await world.app.database.query<{ code: string }[]>(
      'select code from referral_codes',
    );
    await world.register('bob', null, 'EU', { referralCode: row!.code });
    const campaign = { program: 'EU', code: 'START', kind: 'BONUS', bonus: 100, names: NAMES };
    await this.do('startCampaign', { ...campaign, endsAt: '2025-01-25T00:00:00Z', reason: 'new' });
    await world.earn('bob-1', 'bob', '500.00');
    await world.at('2025-01-30T10:00:00Z');
    await this.do('adjustXPoints', { customerId: 'cem', points: 300, reason: 'a present' });
  }

  /** 400 redeemed and 100 of them restored, 50 transferred; a hold that lapses on the 6th and is booked on the 10th. */
  async february(): Promise<void> {
    const { world } = this;
    await world.at('2025-02-05T10:00:00Z');
    await world.place('ada-2', 'ada', '500.00');
    await this.do('redeemXPoints', { customerId: 'ada', orderId: 'ada-2', points: 400 });
    await world.at('2025-02-06T10:00:00Z');
    const hold = { customerId: 'ada', orderId: 'ada-2', points: 100, hold: { seconds: 3_600 } };
    await this.do('redeemXPoints', hold);
    await world.at('2025-02-10T10:00:00Z');
    const move = { fromId: 'ada', toId: 'cem', points: 50, reason: 'CHANGED_ROLE' };
    await this.do('transferXPoints', { ...move, evidence: 'a letter' });
    await world.at('2025-02-15T10:00:00Z');
    await world.tell({ type: 'order.cancelled', orderId: 'ada-2', net: '497.00' });
  }

  /** 300 redeemed; 150 taken of which 100 are owed, 80 come and pay; 1,000 taken back for a cancelled order. */
  async march(): Promise<void> {
    const { world } = this;
    await world.at('2025-03-03T10:00:00Z');
    await world.place('cem-1', 'cem', '300.00');
    await this.do('redeemXPoints', { customerId: 'cem', orderId: 'cem-1', points: 300 });
    await this.do('adjustXPoints', { customerId: 'cem', points: -150, reason: 'a mistake' });
    await world.at('2025-03-10T10:00:00Z');
    await world.earn('cem-2', 'cem', '80.00');
    await world.at('2025-03-20T10:00:00Z');
    await world.tell({ type: 'order.cancelled', orderId: 'ada-1', net: null });
  }

  /** 100 voided, 500 forfeited. */
  async april(): Promise<void> {
    const { world } = this;
    await world.at('2025-04-02T10:00:00Z');
    await this.do('voidXPointsLots', { customerId: 'bob', lots: ['2'], reason: 'abuse' });
    await world.at('2025-04-10T10:00:00Z');
    await this.do('leaveRewards', { customerId: 'bob', forfeits: 500 });
  }

  /** A command of the desk that has to succeed. */
  async do(name: string, input: object): Promise<void> {
    const { data, errors } = await this.world.command(desk, name, input, '');
    const type = String(data?.answer?.__typename);
    if (errors.length > 0 || !type.endsWith('Success')) {
      throw new Error(`${name}: ${JSON.stringify({ data, errors })}`);
    }
  }

  /** Writes down what is due on an account. */
  async book(customerId: string): Promise<void> {
    await this.world.app.ledger.execute(bookDue(customerId));
  }

  /** Asks over HTTP as an analyst, or with another scope. */
  async ask(query: string, variables: object = {}, scope = 'rewards:analytics') {
    const { issuer, audience } = AUTH;
    const token = await signToken(Buffer.from(SECRET), { sub: 'ann', issuer, audience, scope });
    return ask(this.server, query, { variables, token });
  }
}
