import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** A block that a reader would paste. */
export interface Block {
  readonly page: string;
  readonly line: number;
  /** The first word after the fence: bash, graphql, json … */
  readonly language: string;
  /** What it is, the second word: answer, variables, event … */
  readonly role: string | null;
  readonly text: string;
  /** Why it is not run, as the comment before it says; null where it is. */
  readonly notRun: string | null;
}

const FENCE = /(?:<!-- not run: ([^\n]+?) -->\n+)?^```(\w+)(?: (\w+))?\n([\s\S]*?)^```$/gm;

/** Every fenced block of the pages for the platform team, page by page, as the index lists them: a page goes on where another ended. */
export function blocksByPage(): Map<string, Block[]> {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
  const listed = [...index.matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, name]) => name!);
  const missing = docs.filter((name) => name !== 'README.md' && !listed.includes(name));
  if (missing.length > 0) throw new Error(`docs/README.md does not list ${missing.join(', ')}.`);
  const pages = ['README.md', ...new Set(['README.md', ...listed].map((name) => `docs/${name}`))];
  return new Map(pages.map((page) => [page, blocksOf(page)]));
}

function blocksOf(page: string): Block[] {
  const content = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...content.matchAll(FENCE)].map((match) => {
    const [, notRun = null, language, role = null, text] = match;
    const line = content.slice(0, match.index).split('\n').length;
    return { page, line, language: language!, role, text: text!, notRun };
  });
  const fences = content.match(/^```/gm)?.length ?? 0;
  if (fences !== blocks.length * 2) {
    throw new Error(
      `${page} has ${fences} fences for ${blocks.length} blocks: one has no language.`,
    );
  }
  return blocks;
}
