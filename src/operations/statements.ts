/** How many statements' names are remembered; the service has a few hundred. */
const KNOWN_MAX = 2_000;

/** A statement by what may be told of it: no value ever stands in this. */
export interface StatementName {
  /** Verb and first table: `SELECT accounts`, `INSERT entries`, `COMMIT`. */
  readonly name: string;
  readonly verb: string;
  readonly table: string | null;
  /** Whether it waits for rows that somebody else holds. */
  readonly locks: boolean;
}

const known = new Map<string, StatementName>();

/** The name of a statement, from its text. Few texts exist, so each is read once. */
export function statementName(text: string): StatementName {
  const found = known.get(text);
  if (found) return found;
  const name = read(text);
  if (known.size < KNOWN_MAX) known.set(text, name);
  return name;
}

const VERB =
  /^\s*(select|insert|update|delete|with|begin|commit|rollback|savepoint|start|set|listen|create|alter|drop)\b/i;
const TABLE =
  /\b(?:(?:into|update|table)\s+"?([a-z_]\w*)|(?:from|join)\s+(?:only\s+)?"?([a-z_]\w*)\b"?(?!\s*\())/gi;
const NO_TABLES = new Set(['unnest', 'lateral', 'select', 'of', 'skip']);
const CALL = /^\s*select\s+(?:from\s+)?([a-z_][a-z0-9_]*)\s*\(/i;

/** An UPDATE that counts what it found. */
const COUNTED = /^\s*with found as \(\s*(?=update\b)/i;

function read(whole: string): StatementName {
  const text = whole.replace(COUNTED, '');
  const verb = VERB.exec(text)?.[1]?.toUpperCase() ?? 'OTHER';
  const defined = new Set(
    [...text.matchAll(/\b(\w+)\s+as\s+(?:materialized\s+)?\(/gi)].map(([, name]) => name),
  );
  const tables = [...text.matchAll(TABLE)].map(([, target, source]) =>
    (target ?? source!).toLowerCase(),
  );
  const table =
    tables.find((name) => !NO_TABLES.has(name) && !defined.has(name)) ??
    CALL.exec(text)?.[1] ??
    null;
  const locks = /\bfor (no key )?update\b/i.test(text) && !/\bskip locked\b/i.test(text);
  return { name: table === null ? verb : `${verb} ${table}`, verb, table, locks };
}
