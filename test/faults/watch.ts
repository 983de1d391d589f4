import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Watch } from './evidence';

const QUERY = `subscription ($customerId: ID!, $after: XPoints) {
  xPointsBalanceChanged(customerId: $customerId, after: $after) { sequence balance { available } }
}`;

/** One connection lives so long at most, in milliseconds: then the watcher resumes, on any server. */
const CONNECTION_MS = 7_000;

interface Change {
  readonly sequence: number;
  readonly balance: { readonly available: number };
}

/** Follows one account for the whole run, across every cut, by resuming after the sequence it saw last. */
export class Watcher {
  private readonly seen: Watch['seen'][number][] = [];
  private isStopped = false;
  private socket: WebSocket | null = null;
  private following: Promise<void> = Promise.resolve();
  /** How often it had to connect. */
  connections = 0;

  constructor(
    private readonly name: string,
    private readonly accountId: string,
    private readonly token: string,
    private readonly servers: () => string,
    private readonly after: number,
  ) {}

  start(): void {
    this.following = this.run();
  }

  get last(): number {
    return this.seen.at(-1)?.sequence ?? this.after;
  }

  get watch(): Watch {
    const { name, accountId, after, seen } = this;
    return { name, accountId, after, seen };
  }

  /** Reads nothing for a while: what was sent to it has to wait somewhere. */
  async doze(ms: number): Promise<void> {
    const { socket } = this;
    socket?.pause();
    await pause(ms);
    socket?.resume();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.socket?.terminate();
    await this.following;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      this.connections += 1;
      await this.connect().catch(() => undefined);
      await pause(50);
    }
  }

  private async connect(): Promise<void> {
    const client = createClient({
      url: `${this.servers().replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { token: this.token },
      retryAttempts: 0,
      on: {
        opened: (opened) => {
          this.socket = opened as WebSocket;
        },
      },
    });
    const cut = setTimeout(() => this.socket?.terminate(), CONNECTION_MS);
    try {
      const changes = client.iterate<{ xPointsBalanceChanged: Change }>({
        query: QUERY,
        variables: { customerId: this.accountId, after: this.last },
      });
      for await (const { data } of changes) {
        if (!data) return;
        const { sequence, balance } = data.xPointsBalanceChanged;
        this.seen.push({ sequence, available: balance.available });
      }
    } finally {
      clearTimeout(cut);
      void client.dispose();
    }
  }
}
