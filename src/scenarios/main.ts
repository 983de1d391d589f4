import 'reflect-metadata';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseScenario, type Scenario } from './format';
import { closingLine, linesOf, type Outcome, tally } from './report';
import { runScenario } from './run';
import { openStage, type Stage } from './stage';

const USAGE = 'Usage: npm run scenario -- [--json] FILE|FOLDER …';
/** Scenarios that run side by side. */
const SIDE_BY_SIDE = 3;
const EXIT = { passed: 0, failed: 1, malformed: 2, interrupted: 130 };

interface Story {
  readonly file: string;
  readonly scenario: Scenario;
}

/**
 * Replays scenario files and prints one line for each, every difference, and how many passed and failed;
 * with `--json` one JSON document. Resolves to the exit code: 1 where something differs, 2 where a file
 * is malformed or missing.
 */
async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  if (positionals.length === 0) throw new Error(USAGE);
  const print = values.json ? () => {} : (line: string) => process.stdout.write(`${line}\n`);

  const read = await Promise.all((await filesOf(positionals)).map(readStory));
  const malformed = read.filter((item): item is Outcome => 'outcome' in item);
  const stories = read.filter((item): item is Story => 'scenario' in item);
  for (const outcome of malformed) linesOf(outcome).forEach(print);
  const played = await play(stories, signal, (outcome) => linesOf(outcome).forEach(print));
  if (signal.aborted) return EXIT.interrupted;

  const outcomes = [...malformed, ...played];
  const counts = tally(outcomes);
  print(closingLine(counts));
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ ...counts, scenarios: outcomes }, null, 2)}\n`);
  }
  if (counts.malformed > 0) return EXIT.malformed;
  return counts.failed > 0 ? EXIT.failed : EXIT.passed;
}

/** The files that the paths name, each once; a path that names none stands for itself. */
async function filesOf(paths: readonly string[]): Promise<string[]> {
  const files = new Map<string, string>();
  for (const path of paths) {
    const names = (await stat(path).catch(() => null))?.isDirectory()
      ? (await readdir(path, { recursive: true })).filter((name) => name.endsWith('.json')).sort()
      : [];
    const found = names.length === 0 ? [path] : names.map((name) => join(path, name));
    for (const file of found) files.set(resolve(file), file);
  }
  return [...files.values()];
}

async function readStory(file: string): Promise<Story | Outcome> {
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  const read =
    typeof content === 'string'
      ? parseScenario(content)
      : [
          {
            step: null,
            field: null,
            expected: 'a scenario file, or a folder with some',
            actual: content.code === 'EISDIR' ? 'a folder without a scenario' : content.message,
          },
        ];
  if ('steps' in read) return { file, scenario: read };
  return {
    file,
    title: null,
    outcome: 'malformed',
    steps: 0,
    milliseconds: 0,
    differences: [],
    problems: read,
  };
}

/** Replays the stories, some side by side; `report` is told of each in the order they came in. */
async function play(
  stories: readonly Story[],
  signal: AbortSignal,
  report: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  if (stories.length === 0) return [];
  const stage = await openStage(process.env.REWARDS_SCENARIO_DATABASE_URL || null);
  const outcomes: Outcome[] = new Array(stories.length);
  let next = 0;
  let reported = 0;
  const player = async () => {
    while (next < stories.length && !signal.aborted) {
      const index = next;
      next += 1;
      outcomes[index] = await playOne(stage, stories[index]!, signal);
      for (let done = outcomes[reported]; done && !signal.aborted; done = outcomes[reported]) {
        report(done);
        reported += 1;
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, player));
  } finally {
    await stage.close();
  }
  return outcomes;
}

async function playOne(
  stage: Stage,
  { file, scenario }: Story,
  signal: AbortSignal,
): Promise<Outcome> {
  const began = performance.now();
  const ended = (differences: Outcome['differences']): Outcome => ({
    file,
    title: scenario.title,
    outcome: differences.length === 0 ? 'passed' : 'failed',
    steps: scenario.steps.length,
    milliseconds: Math.round(performance.now() - began),
    differences,
    problems: [],
  });
  try {
    const scene = await stage.open();
    try {
      return ended(await runScenario(scenario, scene.client, signal));
    } finally {
      await scene.close();
    }
  } catch (error) {
    const actual = error instanceof Error ? error.message : String(error);
    return ended([
      { step: null, what: 'the subgraph', field: 'answer', expected: 'an answer', actual },
    ]);
  }
}

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => interruption.abort());
}
main(process.argv.slice(2), interruption.signal).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = EXIT.malformed;
  },
);
