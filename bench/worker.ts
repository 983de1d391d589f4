import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

type Reply = { readonly answer: unknown } | { readonly error: string };

/** A Node process of the benchmark's own, asked one question at a time. */
export class Worker {
  private waiting: { resolve(answer: unknown): void; reject(error: Error): void } | null = null;

  private constructor(
    private readonly child: ChildProcess,
    private readonly file: string,
  ) {
    child.on('message', (reply: Reply) => {
      if ('error' in reply) this.settle()?.reject(new Error(`${this.file}: ${reply.error}`));
      else this.settle()?.resolve(reply.answer);
    });
    child.on('exit', (code) => this.settle()?.reject(new Error(`${file} ended with ${code}`)));
  }

  /** Starts a file of sides/ in a process of its own; `setup` is the first thing it is asked. */
  static async start<A>(file: string, setup: object): Promise<{ worker: Worker; answer: A }> {
    const child = fork(join(__dirname, 'sides', file), {
      execArgv: file.endsWith('.ts') ? ['-r', '@swc-node/register'] : [],
      cwd: join(__dirname, '..'),
      env: { ...process.env, NODE_ENV: 'production' },
    });
    const worker = new Worker(child, file);
    return { worker, answer: await worker.ask<A>(setup) };
  }

  /** Of its process; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  ask<A>(question: object): Promise<A> {
    if (this.waiting) throw new Error(`${this.file} is still busy with another question`);
    return new Promise<A>((resolve, reject) => {
      this.waiting = { resolve: (answer) => resolve(answer as A), reject };
      this.child.send(question);
    });
  }

  /** Lets it close what it has open, and end. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.disconnect();
    await ended;
  }

  private settle() {
    const { waiting } = this;
    this.waiting = null;
    return waiting;
  }
}

/** In a worker: sets up with the first message, answers the others, cleans up when the parent lets go. */
export function work<Setup, Question>(
  setUp: (setup: Setup) => Promise<{
    /** What the setup is answered with. */
    readonly ready?: unknown;
    answer(question: Question): Promise<unknown>;
    close(): Promise<void>;
  }>,
): void {
  let side: Awaited<ReturnType<typeof setUp>> | null = null;
  const reply = async (message: Setup | Question) => {
    if (side) return side.answer(message as Question);
    side = await setUp(message as Setup);
    return side.ready;
  };
  process.on('message', (message: Setup | Question) => {
    reply(message).then(
      (answer) => process.send?.({ answer }),
      (error: Error) => process.send?.({ error: error.stack ?? String(error) }),
    );
  });
  process.on('disconnect', () => {
    void Promise.resolve(side?.close()).finally(() => process.exit());
  });
}
