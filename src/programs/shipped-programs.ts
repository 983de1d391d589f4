import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { canonicalJson } from '../kernel/ids';
import { insertTerms, readStoredTerms, type StoredTerms } from './programs.store';
import type { Terms } from './terms';
import {
  chainMistakes,
  type ProgramDocument,
  parseProgramDocument,
  parseTerms,
} from './terms-document';

/** One file per program; a file that is added is a program that is added (R1.1). */
const SHIPPED = join(__dirname, 'shipped');

/**
 * Reads and checks every program file (`*.json`) of a folder, by program code.
 * Throws an Error whose message lists the mistakes of all of them.
 */
export async function readShippedPrograms(dir: string = SHIPPED): Promise<ProgramDocument[]> {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.json')).sort();
  const programs: ProgramDocument[] = [];
  const mistakes: string[] = [];
  for (const file of files) {
    try {
      const program = parseProgramDocument(JSON.parse(await readFile(join(dir, file), 'utf8')));
      if (programs.some((other) => other.code === program.code)) {
        throw new Error(`Program ${program.code} has a file already: one file per program.`);
      }
      programs.push(program);
    } catch (error) {
      mistakes.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (files.length === 0) mistakes.push(`No program file (*.json) in ${dir}.`);
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  return programs.sort((a, b) => (a.code < b.code ? -1 : 1));
}

/**
 * Publishes what the program files hold and the database does not yet: new programs and new versions (R1.4).
 * Any number of processes may do so at once. Refused as a whole, with a message that says what to do, where
 * a stored version differs from its file or the versions would not follow on each other.
 */
export async function loadShippedPrograms(database: DataSource, dir?: string): Promise<void> {
  const programs = await readShippedPrograms(dir);
  const stored = await readStoredTerms(database);
  refuseUnlessConsistent(programs, stored);
  const missing = programs.flatMap((program) =>
    program.versions
      .filter(({ terms }) => !find(stored, program.code, terms.version))
      .map(({ terms, document }) => ({ ...terms, document })),
  );
  if (missing.length === 0) return;
  await insertTerms(database, missing);
  // Another process may have been first, with other files.
  refuseUnlessConsistent(programs, await readStoredTerms(database));
}

function refuseUnlessConsistent(
  programs: readonly ProgramDocument[],
  stored: readonly StoredTerms[],
): void {
  const mistakes = programs.flatMap((program) => {
    const edited = program.versions.flatMap(({ terms, document }) => {
      const found = find(stored, program.code, terms.version);
      const paths = found ? differences(found.document, document) : [];
      return paths.length > 0 ? [editedMessage(terms, paths)] : [];
    });
    return edited.length > 0 ? edited : chainMistakes(merged(program, stored));
  });
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
}

function find(stored: readonly StoredTerms[], program: string, version: number) {
  return stored.find((row) => row.program === program && row.version === version);
}

/** The file's versions and those that only the database has, in order of their numbers. */
function merged(program: ProgramDocument, stored: readonly StoredTerms[]): Terms[] {
  const shipped = program.versions.map(({ terms }) => terms);
  const others = stored.filter(
    (row) =>
      row.program === program.code && !shipped.some((terms) => terms.version === row.version),
  );
  const published = others.map((row) => parseTerms(row.program, row.document));
  return [...shipped, ...published].sort((a, b) => a.version - b.version);
}

function editedMessage(terms: Terms, paths: readonly string[]): string {
  return (
    `Version ${terms.version} of program ${terms.program} is published with other terms than its file holds ` +
    `(${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ' …' : ''}). A published version is never edited: ` +
    `restore it in the file and add the change as a version of its own, with a later effectiveOn.`
  );
}

/** Where two documents differ, as paths. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (canonicalJson(a) === canonicalJson(b)) return [];
  if (!isObject(a) || !isObject(b)) return [path || '(top)'];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return keys.flatMap((key) => differences(a[key], b[key], path ? `${path}.${key}` : key));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
