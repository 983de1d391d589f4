import type { MigrationInterface, QueryRunner } from 'typeorm';
import { LARGE } from '../plans/fill';

/** What a migration sends, in order, and whether in one transaction. */
export interface Script {
  readonly statements: readonly string[];
  readonly isTransaction: boolean;
}

/** What `up` of a migration sends. What it asks is answered with nothing. */
export async function scriptOf(migration: MigrationInterface): Promise<Script> {
  const statements: string[] = [];
  const query = async (statement: string) => {
    statements.push(statement);
    return [];
  };
  await migration.up({ query } as Pick<QueryRunner, 'query'> as QueryRunner);
  return { statements, isTransaction: migration.transaction !== false };
}

/** What is known of the script as far as it was read. */
interface Sofar {
  readonly isTransaction: boolean;
  /** Tables that it makes itself: nobody uses them yet. */
  readonly own: Set<string>;
  /** Constraints that it adds. */
  readonly added: Set<string>;
  /** What the constraints say that it adds, by name, and those that it validated. */
  readonly says: Map<string, string>;
  readonly validated: Set<string>;
}

type Rule = readonly [pattern: RegExp, why: string];

/** Beginnings that are looked at below, or do no harm. */
const KNOWN =
  /^(alter table|alter (role|database) \S+ set|create table|create (unique )?index|create (or replace )?(function|trigger|sequence|statistics|view)|comment on|analyze|insert into|grant|revoke|select|set|reset|drop index|drop (constraint|trigger)|update|delete from)\b/;

const STATEMENTS: readonly Rule[] = [
  [
    /^drop (table|view|schema|type|sequence|function)/,
    'the version before still uses what is dropped',
  ],
  [/^alter \S+ (if exists )?\S+ rename\b/, 'the version before knows only the old name'],
  [/^lock( table)?\b/, 'everybody waits behind it'],
  [/^(vacuum( \(.*)?\bfull|cluster)\b/, 'it writes the table anew, and everybody waits'],
  [/^reindex (?!.*\bconcurrently\b)/, 'writers wait for it: CONCURRENTLY'],
  [/^truncate\b/, 'what is written is kept'],
  [/^drop index (?!concurrently\b)/, 'everybody waits behind it: CONCURRENTLY'],
];

const ALTERATIONS: readonly Rule[] = [
  [/^drop column\b|^drop (?!constraint\b)/, 'the version before still writes the column'],
  [/^rename\b/, 'the version before knows only the old name'],
  [/^alter (column )?\S+ (set data )?type\b/, 'it writes the table anew, or its indexes'],
  [
    /^alter (column )?\S+ drop (default|identity|expression)/,
    'the version before leaves the column out',
  ],
  [
    /^set (tablespace|logged|unlogged|access method|with)\b/,
    'it writes the table anew, and everybody waits',
  ],
  [/^(disable|enable) (always |replica )?(trigger|rule)/, 'what guards the table stays'],
  [
    /^add (constraint \S+ )?(check|foreign key|not null)\b(?!.*\bnot valid$)/,
    'it reads the whole table while everybody waits: NOT VALID, then VALIDATE',
  ],
  [
    /^add (constraint \S+ )?(unique|primary key|exclude)\b(?!.*\busing index\b)/,
    'it builds an index while everybody waits: USING INDEX of one built concurrently',
  ],
];

const COLUMNS: readonly Rule[] = [
  [
    /\b(big|small)?serial\b|\bgenerated\b.*\b(stored|identity)\b/,
    'it writes the table anew, and everybody waits',
  ],
  [
    /\b(references|check|unique|primary key)\b/,
    'it reads the whole table while everybody waits: add the constraint by itself',
  ],
];

// Functions that have one value for all of a statement: the column is added without touching a row.
const STABLE = ['now', 'transaction_timestamp', 'statement_timestamp', 'to_timestamp'];

/** Why a script must not be run while the service serves, and another version beside this one: a sentence for each; none where it may. */
export function unsafe({ statements, isTransaction }: Script): string[] {
  const sofar: Sofar = {
    ...{ isTransaction, own: new Set<string>(), added: new Set<string>() },
    ...{ says: new Map<string, string>(), validated: new Set<string>() },
  };
  return statements
    .flatMap(pieces)
    .flatMap((piece) => judge(piece, sofar).map((why) => `${piece.slice(0, 120)}: ${why}`));
}

/** One statement each, in small letters, without comments, quotes or what literals say; of a DO block what it does. */
function pieces(text: string): string[] {
  const plain = text
    .replace(/--.*$/gm, ' ')
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .toLowerCase();
  if (/^\s*do\b/.test(plain)) {
    return plain
      .replace(/^\s*do[^$]*\$\w*\$|\$\w*\$[^$]*$/g, '')
      .split(/;|\b(?:begin|then|else|loop)\b/)
      .map(tidy)
      .filter((piece) => piece !== '' && !/^(end|declare|if|for)\b/.test(piece));
  }
  return plain
    .replace(/'(?:[^']|'')*'/g, "''")
    .replace(/(\$\w*\$)[\s\S]*?\1/g, "''")
    .split(';')
    .map(tidy)
    .filter((piece) => piece !== '');
}

