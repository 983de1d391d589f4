import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Where a connection to PostgreSQL is cut. */
export type Cut =
  /** The client's COMMIT never reaches the server. */
  | 'before COMMIT'
  /** The server has committed; the client never hears of it. */
  | 'after COMMIT'
  /** COMMIT is sent, and the connection is gone in the same moment: either may be. */
  | 'at COMMIT'
  /** BEGIN never reaches the server. */
  | 'at BEGIN'
  /** Half of a statement reaches the server. */
  | 'in a statement'
  /** Half of a result reaches the client. */
  | 'in a result'
  /** A new connection is taken and dropped. */
  | 'at connect';

const SSL_REQUEST = 80_877_103;
const [QUERY, PARSE, BIND, SYNC] = [0x51, 0x50, 0x42, 0x53];
const COMMITTED = Buffer.from('COMMIT\0');

/** One connection through the proxy. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** What of the client's last message is still incomplete. */
  rest: Buffer;
  hasStarted: boolean;
  /** Prepared statements, by name. */
  readonly texts: Map<string, string>;
  /** Whether a COMMIT has passed to which no Sync has come yet. */
  isCommitting: boolean;
  /** Set while the answer to a COMMIT is kept from the client. */
  swallowed: Buffer | null;
}

/** A cut that waits for connections to come to its point. */
interface Armed {
  readonly at: Cut;
  left: number;
  /** There are none left to cut. */
  done: () => void;
}

/**
 * A way to PostgreSQL that reads the client's side of the protocol, so that connections can be cut at a chosen moment:
 * loudly (reset), or in silence (they stay open and carry nothing).
 */
export class WireProxy {
  private readonly pairs = new Set<Pair>();
  private armed: Armed | null = null;
  private isStalled = false;

