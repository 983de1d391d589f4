import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** A mail as the server took it. */
export interface TakenMail {
  readonly to: string;
  readonly raw: string;
  /** Whether it came over TLS. */
  readonly isSecure: boolean;
  readonly mail: Email;
}

/** A refusal as a server words it, with the address in it, as they do. */
export interface Reply {
  readonly code: number;
  readonly words: string;
}

/** What the server does at a step: goes on (nothing), refuses, hangs, or breaks the connection off. */
export type Reaction = undefined | 'hang' | 'drop' | Reply;

/** A mail server on a real socket; it remembers what it took. */
export class MailServer {
  readonly taken: TakenMail[] = [];
  /** Recipients that were named, whatever became of them. */
  readonly asked: string[] = [];
  onRecipient: (address: string, nth: number) => Reaction = () => undefined;
  /** Once the mail's words are there, before it is taken. */
  onMail: (to: string, nth: number) => Reaction = () => undefined;
  /** Once the mail is taken, before the server says so. */
  onTaken: (to: string, nth: number) => Promise<Reaction> | Reaction = () => undefined;

  private readonly sockets = new Set<Socket>();
  private readonly server: SMTPServer;

  private constructor(options: ConstructorParameters<typeof SMTPServer>[0]) {
    this.server = new SMTPServer({
      disabledCommands: options?.onAuth ? [] : ['AUTH'],
      authOptional: !options?.onAuth,
      logger: false,
      onRcptTo: ({ address }, _session, callback) => {
        this.asked.push(address);
        this.react(this.onRecipient(address, this.asked.length), callback);
      },
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const to = session.envelope.rcptTo[0]?.address ?? '';
          void this.take(to, session.secure, Buffer.concat(chunks).toString('utf8'), callback);
        });
      },
      ...options,
    });
    // A client that breaks off is no failure of the server.
    this.server.on('error', () => undefined);
    this.server.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(
    options: ConstructorParameters<typeof SMTPServer>[0] = { hideSTARTTLS: true },
  ): Promise<MailServer> {
    const server = new MailServer(options);
    server.server.listen(0, '127.0.0.1');
    await once(server.server.server, 'listening');
    return server;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(resolve));
    this.dropAll();
    await closed;
  }

  private dropAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private async take(
    to: string,
    isSecure: boolean,
    raw: string,
    callback: (error?: Error | null) => void,
  ): Promise<void> {
    const before = this.onMail(to, this.asked.length);
    if (before !== undefined) return this.react(before, callback);
    this.taken.push({ to, isSecure, raw, mail: await PostalMime.parse(raw) });
    this.react(await this.onTaken(to, this.taken.length), callback);
  }

  private react(reaction: Reaction, callback: (error?: Error | null) => void): void {
    if (reaction === 'hang') return;
    if (reaction === 'drop') this.dropAll();
    else if (reaction === undefined) callback();
    else callback(Object.assign(new Error(reaction.words), { responseCode: reaction.code }));
  }
}

/** Something that takes connections and says nothing, as a mail server that is stuck. */
export async function silentServer(): Promise<{ url: string; server: Server }> {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
