import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

const ROOT = join(__dirname, '../..');

/** The real process, started as its users start it (but for the compiler). */
export class Service {
  output = '';
  readonly child: ChildProcess;
  /** Its exit code; null where a signal ended it. */
  readonly exit: Promise<number | null>;

  constructor(
    env: Record<string, string>,
    options: {
      readonly uid?: number;
      readonly preload?: string;
      readonly args?: string[];
      /** A compiled main.js to run in the place of this checkout's. */
      readonly main?: string;
    } = {},
  ) {
    const preload = options.preload ? ['-r', resolve(__dirname, options.preload)] : [];
    const compiler = options.main ? [] : ['-r', '@swc-node/register'];
    const args = [...compiler, ...preload, options.main ?? join(ROOT, 'src/main.ts')];
    this.child = spawn(process.execPath, [...args, ...(options.args ?? [])], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, PORT: '0', ...env },
      // A process group of its own, as a terminal gives each command.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        this.output += chunk;
      });
    }
    this.exit = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** Its address, once it serves. Rejects where it ends before. */
  async url(): Promise<string> {
    await this.says(/^curl .*\n.*\n.*$/m);
    return /GraphQL +(http:\S+)\/graphql/.exec(this.output)![1]!;
  }

  /** Resolves once its output matches. */
  async says(pattern: RegExp): Promise<void> {
    let hasEnded = false;
    void this.exit.then(() => {
      hasEnded = true;
    });
    while (!pattern.test(this.output)) {
      if (hasEnded) throw new Error(`It ended without saying ${pattern}:\n${this.output}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** As the terminal does on Ctrl-C: the whole process group gets it. */
  interrupt(): void {
    process.kill(-this.child.pid!, 'SIGINT');
  }
}
