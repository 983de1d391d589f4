import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** All sockets read into this one: what is in it is used up before the next read. */
const BUFFER = Buffer.allocUnsafe(1 << 16);

const TEXT = 1;
const CLOSE = 8;
const PING = 9;

/** A graphql-transport-ws client that takes short texts and answers pings: as little of a client as there can be. */
export class SocketClient {
  private rest: Buffer | null = null;
  private isOpen = false;

  private constructor(
    private readonly socket: Socket,
    /** Gets each text. */
    private readonly hear: (text: string) => void,
    private readonly opened: () => void,
    private readonly broken: (error: Error) => void,
  ) {}

  /** Connects; `broken` is told of whatever ends it before `close()`. */
  static open(
    port: number,
    hear: (text: string) => void,
    broken: (error: Error) => void,
  ): Promise<SocketClient> {
    return new Promise((resolve, reject) => {
      let client: SocketClient | undefined;
      const read = (bytes: number, buffer: Uint8Array): boolean => {
        client?.take(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
        return true;
      };
      const onread = { buffer: BUFFER, callback: read };
      const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
      const fail = (error: Error): void => {
        reject(error);
        broken(error);
      };
      client = new SocketClient(socket, hear, () => resolve(client!), fail);
      socket.on('error', fail);
      socket.on('close', () => fail(new Error('A socket was closed')));
      socket.write(
        `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n` +
          'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
      );
    });
  }

  send(message: object): void {
    this.frame(TEXT, Buffer.from(JSON.stringify(message)));
  }

  close(): void {
    this.socket.removeAllListeners();
    this.socket.on('error', () => undefined);
    this.socket.destroy();
  }

  /** A client has to mask what it sends; a mask of zeros changes nothing. */
  private frame(kind: number, payload: Buffer): void {
    const length = payload.length;
    const head = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 255];
    this.socket.write(Buffer.concat([Buffer.from([0x80 | kind, ...head, 0, 0, 0, 0]), payload]));
  }

  private take(part: Buffer): void {
    let data = this.rest ? Buffer.concat([this.rest, part]) : part;
    if (!this.isOpen) {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0 || data.toString('latin1', 9, 12) !== '101') {
        if (end >= 0) this.broken(new Error(data.toString('latin1')));
        this.keep(data);
        return;
      }
      data = data.subarray(end + 4);
      this.isOpen = true;
      this.opened();
    }
    let at = 0;
    while (data.length - at >= 2) {
      const short = data[at + 1]!;
      const isLong = short === 126;
      if (isLong && data.length - at < 4) break;
      const from = at + (isLong ? 4 : 2);
      const to = from + (isLong ? data.readUInt16BE(at + 2) : short);
      if (data.length < to) break;
      this.read(data[at]! & 15, data.subarray(from, to));
      at = to;
    }
    this.keep(data.subarray(at));
  }

  private keep(data: Buffer): void {
    this.rest = data.length > 0 ? Buffer.from(data) : null;
  }

  private read(kind: number, payload: Buffer): void {
    if (kind === TEXT) this.hear(payload.toString('latin1'));
    else if (kind === PING) this.frame(10, payload);
    else if (kind === CLOSE) this.broken(new Error(`Closed: ${payload.toString('latin1', 2)}`));
    else throw new Error(`A frame of kind ${kind}`);
  }
}
