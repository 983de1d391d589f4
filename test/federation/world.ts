import type { ApolloServer } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import { type App, createApp } from '../../src/app';
import { type Actor, ANONYMOUS, type Scope } from '../../src/auth/actor';
import { loadConfig } from '../../src/config';
import { moveClock } from '../../src/database/clock';
import { batches } from '../../src/federation/graph';
import { loadersOf } from '../../src/federation/loaders';
import { parseInstant } from '../../src/kernel/time';
import { eventCommand } from '../../src/orders/event-command';
import type { EventAnswer, PlatformEvent } from '../../src/orders/platform-event';
import type { Locale } from '../../src/programs/terms';
import { createApollo } from '../../src/server/apollo';
import type { RequestContext } from '../../src/server/context';
import { errorFormatter } from '../../src/server/format-error';
import { buildSchema } from '../../src/server/schema';
import { WrittenData } from '../../src/server/write-entities';
import { freshDatabase } from '../support/database';

export const anonymous = ANONYMOUS;
export const desk = scoped('desk-1', 'rewards:desk');
export const service = scoped('platform', 'rewards:service');

export function customer(id: string): Actor {
  return { ...ANONYMOUS, subject: id, customerId: id };
}

export function scoped(subject: string, scope: Scope): Actor {
  return { ...ANONYMOUS, subject, scopes: new Set([scope]) };
}

type Data = Record<string, unknown>;
export interface Answer<T> {
  readonly data: T;
  readonly errors: readonly GraphQLFormattedError[];
  /** SQL statements it took. */
  readonly statements: readonly string[];
  /** Whether it was written without graphql-js. */
  readonly isWritten: boolean;
}

export const { sdl, schema: graphqlSchema } = buildSchema();
const NOTHING_KNOWN: Readonly<
  Record<
    | 'organizationId'
    | 'billingAccountId'
    | 'email'
    | 'locale'
    | 'emailHash'
    | 'phoneHash'
    | 'paymentHash'
    | 'referralCode',
    string | null
  >
> = {
  organizationId: null,
  billingAccountId: null,
  email: null,
  locale: null,
  emailHash: null,
  phoneHash: null,
  paymentHash: null,
  referralCode: null,
};

/** The app on a database of its own with a test clock, and the graph in front of it. */
export class World {
  private events = 0;
  private commands = 0;
  private statements: string[] = [];
  private readonly apollo: ApolloServer<RequestContext>;

  private constructor(
    readonly app: App & { close(): Promise<void> },
    private readonly drop: () => Promise<void>,
  ) {
    const { log } = app;
    const formatError = errorFormatter(log, false);
    this.apollo = createApollo({
      schema: graphqlSchema,
      production: false,
      formatError,
      batches,
      mayTrace: false,
      callbacks: { start: async () => undefined },
      log,
      drain: {},
    });
    // What the app asks for by itself, each second, is no part of any request.
    const logQuery = (sql: string): void => {
      if (!sql.includes('from rules_revision')) this.statements.push(sql);
    };
    const nothing = (): void => undefined;
    app.database.logger = {
      logQuery,
      logQueryError: nothing,
      logQuerySlow: nothing,
      logSchemaBuild: nothing,
      logMigration: nothing,
      log: nothing,
    };
  }

  static async open(at: string, env: Readonly<Record<string, string>> = {}): Promise<World> {
    const { url, drop } = await freshDatabase();
    const own = { DATABASE_URL: url, REWARDS_SANDBOX: '1', LOG_LEVEL: 'fatal' };
    const config = loadConfig({ ...own, ...env });
    const world = new World(await createApp(config), drop);
    await world.at(at);
    return world;
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.drop();
  }

  /** Moves the test clock. */
  async at(at: string): Promise<void> {
    await moveClock(this.app.database, parseInstant(at)!);
  }

  /** Tells the ledger what the platform reports. */
  async tell(event: PlatformEvent): Promise<EventAnswer> {
    this.events += 1;
    const id = `e${this.events}`;
    const received = { source: 'test', id, type: event.type, digest: id, payload: {}, event };
    const answer = await this.app.ledger.execute(eventCommand(received));
    if ('refused' in answer) throw new Error(answer.refused);
    return answer;
  }

