import { signToken } from '../../src/auth/dev-token';
import { type Signing } from '../customers';
import { cpuMicros, micros, summaryOf } from '../load';
import { work } from '../worker';
import { SocketClient } from './socket-client';

interface Setup {
  readonly port: number;
  readonly sockets: number;
  /** Socket `n` watches account `n % accounts` of these. */
  readonly accounts: readonly string[];
  readonly signing: Signing;
  /** Of a server that never says anything: nothing is waited for but the acknowledgement. */
  readonly query: string;
  readonly isSilent: boolean;
}

/** Asked at the end of a turn: what came must be all there is, and how long after its commit. */
interface End {
  /** The last sequence of each account. */
  readonly finals: readonly number[];
  /** Base64 of the microseconds (32 bits each) since `since` at which each was committed, `slots` for each account. */
  readonly commits: string;
}

export type WatchersQuestion =
  | { readonly ask: 'connect'; readonly sockets: number }
  | { readonly ask: 'disconnect' }
  /** Notes from now on when each change came, `slots` for each account at most. */
  | { readonly ask: 'begin'; readonly since: number; readonly slots: number }
  | ({ readonly ask: 'end' } & End);

/** How many shake hands at once, and how long the last changes may take to arrive, in milliseconds. */
const CONNECTING = 50;
const PATIENCE_MS = 20_000;
const SEQUENCE = '"sequence":';

/** Clients that subscribe, one socket each, in a process of their own; fails at the first gap or repetition. */
work(async (setup: Setup) => {
  const watchers = new Watchers(setup);
  return {
    answer: async (question: WatchersQuestion) => {
      if (question.ask === 'connect') return watchers.connect(question.sockets);
      if (question.ask === 'begin') return watchers.begin(question.since, question.slots);
      if (question.ask === 'end') return watchers.end(question);
      return watchers.close();
    },
    close: async () => watchers.close(),
  };
});

class Watchers {
  private readonly clients: SocketClient[] = [];
  /** The last sequence that each socket was given; -1 before the first. */
  private readonly last: Float64Array;
  private first = new Float64Array();
  private came = new Uint32Array();
  private since = 0;
  private slots = 0;
  private failure: Error | null = null;
  private cpuBefore = 0;

  constructor(private readonly setup: Setup) {
    this.last = new Float64Array(setup.sockets).fill(-1);
  }

  async connect(sockets: number): Promise<void> {
    this.last.fill(-1);
    this.failure = null;
    let next = 0;
    const some = async (): Promise<void> => {
      while (next < sockets) {
        const socket = next;
        next += 1;
        await this.connectOne(socket);
      }
    };
    await Promise.all(Array.from({ length: CONNECTING }, some));
  }

  begin(since: number, slots: number): void {
    this.since = since;
    this.slots = slots;
    this.first = this.last.slice();
    this.came = new Uint32Array(this.setup.sockets * slots);
    this.cpuBefore = cpuMicros();
  }

  async end({ finals, commits }: End) {
    const { length } = this.setup.accounts;
    const isBehind = (last: number, socket: number): boolean => last < finals[socket % length]!;
    for (let waited = 0; this.last.some(isBehind); waited += 20) {
      if (this.failure) throw this.failure;
      if (waited > PATIENCE_MS) throw new Error(`Changes are lost: ${this.behind(finals)}`);
      await new Promise((done) => setTimeout(done, 20));
    }
    if (this.failure) throw this.failure;
    const spent = cpuMicros() - this.cpuBefore;
    const latencies = this.latencies(commits);
    return { ...summaryOf(latencies, 1_000), delivered: latencies.length, cpuMicros: spent };
  }

  async close(): Promise<void> {
    for (const client of this.clients.splice(0)) client.close();
  }

  private async connectOne(socket: number): Promise<void> {
    const { port, accounts, query, signing, isSilent } = this.setup;
    const id = accounts[socket % accounts.length]!;
    const { issuer, audience } = signing;
    // Each device of a member has a token of its own.
    const claims = { sub: id, issuer, audience, lifetime: 43_200 + socket };
    const token = await signToken(Buffer.from(signing.secret), claims);
    await new Promise<void>((ready, reject) => {
      const hear = (text: string): void => {
        const at = text.indexOf(SEQUENCE);
        if (at >= 0) {
          if (this.take(socket, Number.parseInt(text.slice(at + SEQUENCE.length), 10))) ready();
        } else if (text.includes('connection_ack')) {
          const variables = { id };
          client.send({ id: '1', type: 'subscribe', payload: { query, variables } });
          if (isSilent) ready();
        } else reject(this.fail(new Error(`Socket ${socket} of ${id} was told: ${text}`)));
      };
      const broken = (error: Error) => reject(this.fail(error));
      let client: SocketClient;
      SocketClient.open(port, hear, broken).then((opened) => {
        client = opened;
        this.clients.push(client);
        client.send({ type: 'connection_init', payload: { token } });
      }, reject);
    });
  }

  /** Whether it was the snapshot. */
  private take(socket: number, sequence: number): boolean {
    const last = this.last[socket]!;
    this.last[socket] = sequence;
    if (last < 0) return true;
    if (sequence !== last + 1) this.fail(new Error(`${sequence} came after ${last} on ${socket}`));
    const slot = sequence - this.first[socket]! - 1;
    if (slot < this.slots) this.came[socket * this.slots + slot] = micros() - this.since;
    return false;
  }

  /** From each commit to each client that was told of it, in milliseconds. */
  private latencies(commits: string): number[] {
    const bytes = Buffer.from(commits, 'base64');
    const committed = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const { accounts } = this.setup;
    const latencies: number[] = [];
    for (let socket = 0; socket < this.last.length; socket += 1) {
      const count = Math.min(this.slots, this.last[socket]! - this.first[socket]!);
      const account = socket % accounts.length;
      for (let slot = 0; slot < count; slot += 1) {
        const commit = committed[account * this.slots + slot]!;
        latencies.push(Math.max(0, this.came[socket * this.slots + slot]! - commit) / 1000);
      }
    }
    return latencies;
  }

  private behind(finals: readonly number[]): string {
    const missing = [...this.last].map((last, n) => finals[n % this.setup.accounts.length]! - last);
    return `${missing.filter((n) => n > 0).length} sockets, ${missing.reduce((a, b) => a + b, 0)} changes`;
  }

  private fail(error: Error): Error {
    this.failure ??= error;
    return error;
  }
}
