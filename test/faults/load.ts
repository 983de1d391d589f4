import { Chance } from '../../src/demo/chance';
import { Caller } from './caller';
import { HistoryFile } from './history';
import { Session } from './session';

/** What a process of clients is started with. */
export interface LoadOrder {
  readonly name: string;
  readonly seed: string;
  readonly servers: readonly string[];
  readonly accounts: readonly string[];
  readonly sessions: number;
  readonly thinkMs: number;
  /** How long after the run's end it goes on trying to settle what is open. */
  readonly settlingMs: number;
  readonly history: string;
  /** By customer, and of the desk. */
  readonly tokens: Readonly<Record<string, string>>;
}

/** A process of clients: works until it is told 'stop', settles what is open, reports and ends. */
async function main(order: LoadOrder): Promise<void> {
  const history = new HistoryFile(order.history);
  let stopAt = Number.POSITIVE_INFINITY;
  process.on('message', () => {
    stopAt = Date.now();
  });
  const isOver = () => Date.now() >= stopAt;
  const hasGivenUp = () => Date.now() >= stopAt + order.settlingMs;
  const work = Array.from({ length: order.sessions }, async (_, n) => {
    const name = `${order.name}.${n}`;
    const chance = new Chance(`${order.seed} ${name}`);
    const tokenOf = (subject: string) => order.tokens[subject]!;
    const caller = new Caller(name, order.servers, history, tokenOf, chance, hasGivenUp);
    const session = new Session(caller, order.accounts, chance, order.thinkMs);
    await session.run(isOver);
    await session.settle();
    caller.close();
  });
  const ends = await Promise.allSettled(work);
  history.close();
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
  process.send?.({ failures });
  process.disconnect();
}

if (require.main === module) {
  // Whoever started it is gone.
  process.on('disconnect', () => process.exit());
  void main(JSON.parse(process.argv[2]!) as LoadOrder);
}