  private constructor(
    private readonly listener: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {
    listener.on('connection', (client) => this.open(client));
  }

  static async start(target: { host: string; port: number }): Promise<WireProxy> {
    const proxy = new WireProxy(createServer(), target);
    proxy.listener.listen(0, '127.0.0.1');
    await once(proxy.listener, 'listening');
    return proxy;
  }

  /** The same database, by way of the proxy. */
  through(url: string): string {
    const address = new URL(url);
    address.hostname = '127.0.0.1';
    address.port = String((this.listener.address() as AddressInfo).port);
    return address.href;
  }

  /** Cuts the next `times` connections that come to this point; resolves with how many did within `patienceMs`. */
  async cut(at: Cut, times: number, patienceMs: number): Promise<number> {
    const armed: Armed = { at, left: times, done: () => undefined };
    await new Promise<void>((done) => {
      const timer = setTimeout(done, patienceMs);
      armed.done = () => {
        clearTimeout(timer);
        done();
      };
      this.armed = armed;
    });
    this.armed = null;
    return times - armed.left;
  }

  /** Nothing passes any more, in either direction, and nobody is told; until `resume`. */
  stall(): void {
    this.isStalled = true;
    for (const { client, server } of this.pairs) {
      client.pause();
      server.pause();
    }
  }

  resume(): void {
    this.isStalled = false;
    for (const { client, server } of this.pairs) {
      client.resume();
      server.resume();
    }
  }

  async stop(): Promise<void> {
    this.listener.close();
    for (const pair of this.pairs) reset(pair);
    await once(this.listener, 'close');
  }

  private open(client: Socket): void {
    const server = connect(this.target.port, this.target.host);
    const pair: Pair = {
      client,
      server,
      rest: Buffer.alloc(0),
      hasStarted: false,
      texts: new Map(),
      isCommitting: false,
      swallowed: null,
    };
    this.pairs.add(pair);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        other.destroy();
        this.pairs.delete(pair);
      });
      socket.on('end', () => other.end());
      if (this.isStalled) socket.pause();
    }
    if (this.takes('at connect')) {
      reset(pair);
      return;
    }
    client.on('data', (chunk) => this.fromClient(pair, chunk));
    server.on('data', (chunk) => this.fromServer(pair, chunk));
  }

  /** Passes whole messages on, each looked at. */
  private fromClient(pair: Pair, chunk: Buffer): void {
    let data = pair.rest.length === 0 ? chunk : Buffer.concat([pair.rest, chunk]);
    pair.server.cork();
    while (!pair.client.destroyed) {
      const length = messageLength(pair, data);
      if (length === null || data.length < length) break;
      const message = data.subarray(0, length);
      data = data.subarray(length);
      if (!this.pass(pair, message)) break;
    }
    pair.server.uncork();
    pair.rest = data;
  }

  /** Passes one message of the client on; false where that was the end of the connection. */
  private pass(pair: Pair, message: Buffer): boolean {
    const { server } = pair;
    if (!pair.hasStarted) {
      pair.hasStarted = message.readInt32BE(4) !== SSL_REQUEST;
      server.write(message);
      return true;
    }
    const statement = textOf(pair, message);
    if (statement !== null && /^commit\b/i.test(statement) && message[0] !== PARSE) {
      if (this.takes('before COMMIT')) return this.end(pair);
      if (this.takes('after COMMIT')) pair.swallowed = Buffer.alloc(0);
      else pair.isCommitting = true;
      if (message[0] === QUERY && this.takes('at COMMIT')) return this.endBehind(pair, message);
    } else if (message[0] === SYNC && pair.isCommitting) {
      pair.isCommitting = false;
      if (this.takes('at COMMIT')) return this.endBehind(pair, message);
    } else if (statement !== null && /^begin\b/i.test(statement)) {
      if (this.takes('at BEGIN')) return this.end(pair);
    } else if (statement !== null && this.takes('in a statement')) {
      return this.endBehind(pair, message.subarray(0, message.length >> 1));
    }
    server.write(message);
    return true;
  }

  private fromServer(pair: Pair, chunk: Buffer): void {
    if (pair.swallowed !== null) {
      pair.swallowed = Buffer.concat([pair.swallowed, chunk]);
      // A COMMIT that failed is cut as well: nobody hears that either.
      if (pair.swallowed.includes(COMMITTED) || pair.swallowed.includes('Z')) reset(pair);
      return;
    }
    if (pair.hasStarted && chunk.length > 200 && this.takes('in a result')) {
      pair.client.write(chunk.subarray(0, chunk.length >> 1), () => reset(pair));
      return;
    }
    pair.client.write(chunk);
  }

  private takes(at: Cut): boolean {
    const { armed } = this;
    if (armed?.at !== at || armed.left === 0) return false;
    armed.left -= 1;
    if (armed.left === 0) armed.done();
    return true;
  }

  private end(pair: Pair): false {
    reset(pair);
    return false;
  }

  private endBehind(pair: Pair, message: Buffer): false {
    pair.server.write(message, () => reset(pair));
    pair.client.pause();
    return false;
  }
}

/** Both sides at once, without a farewell. */
function reset({ client, server }: Pair): void {
  client.resetAndDestroy();
  server.resetAndDestroy();
}

/** The length of the message that begins here; null where that cannot be told yet. */
function messageLength({ hasStarted }: Pair, data: Buffer): number | null {
  if (!hasStarted) return data.length < 8 ? null : data.readInt32BE(0);
  return data.length < 5 ? null : 1 + data.readInt32BE(1);
}

/** The statement of a Query ('Q': text), of a Parse ('P': name, text) or of a Bind ('B': portal, name); null for other messages. */
function textOf({ texts }: Pair, message: Buffer): string | null {
  const type = message[0];
  if (type === QUERY) return message.toString('latin1', 5, Math.min(message.length, 40));
  if (type !== PARSE && type !== BIND) return null;
  const end = message.indexOf(0, 5);
  const second = message.toString('latin1', end + 1, message.indexOf(0, end + 1));
  if (type === BIND) return texts.get(second) ?? null;
  texts.set(message.toString('latin1', 5, end), second);
  return second;
}
