import type { DataSource } from 'typeorm';
import { clockSql, moveClock } from '../../src/database/clock';
import { createDataSource } from '../../src/database/data-source';
import { fingerprint } from '../../src/kernel/ids';
import { type Instant, parseInstant } from '../../src/kernel/time';
import type { Ledger } from '../../src/ledger/command';
import { createLedger, type DoorOptions } from '../../src/ledger/door';
import { checkIntegrity } from '../../src/ledger/integrity';
import { rulesOf } from '../../src/ledger/rules';
import { eventCommand } from '../../src/orders/event-command';
import type { PlatformEvent } from '../../src/orders/platform-event';
import { Programs } from '../../src/programs/programs';
import { freshDatabase } from '../support/database';

/** A door on a database of its own, with a test clock. */
export interface Books {
  readonly database: DataSource;
  readonly url: string;
  readonly programs: Programs;
  readonly ledger: Ledger;
  /** Moves the test clock. */
  at(instant: Instant | string): Promise<void>;
  /** Sends a platform event with an id of its own, or with the one given; answers the outcome. */
  send(event: PlatformEvent, id?: string): Promise<string>;
  /** The invariants that are broken; empty where all hold. */
  broken(): Promise<string[]>;
  close(): Promise<void>;
}

let eventNumber = 0;

function nextId(): string {
  eventNumber += 1;
  return `event-${eventNumber}`;
}

/** Opens a door; `url` joins a database that another door has. */
export async function openBooks(
  options: {
    url?: string;
    writers?: number;
    newCode?: () => string;
    onWritten?: DoorOptions['onWritten'];
  } = {},
): Promise<Books> {
  const own = options.url === undefined ? await freshDatabase() : null;
  const url = options.url ?? own!.url;
  const database = createDataSource(url, { poolSize: (options.writers ?? 3) + 4 });
  await database.initialize();
  const programs = await Programs.load(database);
  const ledger = createLedger({
    database,
    clock: clockSql(true),
    writers: options.writers ?? 3,
    rules: { ...rulesOf(programs), ...(options.newCode ? { newCode: options.newCode } : {}) },
    ...(options.onWritten ? { onWritten: options.onWritten } : {}),
  });
  return {
    database,
    url,
    programs,
    ledger,
    at: (instant) =>
      moveClock(database, typeof instant === 'string' ? parseInstant(instant)! : instant),
    send: async (event, id = nextId()) => {
      const content = { ...event };
      const answer = await ledger.execute(
        eventCommand({
          source: 'test',
          id,
          type: event.type,
          digest: fingerprint(content),
          payload: content,
          event,
        }),
      );
      return 'outcome' in answer ? answer.outcome : answer.refused;
    },
    broken: async () =>
      (await checkIntegrity(database, programs))
        .filter(({ rows }) => rows > 0)
        .map(
          ({ number, statement, rows, accounts }) => `${number} ${statement} ${rows} ${accounts}`,
        ),
    close: async () => {
      await ledger.drain();
      await database.destroy();
      await own?.drop();
    },
  };
}

/** A registration with nothing but what it needs. */
export function registered(
  customerId: string,
  fields: Partial<Extract<PlatformEvent, { type: 'customer.registered' }>> = {},
): PlatformEvent {
  return {
    type: 'customer.registered',
    customerId,
    program: 'EU',
    registeredAt: null,
    referralCode: null,
    organizationId: null,
    billingAccountId: null,
    email: null,
    locale: null,
    emailHash: null,
    phoneHash: null,
    paymentHash: null,
    ...fields,
  };
}

/** A placing, by default in euro and now. */
export function placed(
  orderId: string,
  customerId: string,
  net: string,
  fields: { currency?: string; placedAt?: Instant } = {},
): PlatformEvent {
  const { currency = 'EUR', placedAt = null } = fields;
  return { type: 'order.placed', orderId, customerId, net, currency, placedAt, tags: [] };
}

/** An order that is placed, paid and delivered: what it credits can be spent. */
export async function complete(
  books: Books,
  orderId: string,
  customerId: string,
  net: string,
): Promise<void> {
  await books.send(placed(orderId, customerId, net));
  await books.send({ type: 'order.paid', orderId, xPoints: null });
  await books.send({ type: 'order.delivered', orderId });
}

/** The numbers of an account as its row has them. */
export async function balance(
  books: Books,
  customerId: string,
): Promise<{ available: number; held: number; owed: number; sequence: number }> {
  const [row] = await books.database.query(
    'select available, held, owed, sequence from accounts where id = $1',
    [customerId],
  );
  return row;
}
