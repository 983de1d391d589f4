/** What no answer may contain, whatever was sent: our failures, SQL, stacks, paths, what PostgreSQL says. */
const INSIDE =
  /INTERNAL_SERVER_ERROR|Internal error|Unexpected failure|node_modules|\.[jt]s:\d+|\n\s+at |\bat async |select .+ from|insert into|update .+ set |syntax error at or near|invalid byte sequence|violates|relation "|column "|duplicate key|SQLSTATE|Maximum call stack|Cannot read prop/i;
const NAMES = /\b(?:ECONN\w+|EPIPE|ETIMEDOUT|TypeError|RangeError|QueryFailedError)\b/;

/** What of a text shows the inside; null where nothing does. */
export function insideOf(text: string): string | null {
  return (INSIDE.exec(text) ?? NAMES.exec(text))?.[0] ?? null;
}
