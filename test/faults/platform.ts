import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Chance } from '../../src/demo/chance';

/** The platform's end of the webhooks: takes them, and while it is unwell answers badly, late or not at all. */
export class Platform {
  /** In order of arrival, whatever was answered. */
  readonly received: { accountId: string; number: number }[] = [];
  isUnwell = false;
  private readonly server = createServer((request, response) => {
    void this.take(request, response).catch(() => response.destroy());
  });

  constructor(private readonly chance: Chance) {}

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hooks`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const event = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
      subject: string;
      id: string;
    };
    const number = Number(event.id.slice(event.subject.length + 1));
    this.received.push({ accountId: event.subject, number });
    const mood = this.isUnwell ? this.chance.next() : 1;
    if (mood < 0.2) response.destroy();
    else if (mood < 0.5) response.writeHead(503).end();
    else response.writeHead(200).end('ok');
  }
}
