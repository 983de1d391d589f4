import type { Writable } from 'node:stream';
import { Query, type QueryResult } from 'pg';
import type { Statement } from './row-statements';
import { wireTypes } from './wire-types';

/** A statement of a packet, and who waits for its answer. */
interface Sent {
  readonly statement: PreparedStatement;
  readonly values: readonly (string | null)[];
  /** What the connection knows it to answer with; undefined where it is new to it. */
  columns: Columns | undefined;
  readonly resolve: (result: QueryResult) => void;
  readonly reject: (error: unknown) => void;
}

/** A prepared statement; its rows as objects, or each as its columns in order. */
export interface PreparedStatement extends Statement {
  readonly rowMode?: 'array';
}

type Fields = readonly (string | null)[];
type Parsers = readonly ((text: string) => unknown)[];

/** The columns that a statement, by its text, answers with. */
interface Columns {
  readonly of: string;
  readonly parsers: Parsers;
  readonly asObject: AsObject;
}

/** What a connection has prepared, by name, with what each answers: a prepared statement never answers otherwise. */
export type Known = Map<string, Columns>;

/** The driver's connection, as far as a packet writes to it. */
interface Wire {
  readonly stream: Writable;
  close(what: { type: 'S'; name: string }): void;
  parse(what: { name: string; text: string }): void;
  bind(what: { statement: string; values: readonly (string | null)[] }): void;
  describe(what: { type: 'P' }): void;
  execute(what: null): void;
  sync(): void;
}

/** A value of a statement cannot be written: it was not sent, nor was anything behind it. */
export class UnsendableError extends Error {
  constructor(cause: unknown) {
    super('A statement could not be sent', { cause });
    this.name = 'UnsendableError';
  }
}

/**
 * Prepared statements that leave in one packet with one Sync behind them, and are answered in one. The server takes them one by one, each
 * with a snapshot of its own, and does none behind one that fails. By the driver alone each has a Sync of its own: the server
 * then answers each by a system call, and both processes wake up for each.
 *
 * A statement is parsed and described once per connection. What the driver calls is what its own queries have.
 */
export class Packet extends Query {
  private readonly sent: Sent[] = [];
  private readonly answers: (QueryResult | Error)[] = [];
  private unsendable: UnsendableError | undefined;
  private found: object[] = [];
  private misread: Error | undefined;

  /** `client`: whose connection it goes by. */
  constructor(readonly client: { readonly known: Known }) {
    super('');
  }

  /**
   * Adds a statement. Only before the packet is handed to the driver. Behind one whose values cannot be written nothing is sent: what
   * follows may be a COMMIT.
   */
  add(statement: PreparedStatement): Promise<QueryResult> {
    if (this.unsendable) return Promise.reject(this.unsendable);
    return new Promise((resolve, reject) => {
      try {
        const values = statement.values.map(textOf);
        const before = this.client.known.get(statement.name);
        const columns = before?.of === statement.text ? before : undefined;
        this.sent.push({ statement, values, columns, resolve, reject });
      } catch (error) {
        this.unsendable = new UnsendableError(error);
        reject(this.unsendable);
      }
    });
  }

  override submit = (connection: unknown): void => {
    const { stream } = connection as Wire;
    const messages: Buffer[] = [];
    // Each message by itself costs more to hand to the system than all of them in one piece.
    const wire: Wire = Object.create(connection as Wire, {
      _send: { value: (message: Buffer) => messages.push(message) },
    });
    for (const { statement, values, columns } of this.sent) {
      const { name, text } = statement;
      if (!columns) {
        // One that failed may have been parsed all the same; to close one that is not there is no error.
        wire.close({ type: 'S', name });
        wire.parse({ name, text });
      }
      wire.bind({ statement: name, values });
      if (!columns) wire.describe({ type: 'P' });
      wire.execute(null);
    }
    wire.sync();
    if (stream.writable) stream.write(Buffer.concat(messages));
  };

  handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    const asObject = objectsOf(fields.map(({ name }) => name));
    const parsers = fields.map(({ dataTypeID }) => wireTypes.getTypeParser(dataTypeID, 'text'));
    const sent = this.sent[this.answers.length]!;
    sent.columns = { of: sent.statement.text, parsers, asObject };
  }

  handleDataRow({ fields }: { fields: Fields }): void {
    if (this.misread) return;
    const { statement, columns } = this.sent[this.answers.length]!;
    const { parsers, asObject } = columns!;
    try {
      this.found.push(statement.rowMode ? asArray(parsers, fields) : asObject(parsers, fields));
    } catch (error) {
      this.misread = error as Error;
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    const { statement, columns } = this.sent[this.answers.length]!;
    this.client.known.set(statement.name, columns ?? { ...NO_COLUMNS, of: statement.text });
    const result = { ...resultOf(text), rows: this.found, oid: 0, fields: [] };
    this.answers.push(this.misread ?? result);
    this.misread = undefined;
    this.found = [];
  }

  handleReadyForQuery(): void {
    this.answers.forEach((answer, n) => {
      const { resolve, reject } = this.sent[n]!;
      if (answer instanceof Error) reject(answer);
      else resolve(answer);
    });
  }

  /** Fails the statement that is under way, and with it all behind it. */
  handleError(error: unknown): void {
    this.handleReadyForQuery();
    const undone = this.sent.slice(this.answers.length);
    for (const { reject } of undone) reject(error);
    // Its plan may be what fails: it is parsed anew.
    if (undone[0]) this.client.known.delete(undone[0].statement.name);
  }
}

/** What a tag says: COMMIT, UPDATE 3, INSERT 0 1. */
function resultOf(tag: string): Pick<QueryResult, 'command' | 'rowCount'> {
  const last = tag.lastIndexOf(' ');
  if (last < 0) return { command: tag, rowCount: null };
  return { command: tag.slice(0, tag.indexOf(' ')), rowCount: Number(tag.slice(last + 1)) };
}

const NO_COLUMNS = { parsers: [], asObject: () => ({}) };

type AsObject = (parsers: Parsers, fields: Fields) => object;

/** By the names of the columns, of all connections. */
const made = new Map<string, AsObject>();

/**
 * What makes an object of a row. As JavaScript of its own, which engines make as fast as if it were written by hand: what sets the columns
 * of any statement by their names takes six times as long. Of the statement only the quoted names of its columns are in it.
 */
function objectsOf(names: readonly string[]): AsObject {
  const quoted = names.map((name) => JSON.stringify(name));
  const key = quoted.join();
  const known = made.get(key);
  if (known) return known;
  const members = quoted.map(
    (name, n) => `${name}: fields[${n}] === null ? null : parsers[${n}](fields[${n}])`,
  );
  const asObject = new Function('parsers', 'fields', `return { ${members} };`) as AsObject;
  made.set(key, asObject);
  return asObject;
}

function asArray(parsers: Parsers, fields: Fields): unknown[] {
  return fields.map((text, n) => (text === null ? null : parsers[n]!(text)));
}

/** A value as it travels; whoever hands over anything but a `Value` is told. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return String(value);
  }
  throw new TypeError(`A prepared statement takes no ${typeof value}`);
}
