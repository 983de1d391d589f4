import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A message of protocol callback/1.0 as a router gets it. */
export interface CallbackMessage {
  readonly kind: string;
  readonly action: 'check' | 'next' | 'complete';
  readonly id: string;
  readonly verifier: string;
  readonly payload?: { data?: Record<string, unknown> | null; errors?: unknown[] };
  readonly errors?: { message: string; extensions: { code: string } }[];
}

/** What the router does with a message: answers with a status, after a while, or never, or hangs up. */
export type Answering = (
  message: CallbackMessage,
  /** How many messages of this action and id came before. */
  before: number,
) =>
  | number
  | 'hang'
  | 'hang up'
  | { status: number; location?: string; endless?: boolean; delayMs?: number };

/** A router that takes callbacks on a real socket, and remembers them in the order in which they came. */
export class CallbackRouter {
  readonly received: CallbackMessage[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  readonly paths: string[] = [];
  answering: Answering = () => 204;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((request, response) => {
    this.handle(request, response).catch(() => response.destroy());
  });

  static async start(answering?: Answering): Promise<CallbackRouter> {
    const router = new CallbackRouter();
    if (answering) router.answering = answering;
    router.server.on('connection', (socket: Socket) => {
      router.sockets.add(socket);
      socket.once('close', () => router.sockets.delete(socket));
    });
    router.server.listen(0, '127.0.0.1');
    await once(router.server, 'listening');
    return router;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  of(id: string, action?: CallbackMessage['action']): CallbackMessage[] {
    return this.received.filter((one) => one.id === id && (!action || one.action === action));
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = JSON.parse(Buffer.concat(chunks).toString()) as CallbackMessage;
    const before = this.of(message.id, message.action).length;
    this.received.push(message);
    this.headers.push(request.headers);
    this.paths.push(request.url ?? '');
    const answer = this.answering(message, before);
    if (answer === 'hang') return;
    if (answer === 'hang up') return void request.socket.destroy();
    const { status, location, endless, delayMs } =
      typeof answer === 'number' ? { status: answer } : answer;
    if (delayMs) await new Promise((resolve) => setTimeout(resolve, delayMs));
    response.writeHead(status, location ? { location } : {});
    if (endless) response.write('and so on');
    else response.end();
  }
}
