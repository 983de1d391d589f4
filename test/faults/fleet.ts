import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Service } from '../support/service';
import type { Compiled } from './compile';

/** A start takes no longer than that on a busy machine; a graceful end neither, in milliseconds. */
const START_MS = 60_000;
const END_MS = 30_000;

/** One place in the fleet: a port that a server process answers at, and the process that does now. */
export class Server {
  private service: Service | null = null;
  /** Ends that nobody asked for, in words. */
  readonly accidents: string[] = [];
  private logged = '';
  private isWanted = false;

  private constructor(
    readonly number: number,
    private readonly port: number,
    private readonly compiled: Compiled,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  static async make(
    number: number,
    compiled: Compiled,
    env: Readonly<Record<string, string>>,
  ): Promise<Server> {
    return new Server(number, await freePort(), compiled, env);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts a process in this place; resolves once it serves. Tries again where the database is not there yet. */
  async start(): Promise<void> {
    const deadline = Date.now() + START_MS;
    for (;;) {
      const service = new Service(
        { ...this.env, PORT: String(this.port) },
        { main: this.compiled.main, preload: this.compiled.skewedClock },
      );
      this.service = service;
      this.isWanted = true;
      const started = await service.url().then(
        () => true,
        () => false,
      );
      if (started) {
        void service.exit.then((code) => this.ended(service, code));
        return;
      }
      this.logged += service.output;
      if (Date.now() > deadline) {
        throw new Error(`Server ${this.number} does not start:\n${service.output.slice(-3_000)}`);
      }
      await pause(500);
    }
  }

  /** kill -9, and gone. */
  async kill(): Promise<void> {
    this.isWanted = false;
    this.service?.signal('SIGKILL');
    await this.service?.exit;
    this.retire();
  }

  /** SIGTERM; resolves with the exit code, or null where it had to be killed. */
  async terminate(): Promise<number | null> {
    this.isWanted = false;
    const { service } = this;
    if (!service) return 0;
    service.signal('SIGTERM');
    const code = await Promise.race([service.exit, pause(END_MS, 'late' as const)]);
    if (code === 'late') {
      await this.kill();
      return null;
    }
    this.retire();
    return code;
  }

  signal(signal: NodeJS.Signals): void {
    this.service?.signal(signal);
  }

  /** Resident memory, in bytes, and open files; null where no process runs. */
  usage(): { memory: number; files: number } | null {
    const pid = this.service?.child.pid;
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const memory = 1_024 * Number(/VmRSS:\s+(\d+)/.exec(status)![1]);
      return { memory, files: readdirSync(`/proc/${pid}/fd`).length };
    } catch {
      return null;
    }
  }

  /** What it has written, of all processes in this place. */
  get log(): string {
    return this.logged + (this.service?.output ?? '');
  }

  private ended(service: Service, code: number | null): void {
    if (!this.isWanted || service !== this.service) return;
    this.accidents.push(
      `Server ${this.number} ended by itself with ${code}:\n${service.output.slice(-2_000)}`,
    );
  }

  private retire(): void {
    this.logged += this.service?.output ?? '';
    this.service = null;
  }
}

/** Whether the process answers at all, and whether it says it may be sent requests; what is silent is neither. */
export async function health(url: string): Promise<{ live: boolean; ready: boolean }> {
  const isWell = (path: string) =>
    fetch(`${url}/health/${path}`, { signal: AbortSignal.timeout(5_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  const [live, ready] = await Promise.all([isWell('live'), isWell('ready')]);
  return { live, ready };
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => done(port));
    });
  });
}