  register(
    customerId: string,
    registeredAt: string | null = null,
    program = 'EU',
    known: Partial<typeof NOTHING_KNOWN> = {},
  ) {
    const at = registeredAt === null ? null : parseInstant(registeredAt);
    return this.tell({
      type: 'customer.registered',
      customerId,
      program,
      registeredAt: at,
      ...NOTHING_KNOWN,
      ...known,
    });
  }

  place(orderId: string, customerId: string, net: string, currency = 'EUR') {
    const placed = { orderId, customerId, net, currency, placedAt: null, tags: [] };
    return this.tell({ type: 'order.placed', ...placed });
  }

  /** An order that is placed, paid and delivered at the present instant: a lot. */
  async earn(orderId: string, customerId: string, net: string): Promise<void> {
    await this.place(orderId, customerId, net);
    await this.tell({ type: 'order.paid', orderId, xPoints: null });
    await this.tell({ type: 'order.delivered', orderId });
  }

  /** Runs a mutation `name` with `input` and a key of its own, unless that names one; `fields` are what is asked of the answer. */
  async command<T = Data>(
    actor: Actor,
    name: string,
    input: object,
    fields: string,
  ): Promise<Answer<{ answer: T }>> {
    this.commands += 1;
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`;
    const query = `mutation M($input: ${type}) { answer: ${name}(input: $input) { __typename ... on Refusal { code message } ${fields} } }`;
    const keyed = { idempotencyKey: `c${this.commands}`, ...input };
    return this.ask<{ answer: T }>(actor, query, { input: keyed });
  }

  /** A digest of every row but stored answers: what a refused command leaves as it was. */
  async digest(): Promise<string> {
    const tables = [
      'accounts',
      'members',
      'referral_codes',
      'orders',
      'lots',
      'entries',
      'allocations',
      'redemptions',
      'outbox',
      'inbox',
      'set_aside',
      'referrals',
      'discount_codes',
      'transfers',
      'program_endings',
      'claims',
      'voidings',
      'adjustments',
      'objections',
      'notifications',
      'campaigns',
      'terms',
      'webhook_deliveries',
    ];
    const parts = tables.map(
      (table) =>
        `coalesce((select md5(string_agg(to_jsonb(t)::text, '|' order by to_jsonb(t)::text)) from ${table} t), '')`,
    );
    const [row]: { digest: string }[] = await this.app.database.query(
      `select md5(${parts.join(" || ',' || ")}) as digest`,
    );
    return row!.digest;
  }

  /** Runs an operation. */
  async ask<T = Data>(
    actor: Actor,
    query: string,
    variables: Data = {},
    locale: Locale = 'en',
  ): Promise<Answer<T>> {
    const { app } = this;
    this.statements = [];
    const contextValue = {
      app,
      actor,
      loaders: loadersOf(app)(actor),
      locale,
      requestId: 'test',
    };
    const { body } = await this.apollo.executeOperation({ query, variables }, { contextValue });
    if (body.kind !== 'single') throw new Error('one result is expected');
    const { data, errors } = body.singleResult;
    const isWritten = data instanceof WrittenData;
    const seen = isWritten ? data.toJSON() : data;
    return { data: seen as T, errors: errors ?? [], statements: this.statements, isWritten };
  }

  /** Asks for entities by their representations, in a fragment on `type`. */
  async entities<T = Data>(
    actor: Actor,
    type: 'Customer' | 'Order',
    fields: string,
    representations: readonly (string | object)[],
  ): Promise<{
    entities: (T | null)[];
    errors: Answer<T>['errors'];
    statements: readonly string[];
    isWritten: boolean;
  }> {
    const query = `query Entities($representations: [_Any!]!) {
      _entities(representations: $representations) { ... on ${type} { ${fields} } }
    }`;
    const asked = representations.map((key) =>
      typeof key === 'string' ? { __typename: type, id: key } : key,
    );
    const answer = await this.ask<{ _entities: (T | null)[] }>(actor, query, {
      representations: asked,
    });
    const { errors, statements, isWritten } = answer;
    return { entities: answer.data?._entities ?? [], errors, statements, isWritten };
  }
}

/** The codes of errors, by the path of each. */
export function codes(errors: readonly GraphQLFormattedError[]): Record<string, unknown> {
  return Object.fromEntries(
    errors.map(({ path, extensions }) => [(path ?? []).join('.'), extensions?.code]),
  );
}
