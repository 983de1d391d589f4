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
  const reference = known.get(representation.__typename);
  if (!reference) throw malformed('names no entity of this subgraph');
  const entity = await reference(representation, context, info);
  if (entity === null) return null;
  typeNames.set(entity, representation.__typename);
  return entity;
}

function readRepresentation(value: unknown, hasKey: HasKey): Representation {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed('is no object');
  }
  const fields: Readonly<Record<string, unknown>> = { ...value };
  if (typeof fields.__typename !== 'string') throw malformed('has no __typename');
  if (!hasKey(fields)) throw malformed('has no id of 1 to 255 characters');
  return fields as Representation;
}

function hasId({ id }: Readonly<Record<string, unknown>>): boolean {
  return typeof id === 'string' && isId(id);
}

function malformed(why: string): RequestError {
  return new RequestError('BAD_USER_INPUT', `A representation ${why}.`);
}
