import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { show } from './harness';
import { type Figure, isMet } from './row';

/** What a run of one row leaves in results/. */
export interface Result {
  readonly row: string;
  readonly at: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
}

const README = join(__dirname, '..', 'README.md');
const BEGIN = '<!-- bench: written by npm run bench -->';
const END = '<!-- /bench -->';

/** Writes the table of all results into the project's README; with `check`, says whether it is there already. */
export async function writeTable(check: boolean): Promise<boolean> {
  const text = await readFile(README, 'utf8');
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`README.md has no lines ${BEGIN} and ${END}.`);
  const table = render(await readResults());
  const written = `${text.slice(0, from)}${BEGIN}\n\n${table}\n\n${text.slice(to)}`;
  if (!check) await writeFile(README, written);
  return written === text;
}

async function readResults(): Promise<Result[]> {
  const folder = join(__dirname, 'results');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as Result),
  );
}

function render(results: readonly Result[]): string {
  const lines = results.flatMap(({ figures, at }) =>
    figures.map((figure) => {
      const { what, beside, ratio, unit = '×', target } = figure;
      const bound = 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
      const met = isMet(figure) ? 'yes' : '**no**';
      return `| ${what} | ${beside} | ${show(ratio, 2)} ${unit} | ${bound} ${unit} | ${met} | ${at.slice(0, 10)} |`;
    }),
  );
  const machines = [
    ...new Set(results.map(({ machine }) => `${Object.values(machine).join(', ')}`)),
  ];
  return [
    '| what | beside | measured: median (least–most) | target | met | on |',
    '|---|---|--:|--:|---|---|',
    ...lines,
    '',
    `Measured on: ${machines.join('; ')}.`,
  ].join('\n');
}
