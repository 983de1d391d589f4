import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import { RequestError } from '../kernel/errors';
import { isId } from '../kernel/ids';

/** An entity as another subgraph names it: its type, its key, and what of its fields we require. */
export interface Representation {
  readonly __typename: string;
  readonly id: string;
  readonly [field: string]: unknown;
}

/** Finds an entity by its representation; null where there is none. */
export type Reference<Context> = (
  representation: Representation,
  context: Context,
  info: GraphQLResolveInfo,
) => Promise<object | null>;
/** Whether the fields of a representation have a key. */
export type HasKey = (fields: Readonly<Record<string, unknown>>) => boolean;
export type References<Context> = Readonly<Record<string, Reference<Context>>>;

/**
 * Finds the entities of one type together, in their order, for an operation that asks plain fields of them; null where
 * they have to be found one by one (`Reference`), because one of them may fail. What it has read it keeps in the
 * context, for `Reference` to find.
 */
export type Batch<Context> = (
  representations: readonly Representation[],
  context: Context,
  asked: Pick<GraphQLResolveInfo, 'operation' | 'fragments'>,
) => Promise<readonly (object | null)[]> | null;
export type Batches<Context> = Readonly<Record<string, Batch<Context>>>;

/**
 * Which type each object found is of. A table beside them rather than a field on them: they may be
 * frozen, or shared by a loader.
 */
const typeNames = new WeakMap<object, string>();

/** Resolves the type of an entity found by `entitiesResolver`. */
export function entityTypeName(entity: object): string | undefined {
  return typeNames.get(entity);
}

/**
 * `Query._entities`. A representation that is no good (no object, no entity of ours, a key that is no
 * id) or fails to resolve costs only its own slot, whatever the others are; the library's own resolver
 * loses the whole answer.
 */
export function entitiesResolver<Context>(
  references: References<Context>,
  hasKey: HasKey = hasId,
): GraphQLFieldResolver<unknown, Context, { representations: readonly unknown[] }> {
  const known = new Map(Object.entries(references));
  return (_source, { representations }, context, info) =>
    representations.map((representation) =>
      resolveEntity({ known, hasKey }, representation, context, info),
    );
}

async function resolveEntity<Context>(
  { known, hasKey }: { known: ReadonlyMap<string, Reference<Context>>; hasKey: HasKey },
  value: unknown,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<object | null> {
  const representation = readRepresentation(value, hasKey);
  if (typeof representation === 'string') throw malformed(representation);
  const reference = known.get(representation.__typename);
  if (!reference) throw malformed('names no entity of this subgraph');
  const entity = await reference(representation, context, info);
  if (entity === null) return null;
  typeNames.set(entity, representation.__typename);
  return entity;
}

/** A value as a representation of an entity, whatever its type; where it is none, what is wrong with it. */
export function readRepresentation(
  value: unknown,
  hasKey: HasKey = hasId,
): Representation | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is no object';
  const fields = value as Readonly<Record<string, unknown>>;
  if (typeof fields.__typename !== 'string') return 'has no __typename';
  return hasKey(fields) ? (fields as Representation) : 'has no id of 1 to 255 characters';
}

function hasId({ id }: Readonly<Record<string, unknown>>): boolean {
  return typeof id === 'string' && isId(id);
}

function malformed(why: string): RequestError {
  return new RequestError('BAD_USER_INPUT', `A representation ${why}.`);
}
