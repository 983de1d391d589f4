import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, Scene } from './fault';
import { type Attempt, monotonic } from './history';

export interface InjectOptions {
  readonly seconds: number;
  readonly faults: readonly Fault[];
  readonly tell: (line: string) => void;
}

/** A fault that was injected, and when (microseconds of the machine's monotonic clock). */
export interface Injected {
  readonly name: string;
  readonly row: string;
  readonly times: number;
  readonly start: number;
  /** Until every server it hit had answered something that was asked after it began, in milliseconds; null: never. */
  readonly recoveredMs: number | null;
}

/** A fault as it was injected; what became of the servers is not known yet. */
export interface Raw extends Omit<Injected, 'recoveredMs'> {
  /** The one server it hit; null for all. */
  readonly server: number | null;
}

/** One fault after the other until the time is up, every kind once before any comes again. */
export async function injectAll(
  scene: Scene,
  { seconds, faults, tell }: InjectOptions,
): Promise<Raw[]> {
  const { chance } = scene.stage;
  const deadline = Date.now() + seconds * 1_000;
  const injected: Raw[] = [];
  let deck: Fault[] = [];
  await pause(Math.min(2_000, seconds * 100));
  while (Date.now() < deadline && faults.length > 0) {
    if (deck.length === 0) deck = shuffled([...faults], () => chance.next());
    const fault = deck.pop()!;
    const start = monotonic();
    const began = Date.now();
    try {
      const { server, times = 1 } = await fault.inject(scene);
      const { name, row } = fault;
      injected.push({ name, row, times, start, server: server?.number ?? null });
      tell(`  ${name}${times === 1 ? '' : ` × ${times}`} (${Date.now() - began} ms)`);
    } catch (error) {
      throw new Error(`"${fault.name}" could not be injected: ${(error as Error).message}`);
    }
    await pause(chance.between(300, 1_500));
  }
  await pause(Math.max(0, deadline - Date.now()));
  return injected;
}

function shuffled<T>(items: T[], next: () => number): T[] {
  for (let i = items.length - 1; i > 0; i -= 1) {
    const j = Math.floor(next() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

/** When every server that a fault hit had answered something that was asked after it began. */
export function recovery(fault: Raw, history: readonly Attempt[], servers: number): Injected {
  const { server, ...rest } = fault;
  const hit = server === null ? Array.from({ length: servers }, (_, n) => n) : [server];
  const ends = hit.map((n) =>
    history.reduce(
      (earliest, attempt) =>
        attempt.server === n && attempt.ending === 'ok' && attempt.start >= fault.start
          ? Math.min(earliest, attempt.end)
          : earliest,
      Number.POSITIVE_INFINITY,
    ),
  );
  const last = Math.max(...ends);
  return { ...rest, recoveredMs: Number.isFinite(last) ? (last - fault.start) / 1_000 : null };
}
