import { RequestError } from '../kernel/errors';
import { isId } from '../kernel/ids';

/**
 * What was committed at a moment, as PostgreSQL tells it (`pg_current_snapshot`): every transaction below `xmax` but those
 * that were under way, of which `xmin` is the oldest.
 */
export interface Snapshot {
  readonly xmin: number;
  readonly xmax: number;
  readonly underWay: readonly number[];
}

/**
 * How far a consumer has come in the changes of an organisation's members: all that was visible in `since`, and of
 * what became visible until `upTo` the accounts before `after`, by customer id, and of that one the entries up to its sequence.
 */
export interface Position {
  /** The database's: in another one a transaction's number means nothing. */
  readonly cluster: string;
  /** Null where nothing was delivered before. */
  readonly since: Snapshot | null;
  /** Null where nothing after `since` was delivered. */
  readonly upTo: Snapshot | null;
  readonly after: { readonly customerId: string; readonly sequence: number } | null;
}

/** Cursors are of a few hundred bytes, more where many transactions were under way. */
const CURSOR_MAX = 32_768;

/** The cursor of a position: opaque text that names the organisation, so that none is taken for another's. */
export function encodePosition(organizationId: string, position: Position): string {
  const { cluster, since, upTo, after } = position;
  const parts = [organizationId, cluster, snapshotText(since), snapshotText(upTo)];
  const place = after ? [after.customerId, after.sequence] : [];
  return Buffer.from(JSON.stringify([...parts, ...place]), 'utf8').toString('base64url');
}

/** The position that a cursor names. Throws RequestError BAD_USER_INPUT where it is no cursor of this organisation. */
export function decodePosition(organizationId: string, cursor: string): Position {
  const position = cursor.length <= CURSOR_MAX ? positionOf(organizationId, parse(cursor)) : null;
  if (position && encodePosition(organizationId, position) === cursor) return position;
  throw new RequestError(
    'BAD_USER_INPUT',
    'after is no cursor of this organisation; leave it out to start with a snapshot of each member.',
  );
}

/** Whether nobody can have been given this position yet: the database was restored to an earlier moment. */
export function isBeyond({ since, upTo }: Position, now: Snapshot): boolean {
  return [since, upTo].some((snapshot) => snapshot !== null && snapshot.xmax > now.xmax);
}

function positionOf(organizationId: string, parts: readonly unknown[]): Position | null {
  const [organization, cluster, from, to, customerId, sequence] = parts;
  if (organization !== organizationId || (parts.length !== 4 && parts.length !== 6)) return null;
  if (typeof cluster !== 'string' || !/^\d{1,20}$/.test(cluster)) return null;
  const since = parseSnapshot(from);
  const upTo = parseSnapshot(to);
  if (since === undefined || upTo === undefined || (since ?? upTo) === null) return null;
  if (parts.length === 4) return upTo === null ? { cluster, since, upTo, after: null } : null;
  const isPlace = typeof customerId === 'string' && isId(customerId);
  const isNumber = typeof sequence === 'number' && Number.isSafeInteger(sequence) && sequence >= 0;
  if (upTo === null || !isPlace || !isNumber) return null;
  return { cluster, since, upTo, after: { customerId, sequence } };
}

/** A snapshot as PostgreSQL writes it; undefined where the text is none. */
export function parseSnapshot(text: unknown): Snapshot | null | undefined {
  if (text === null) return null;
  if (typeof text !== 'string' || !/^\d{1,16}:\d{1,16}:(\d{1,16}(,\d{1,16})*)?$/.test(text)) {
    return undefined;
  }
  const [xmin, xmax, list] = text.split(':');
  const underWay = list ? list.split(',').map(Number) : [];
  const snapshot = { xmin: Number(xmin), xmax: Number(xmax), underWay };
  const all = [snapshot.xmin, ...underWay, snapshot.xmax];
  return all.every((xid) => Number.isSafeInteger(xid)) ? snapshot : undefined;
}

/** As PostgreSQL writes it. */
function snapshotText(snapshot: Snapshot | null): string | null {
  return snapshot && `${snapshot.xmin}:${snapshot.xmax}:${snapshot.underWay.join()}`;
}

/** Whether two moments saw the same. */
export function isSame(one: Snapshot | null, other: Snapshot | null): boolean {
  return snapshotText(one) === snapshotText(other);
}

function parse(cursor: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}
