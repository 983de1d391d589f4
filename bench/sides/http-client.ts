import { connect, type Socket } from 'node:net';

/** Where else a POST goes, and what it says of its body. */
export interface Elsewhere {
  readonly path: string;
  readonly contentType: string;
  /** Further headers. */
  readonly more: Readonly<Record<string, string>>;
}

const GRAPHQL: Elsewhere = { path: '/graphql', contentType: 'application/json', more: {} };

/** One kept-alive connection that carries one POST at a time: as little of a client as there can be. */
export class HttpConnection {
  private parts: Buffer[] = [];
  /** Bytes of the whole answer, once its head has arrived. */
  private expected = Number.POSITIVE_INFINITY;
  private received = 0;
  private bodyAt = 0;
  private waiting: { resolve(body: string): void; reject(error: Error): void } | null = null;

  private constructor(
    private readonly socket: Socket,
    private readonly port: number,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (part: Buffer) => this.take(part));
    socket.on('close', () => this.waiting?.reject(new Error('The connection was closed')));
  }

  static open(port: number): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new HttpConnection(socket, port)));
      socket.on('error', reject);
    });
  }

  /** The body of the answer, which must be 200. */
  post(body: string, token: string | null, where = GRAPHQL): Promise<string> {
    const authorization = token === null ? '' : `Authorization: Bearer ${token}\r\n`;
    const more = Object.entries(where.more).map(([name, value]) => `${name}: ${value}\r\n`);
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return reject(new Error('The connection was closed'));
      this.waiting = { resolve, reject };
      this.socket.write(
        `POST ${where.path} HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\n${authorization}${more.join('')}` +
          `Content-Type: ${where.contentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private take(part: Buffer): void {
    this.parts.push(part);
    this.received += part.length;
    if (this.expected === Number.POSITIVE_INFINITY) this.readHead();
    if (this.received < this.expected) return;
    const answer = Buffer.concat(this.parts);
    this.parts = [];
    this.received = 0;
    this.expected = Number.POSITIVE_INFINITY;
    const { waiting } = this;
    this.waiting = null;
    if (answer.toString('latin1', 9, 12) === '200') {
      waiting?.resolve(answer.toString('utf8', this.bodyAt));
    } else waiting?.reject(new Error(answer.toString('utf8')));
  }

  private readHead(): void {
    const answer = Buffer.concat(this.parts);
    const end = answer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = answer.toString('latin1', 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) throw new Error(`An answer without content-length:\n${head}`);
    this.bodyAt = end + 4;
    this.expected = this.bodyAt + Number(length);
  }
}
