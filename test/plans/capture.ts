import { AsyncLocalStorage } from 'node:async_hooks';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner';
import { Packet } from '../../src/database/packet';

/** A statement as it was sent, with some of the values that it was sent with. */
export interface Captured {
  /** The file under src/ whose code sent it. */
  readonly from: string;
  readonly text: string;
  readonly values: (readonly unknown[])[];
  /** What its transaction had set for itself: `SET LOCAL …`. */
  readonly settings: readonly string[];
  /** False where it is planned anew for its values each time it is sent. */
  readonly isPlannedOnce?: boolean;
}

/** Plans may turn on the values; as many different lengths of lists as that are tried. */
const VALUES_MAX = 3;
const OURS = /^(?!.*node_modules).*\/src\/([\w/.-]+)\.ts:/;
/** What sends statements for others, and what is done before anybody is served. */
const PLUMBING = [
  ...['database/transaction', 'database/data-source', 'database/prepared', 'database/gathered'],
  ...['database/packet', 'database/lines', 'data-source/DataSource'],
];
const BEFORE = ['database/migrate', 'database/fitness', 'database/embedded-postgres'];

/**
 * Notes every statement that code under src/ sends to the database while `run` goes on, in this process, whatever it
 * is sent by: TypeORM's data source, its query runner, or a connection of the pool.
 */
export async function capture(run: () => Promise<void>): Promise<Captured[]> {
  const found = new Map<string, Captured>();
  const sender = new AsyncLocalStorage<string>();
  const settings = new WeakMap<object, readonly string[]>();
  const limit = Error.stackTraceLimit;
  const note = (client: object, text: string, values: readonly unknown[]) => {
    const before = /^\s*(begin|start|commit|rollback)\b/i.test(text) ? [] : settings.get(client);
    const own = [...(before ?? []), ...settingsOf(text)];
    settings.set(client, own);
    const from = sender.getStore() ?? senderOf();
    if (from === null) return;
    const key = `${from}\n${text}`;
    const captured = found.get(key) ?? { from, text, values: [], settings: own };
    if (captured.values.length < VALUES_MAX) captured.values.push(values);
    found.set(key, captured);
  };
  const restores = [
    named(DataSource.prototype, sender),
    named(PostgresQueryRunner.prototype, sender),
    watched(Client.prototype, 'query', note),
    watched(Packet.prototype, 'add', note),
  ];
  Error.stackTraceLimit = 60;
  try {
    await run();
  } finally {
    Error.stackTraceLimit = limit;
    for (const restore of restores) restore();
  }
  return [...found.values()];
}

/** What a statement sets for its transaction, as it would by `SET LOCAL`. */
function settingsOf(text: string): string[] {
  const set = [...text.matchAll(/set_config\('(\w+)', '(\w+)', true\)/g)];
  return [
    ...(text.match(/set local [^;]+/gi) ?? []),
    ...set.map(([, name, value]) => `set local ${name} = ${value}`),
  ];
}

type Query = (this: unknown, ...args: unknown[]) => unknown;

/** TypeORM waits for a connection before it sends, and by then the stack no longer says for whom. */
function named(prototype: object, sender: AsyncLocalStorage<string>): () => void {
  return replaced(prototype, 'query', (query) => {
    return function (...args) {
      const from = sender.getStore() ?? senderOf();
      return from === null
        ? query.apply(this, args)
        : sender.run(from, () => query.apply(this, args));
    };
  });
}

function watched(
  prototype: object,
  method: string,
  note: (client: object, text: string, values: readonly unknown[]) => void,
): () => void {
  return replaced(prototype, method, (query) => {
    return function (...args) {
      const [first, second] = args;
      const { text, values } = Object(first) as { text?: unknown; values?: unknown };
      const sent = typeof first === 'string' ? first : text;
      const given = Array.isArray(second) ? second : values;
      const client = this instanceof Packet ? this.client : Object(this);
      if (typeof sent === 'string') note(client, sent, Array.isArray(given) ? given : []);
      return query.apply(this, args);
    };
  });
}

function replaced(of: object, method: string, by: (query: Query) => Query): () => void {
  const prototype = of as Record<string, unknown>;
  const query = prototype[method] as Query;
  prototype[method] = by(query);
  return () => {
    prototype[method] = query;
  };
}

/** The file of the innermost frame of ours; null where none is. */
function senderOf(): string | null {
  const stack = new Error().stack ?? '';
  if (stack.includes('/migrations/')) return null;
  for (const line of stack.split('\n')) {
    const [, file] = OURS.exec(line) ?? [];
    if (file === undefined || PLUMBING.includes(file)) continue;
    return BEFORE.includes(file) ? null : file;
  }
  return null;
}
