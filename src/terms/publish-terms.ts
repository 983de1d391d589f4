import type { App } from '../app';
import { readClock } from '../database/clock';
import type { Connection } from '../database/transaction';
import { type Refusal, refuse } from '../kernel/errors';
import { fingerprint } from '../kernel/ids';
import type { Instant } from '../kernel/time';
import type { NotifiedChange } from '../ledger/notification';
import { answerOnce } from '../ledger/seen';
import { insertTerms, readRules } from '../programs/programs.store';
import type { ProgramCode, Terms } from '../programs/terms';
import { chainMistakes, parseTerms, termsMistakes } from '../programs/terms-document';
import { changesOf } from './changes';

type Parts = Pick<App, 'database' | 'programs' | 'config'>;

export interface PublishInput {
  readonly program: ProgramCode;
  /** The first day of the version, such as 2027-01-01, in the program's zone. */
  readonly effectiveOn: string;
  /** Fields of the document that change; the others stay as in the newest version. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** Shows what would be published, and writes nothing. */
  readonly dryRun: boolean;
  readonly idempotencyKey: string;
  readonly actor: string;
}

/** A version that was published, or would be. */
export interface Publication {
  readonly terms: Terms;
  readonly changes: readonly NotifiedChange[];
  /** How many accounts there are to be told: those whose membership has not ended. */
  readonly members: number;
}

/** Refused terms, with everything that is wrong with them. */
export type TermsRefusal = Refusal & { readonly mistakes: readonly string[] };

/**
 * Publishes the next version of a program's terms (R1.4, R2.6): valid as a document and as the version after the newest, from a
 * day on that has not begun. Members are told by a job, and each is bound a month after being told, or at that day.
 * Refused, in this order: PROGRAM_NOT_FOUND, INVALID_TERMS (with every mistake); with a used key and other input
 * IDEMPOTENCY_CONFLICT. A dry run answers the same and leaves no trace.
 */
export async function publishTerms(
  parts: Parts,
  input: PublishInput,
): Promise<Publication | TermsRefusal> {
  const { program, effectiveOn, changes, idempotencyKey } = input;
  const at = await readClock(parts.database, parts.config.sandbox);
  await parts.programs.renew();
  if (!parts.programs.has(program)) return { ...refuse('PROGRAM_NOT_FOUND'), mistakes: [] };
  if (input.dryRun) {
    const drafted = await draft(parts.database, input, at);
    return 'refused' in drafted ? drafted : published(parts, drafted.terms, drafted.before);
  }
  const ask = {
    account: `program:${program}`,
    operation: 'publishTerms',
    key: idempotencyKey,
    fingerprint: fingerprint({ effectiveOn, changes }),
    at,
  };
  const answer = await answerOnce(parts.database, ask, async (connection) => {
    const drafted = await draft(connection, input, at);
    if ('refused' in drafted) return drafted;
    const { terms, document } = drafted;
    await insertTerms(connection, [{ ...terms, document }], { at, by: input.actor });
    return { version: terms.version };
  });
  if ('refused' in answer) {
    return { ...answer, mistakes: 'mistakes' in answer ? (answer as TermsRefusal).mistakes : [] };
  }
  await parts.programs.renew();
  const versions = parts.programs.versions(program).map(({ terms }) => terms);
  const terms = parts.programs.terms(program, answer.version);
  const before = versions.findLast(({ version }) => version < answer.version);
  return published(parts, terms, before ?? terms);
}

interface Drafted {
  readonly terms: Terms;
  readonly before: Terms;
  readonly document: object;
}

/** The next version as a document, judged; what the caller does not name is as in the newest. */
async function draft(
  from: App['database'] | Connection,
  input: PublishInput,
  at: Instant,
): Promise<Drafted | TermsRefusal> {
  const { program, effectiveOn, changes } = input;
  const stored = (await readRules(from)).terms.filter((row) => row.program === program);
  const newest = stored.at(-1);
  if (!newest) return { ...refuse('PROGRAM_NOT_FOUND'), mistakes: [] };
  const before = stored.map((row) => parseTerms(program, row.document));
  const document = {
    ...(newest.document as object),
    ...changes,
    effectiveOn,
    version: newest.version + 1,
    // What a printed page said of older versions.
    printedFigures: [],
  };
  const mistakes = termsMistakes(program, document);
  if (mistakes.length > 0) return { ...refuse('INVALID_TERMS'), mistakes };
  const terms = parseTerms(program, document);
  const late = terms.effectiveAt < at ? ['effectiveOn: must be a day that has not begun'] : [];
  const wrong = [...late, ...chainMistakes([...before, terms])];
  if (wrong.length > 0) return { ...refuse('INVALID_TERMS'), mistakes: wrong };
  return { terms, before: before.at(-1)!, document };
}

async function published(parts: Parts, terms: Terms, before: Terms): Promise<Publication> {
  const [row] = await parts.database.query<{ members: number }[]>(
    `select count(*)::int as members from accounts where program = $1 and stage <> 'ENDED'`,
    [terms.program],
  );
  return { terms, changes: changesOf(before, terms), members: row?.members ?? 0 };
}
