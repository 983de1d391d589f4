import type { Injected } from './inject';
import type { RunResult } from './run';

/** The figures of a run as a table, and every violation. */
export function summary(seed: number, results: readonly RunResult[]): string {
  const injected = results.flatMap((result) => result.injected);
  const kinds = [...new Set(injected.map(({ name }) => name))].sort();
  const rows = kinds.map((name) => {
    const own = injected.filter((fault) => fault.name === name);
    const times = own.reduce((sum, fault) => sum + fault.times, 0);
    return [name, own[0]!.row, String(own.length), String(times), ...recoveries(own)];
  });
  const mischief = total(results.map((result) => result.mischief));
  for (const [name, count] of Object.entries(mischief).sort()) {
    rows.push([name, 'clients', '', String(count), '', '']);
  }
  const violations = results.flatMap(({ verdict }) => verdict.violations);
  const sum = (of: (result: RunResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const attempts = total(results.map((result) => result.attempts));
  const figures: [string, string | number][] = [
    ['seed', seed],
    ['attempts', `${sum((it) => sumOf(it.attempts))} (${listed(attempts)})`],
    ['acknowledged commands', sum(({ verdict }) => verdict.acknowledged)],
    ['acknowledged and lost', sum(({ verdict }) => verdict.lost)],
    ['duplicated', sum(({ verdict }) => verdict.duplicated)],
    ['unknown, resolved by the key', sum(({ verdict }) => verdict.unknownResolved)],
    ['entries, replayed in memory', sum(({ entries }) => entries)],
    ['connections of subscribers', sum(({ watcherConnections }) => watcherConnections)],
    ['faults injected', `${injected.length} of ${kinds.length} kinds`],
    ['time to recover', recoveries(injected).join(' median, ').concat(' at most')],
    ['violations', violations.length],
  ];
  return [
    table(['fault', 'row', 'injected', 'times', 'recovered: median', 'max'], rows),
    '',
    ...figures.map(([name, value]) => `${name.padEnd(30)} ${value}`),
    ...violations.map(({ promise, detail }) => `VIOLATION (${promise}) ${detail}`),
  ].join('\n');
}

/** Median and maximum of the time to recover. */
function recoveries(faults: readonly Injected[]): [string, string] {
  const times = faults.flatMap(({ recoveredMs }) => recoveredMs ?? []).sort((a, b) => a - b);
  if (times.length === 0) return ['–', '–'];
  return [seconds(times[times.length >> 1]!), seconds(times.at(-1)!)];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function total(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((it) => Object.entries(it))) {
    sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, n) => Math.max(name.length, ...rows.map((row) => row[n]!.length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, n) => cell.padEnd(widths[n]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
