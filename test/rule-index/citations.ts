import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import ts from 'typescript';

/** A rule of docs/rules.md, such as R3.3. */
export interface Rule {
  readonly number: string;
  /** The heading it stands under. */
  readonly section: string;
}

/** Which files cite which rules, by the rule's number; files in the order of their names. */
export type Citations = ReadonlyMap<string, readonly string[]>;

/** Everything that cites rules. */
export interface Cited {
  readonly rules: readonly Rule[];
  /** Files of src/, by their doc comments. */
  readonly sources: Citations;
  /** Files of test/, by the titles in them. */
  readonly tests: Citations;
  /** Files of test/scenarios/, by their field `rules`. */
  readonly scenarios: Citations;
}

const RULE = /\bR\d+\.\d+\b/g;

/** Reads the project below `root`. */
export function readCitations(root: string): Cited {
  const file = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
  const collect = (folder: string, ending: string, citedIn: (text: string) => string) =>
    citations(
      filesOf(join(root, folder), ending)
        .sort()
        .map((path) => ({ path: relative(root, path), text: citedIn(readFileSync(path, 'utf8')) })),
    );
  return {
    rules: rulesIn(file('docs', 'rules.md')),
    sources: collect('src', '.ts', docComments),
    tests: collect('test', '.test.ts', (text) => titlesIn(text).join('\n')),
    scenarios: collect(join('test', 'scenarios'), '.json', rulesField),
  };
}

/** The rules of a document, in its order. */
export function rulesIn(document: string): Rule[] {
  let section = '';
  return document.split('\n').flatMap((line) => {
    section = /^## (.+)$/.exec(line)?.[1] ?? section;
    const number = /^- \*\*(R\d+\.\d+)\*\*/.exec(line)?.[1];
    return number === undefined ? [] : [{ number, section }];
  });
}

/** The doc comments of a source file. */
export function docComments(source: string): string {
  return (source.match(/\/\*\*[\s\S]*?\*\//g) ?? []).join('\n');
}

const TITLED = new Set(['describe', 'it', 'test']);

/** The titles of a test file's groups and tests, tables of tests included; of a template its literal parts. */
export function titlesIn(source: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && TITLED.has(calledName(node.expression) ?? '')) {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title)) titles.push(title.text);
      if (title && ts.isTemplateExpression(title)) {
        titles.push(
          [title.head.text, ...title.templateSpans.map((it) => it.literal.text)].join('…'),
        );
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('test.ts', source, ts.ScriptTarget.Latest));
  return titles;
}

/** `test` of test(…), test.each([…])(…), test.each`…`(…) and test.only(…); null of what does not run. */
function calledName(called: ts.Expression): string | null {
  if (ts.isIdentifier(called)) return called.text;
  if (ts.isPropertyAccessExpression(called)) {
    return /^(skip|todo)$/.test(called.name.text) ? null : calledName(called.expression);
  }
  if (ts.isCallExpression(called)) return calledName(called.expression);
  return ts.isTaggedTemplateExpression(called) ? calledName(called.tag) : null;
}

function rulesField(scenario: string): string {
  const { rules = '' } = JSON.parse(scenario) as { rules?: string | string[] };
  return String(rules);
}

function citations(files: readonly { readonly path: string; readonly text: string }[]): Citations {
  const found = new Map<string, string[]>();
  for (const { path, text } of files) {
    for (const number of new Set(text.match(RULE))) {
      found.set(number, [...(found.get(number) ?? []), path]);
    }
  }
  return found;
}

function filesOf(folder: string, ending: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && basename(entry.name).endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name));
}