function tidy(piece: string): string {
  return piece
    .replace(/"|\bpublic\./g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function judge(piece: string, sofar: Sofar): string[] {
  const made = /^create (?:unlogged )?table (if not exists )?([^\s(]+)/.exec(piece);
  if (made) {
    sofar.own.add(made[2]!);
    return mayRunAgain(made[1], sofar);
  }
  const found = broken(STATEMENTS, piece);
  if (found.length > 0) return found;
  if (!KNOWN.test(piece)) return ['what it does while others read and write is not known here'];
  if (sofar.isTransaction && /^set .*\block_timeout\b/.test(piece)) {
    return ['it would stand in a queue of locks that everybody waits behind'];
  }
  if (/^create (unique )?index/.test(piece)) return judgeIndex(piece, sofar);
  const changed = /^(?:update|delete from) (?:only )?(\S+)/.exec(piece);
  if (changed && LARGE.has(changed[1]!) && !sofar.own.has(changed[1]!)) {
    return ['it locks every row at once: a job does it in batches'];
  }
  const altered = /^alter table (?:if exists )?(?:only )?(\S+) (.*)$/.exec(piece);
  if (!altered || sofar.own.has(altered[1]!)) return [];
  return actionsOf(altered[2]!).flatMap((action) => judgeAlteration(action, sofar));
}

function judgeIndex(piece: string, sofar: Sofar): string[] {
  const [, concurrently, again, table = ''] =
    /index (concurrently )?(if not exists )?.*?\bon (?:only )?([^\s(]+)/.exec(piece) ?? [];
  if (sofar.own.has(table)) return [];
  if (!concurrently) return LARGE.has(table) ? ['writers wait for it: CONCURRENTLY'] : [];
  if (sofar.isTransaction) return ['it needs a migration with `transaction = false`'];
  return mayRunAgain(again, sofar);
}

/** Outside a transaction what was done stays done where the next statement fails, and is done again. */
function mayRunAgain(ifNotExists: string | undefined, { isTransaction }: Sofar): string[] {
  return isTransaction || ifNotExists ? [] : ['it cannot be run again: IF NOT EXISTS'];
}

function judgeAlteration(action: string, sofar: Sofar): string[] {
  const found = broken(ALTERATIONS, action);
  const [, name = '', says = ''] = /^add constraint (\S+) (.*)$/.exec(action) ?? [];
  if (name) {
    sofar.added.add(name);
    sofar.says.set(name, says);
  }
  const validated = /^validate constraint (\S+)/.exec(action)?.[1];
  if (validated) {
    sofar.validated.add(validated);
    if (sofar.isTransaction && sofar.added.has(validated)) {
      return ['it reads the whole table under the lock that adding it took: `transaction = false`'];
    }
  }
  const required = /^alter (?:column )?(\S+) set not null/.exec(action)?.[1];
  if (required && !isProven(required, sofar)) {
    return ['it reads the whole table while everybody waits: validate a CHECK of it first'];
  }
  const column =
    /^add (?:column )?(if not exists )?(?!constraint|check|foreign|unique|primary|exclude|not null)(.*)$/.exec(
      action,
    );
  return column ? [...found, ...judgeColumn(column[2]!, column[1], sofar)] : found;
}

function isProven(column: string, { says, validated }: Sofar): boolean {
  return [...validated].some((name) => says.get(name)?.startsWith(`check (${column} is not null)`));
}

function judgeColumn(definition: string, again: string | undefined, sofar: Sofar): string[] {
  const [, value = ''] = /\bdefault (.*)$/.exec(definition) ?? [];
  const calls = [...value.matchAll(/\b([a-z_]\w*) ?\(/g)].map(([, name]) => name!);
  const volatile = calls.filter((name) => !STABLE.includes(name));
  const isBare = /\bnot null\b/.test(definition) && value === '';
  return [
    ...broken(COLUMNS, definition),
    ...(volatile.length > 0 ? [`${volatile[0]}() makes it write the table anew`] : []),
    ...(isBare ? ['the version before leaves the column out: give it a default'] : []),
    ...mayRunAgain(again, sofar),
  ];
}

function broken(rules: readonly Rule[], text: string): string[] {
  return rules.filter(([pattern]) => pattern.test(text)).map(([, why]) => why);
}

/** What an ALTER TABLE does, between the commas that stand in no bracket. */
function actionsOf(text: string): string[] {
  const actions: string[] = [];
  let depth = 0;
  let action = '';
  for (const letter of text) {
    depth += letter === '(' ? 1 : letter === ')' ? -1 : 0;
    if (letter === ',' && depth === 0) {
      actions.push(action.trim());
      action = '';
    } else action += letter;
  }
  return [...actions, action.trim()];
}
