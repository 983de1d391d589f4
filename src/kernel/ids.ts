import { createHash } from 'node:crypto';

/** Number of shards. For good: it stands in every key. */
export const SHARDS = 256;

/** The longest id (customer, order, organisation, event source …) taken from outside, in characters. */
export const ID_MAX = 255;

/**
 * The shard of an id: a fixed pure function (FNV-1a over UTF-8, its four bytes xored), the same in every
 * process and for good. Computed here and nowhere else; rows store the number.
 */
export function shardOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) {
    const unit = id.charCodeAt(i);
    if (unit > 0x7f) return folded(hashOfBytes(id));
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  return folded(hash);
}

/** The same of any text; a text of ASCII is its own bytes, and needs none made. */
function hashOfBytes(id: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(id, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

function folded(hash: number): number {
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & (SHARDS - 1);
}

/**
 * Whether text from outside may be an id or a key: 1 to `ID_MAX` characters, well-formed Unicode (two
 * lone surrogates would become one character in the database), no control characters (NUL is refused by it).
 */
export function isId(text: string): boolean {
  if (text.length < 1 || text.length > ID_MAX) return false;
  return isSeenAscii(text) || (isPlainText(text) && text.trim() === text);
}

/** Most ids are. Unit by unit: a pattern takes four times as long, and an answer has a thousand ids. */
function isSeenAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x21 || unit > 0x7e) return false;
  }
  return true;
}

/** Whether text is well-formed Unicode without control characters. */
export function isPlainText(text: string): boolean {
  return !/[\p{Cc}\p{Cs}]/u.test(text);
}

/** SHA-256 of a value's canonical JSON (keys sorted, bigint as text), in hex: the same input gives the same text. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** JSON with object keys in code-unit order, undefined members left out, dates as RFC 3339 and bigint as text. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'bigint') return JSON.stringify(value.toString());
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (value instanceof Date) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
