import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A webhook request as the platform would get it. */
export interface Received {
  readonly account: string;
  readonly number: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

interface AnswerOptions {
  readonly status: number;
  readonly delayMs?: number;
  /** It answers once this resolves. */
  readonly until?: Promise<void>;
  readonly location?: string;
  /** Its body never ends. */
  readonly endless?: boolean;
  /** The connection breaks in the middle of its body. */
  readonly cut?: boolean;
}

/**
 * What the platform does with a request: answers with a status (after a while), never, or breaks the connection off.
 */
export type Behaviour = (
  received: Received,
  /** 1 for the first request of this message, 2 for the second … */
  attempt: number,
) => number | 'hang' | 'drop' | AnswerOptions;

/** A platform that takes webhooks on a real socket, and remembers them in the order in which they came. */
export class Receiver {
  readonly received: Received[] = [];
  /** What was answered with 2xx, in the order of the answers. */
  readonly taken: Received[] = [];
  behaviour: Behaviour = () => 200;
  private readonly server: Server = createServer((request, response) => {
    void this.handle(request, response);
  });

  static async start(behaviour: Behaviour = () => 200): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.behaviour = behaviour;
    receiver.server.listen(0, '127.0.0.1');
    await once(receiver.server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hooks`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  /** The numbers that came of an account, in order, repeats left out. */
  numbersOf(account: string): number[] {
    const numbers = this.received.filter((r) => r.account === account).map((r) => r.number);
    return [...new Set(numbers)];
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { subject, id } = JSON.parse(body) as { subject: string; id: string };
    const received: Received = {
      account: subject,
      number: Number(id.slice(subject.length + 1)),
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body,
    };
    this.received.push(received);
    const attempt = this.received.filter(
      (r) => r.account === received.account && r.number === received.number,
    ).length;
    const answer = this.behaviour(received, attempt);
    if (answer === 'hang') return;
    if (answer === 'drop') {
      request.socket.destroy();
      return;
    }
    const { status, delayMs, location, endless, cut, until }: AnswerOptions =
      typeof answer === 'number' ? { status: answer } : answer;
    await until;
    if (delayMs) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (response.destroyed) return;
    if (status < 300) this.taken.push(received);
    response.writeHead(status, {
      ...(location ? { location } : {}),
      ...(cut ? { 'content-length': '1000' } : {}),
    });
    if (cut) response.write('and so', () => request.socket.destroy());
    else if (endless) response.write('and so on');
    else response.end('ok');
  }
}
