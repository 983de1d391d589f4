import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Hot } from './hot';

/** What a side is put under. */
export interface Load {
  /** How many ask at once; each asks again when it is answered. */
  readonly callers: number;
  /** Asked for that long first, not counted. */
  readonly warmMs: number;
  readonly measureMs: number;
  /** Where all ask for one account. */
  readonly hot?: Hot;
}

/** What one turn of one side came to. */
export interface Sample {
  readonly perSecond: number;
  /** From asking to the answer, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** How many were asked and answered in all, warming up and running out included. */
  readonly answered: number;
  /** Processor time per answer of the Node process that is measured; null where there is none. */
  readonly cpuMicros: number | null;
}

/** Lets `callers` call again and again; each call is awaited before the next of the same caller. */
export async function callFor(
  load: Load,
  call: (caller: number) => Promise<unknown>,
): Promise<Omit<Sample, 'cpuMicros'>> {
  const from = performance.now() + load.warmMs;
  const until = from + load.measureMs;
  const latencies: number[] = [];
  let answered = 0;
  const caller = async (_: unknown, number: number) => {
    for (let asked = performance.now(); asked < until; ) {
      await call(number);
      const now = performance.now();
      answered += 1;
      if (now >= from && now < until) latencies.push(now - asked);
      asked = now;
    }
  };
  await Promise.all(Array.from({ length: load.callers }, caller));
  return { ...summaryOf(latencies, load.measureMs), answered };
}

/** The rate and the latencies of answers that came within `measureMs`. */
export function summaryOf(
  latencies: number[],
  measureMs: number,
): Pick<Sample, 'perSecond' | 'p50' | 'p99'> {
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { perSecond: (latencies.length * 1000) / measureMs, p50: at(0.5), p99: at(0.99) };
}

/** Processor time of this process since it began, in microseconds. */
export function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** `callFor` with the processor time that this process spent on it. */
export async function callHere(
  load: Load,
  call: (caller: number) => Promise<unknown>,
): Promise<Sample> {
  const before = cpuMicros();
  const sample = await callFor(load, call);
  return { ...sample, cpuMicros: (cpuMicros() - before) / sample.answered };
}

/** Microseconds by a clock that all processes of a machine share. */
export function micros(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1_000_000 + Math.floor(nanos / 1_000);
}

/** What a process occupies, in bytes. */
export interface Memory {
  /** What is in use after a full collection: the heap, and what it holds outside. */
  readonly live: number;
  readonly rss: number;
}

/** What this process occupies, after a full collection where `collected`. */
export function memory(collected: boolean): Memory {
  if (collected) {
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { live: heapUsed + external, rss };
}
