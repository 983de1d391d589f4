import {
  type DocumentNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  Kind,
  parse,
} from 'graphql';

/** The fields of a schema, by how one comes to them: what a rule is needed for, and what lies behind it. */

export type Field = GraphQLField<unknown, unknown>;

/** A field that the schema's own rules name or should: of a root type, or given to an entity. */
export interface Ruled {
  /** `Query.rewardsMember`. */
  readonly name: string;
  readonly type: GraphQLObjectType;
  readonly field: Field;
}

/** What of an answer is asked for: each type where it is reached first, all its fields, and `__typename`. */
export interface Asked {
  readonly type: GraphQLCompositeType;
  readonly fields: readonly {
    readonly field: Field;
    /** Null for a plain value, and for a type that is asked for elsewhere already. */
    readonly of: Asked | null;
    readonly isPlain: boolean;
  }[];
  /** The members of a union or an interface. */
  readonly members: readonly Asked[];
}

export const ROOTS = ['Query', 'Mutation', 'Subscription'] as const;

/** Directives of fields by name (`Customer.id`), as the SDL has them; under a type's own name the type's. */
export function directivesOf(sdl: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  const document: DocumentNode = parse(sdl);
  for (const node of document.definitions) {
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION) {
      continue;
    }
    found.set(node.name.value, new Set(node.directives?.map(({ name }) => name.value)));
    for (const field of node.fields ?? []) {
      const names = field.directives?.map(({ name }) => name.value);
      found.set(`${node.name.value}.${field.name.value}`, new Set(names));
    }
  }
  return found;
}

/** The entities: members of `_Entity`, which `_entities` answers. */
export function entitiesOf(schema: GraphQLSchema): readonly GraphQLObjectType[] {
  const union = schema.getType('_Entity');
  return isAbstractType(union) ? [...schema.getPossibleTypes(union)] : [];
}

/** Every field that needs a rule: those of the root types, and those of entities but for keys and what is another's. */
export function fieldsThatNeedRules(schema: GraphQLSchema, sdl: string): readonly Ruled[] {
  const directives = directivesOf(sdl);
  const roots = ROOTS.flatMap((name) => schema.getType(name) ?? []).filter(isObjectType);
  const entities = entitiesOf(schema);
  return [...roots, ...entities].flatMap((type) => {
    const keys = entities.includes(type) ? keysOf(sdl, type.name) : new Set<string>();
    return Object.values(type.getFields())
      .map((field) => ({ name: `${type.name}.${field.name}`, type, field }))
      .filter(({ name, field }) => !keys.has(field.name) && !directives.get(name)?.has('external'));
  });
}

/** The fields that identify an entity. */
export function keysOf(sdl: string, typeName: string): ReadonlySet<string> {
  const keys = [...sdl.matchAll(new RegExp(`type ${typeName} [^{]*\\{`, 'g'))]
    .flatMap(([head]) => [...head.matchAll(/@key\(fields: "([^"]+)"/g)])
    .flatMap(([, fields]) => fields!.split(/\s+/));
  return new Set(keys);
}

/** Every field that `from` leads to, by name, without passing through an entity: its fields have rules of their own. */
export function reachedFrom(schema: GraphQLSchema, from: GraphQLNamedType): ReadonlySet<string> {
  const entities = new Set<GraphQLNamedType>(entitiesOf(schema));
  const reached = new Set<string>();
  const seen = new Set<GraphQLNamedType>();
  const visit = (type: GraphQLNamedType): void => {
    if (seen.has(type) || entities.has(type) || !isCompositeType(type)) return;
    seen.add(type);
    if (isAbstractType(type)) schema.getPossibleTypes(type).forEach(visit);
    if (!('getFields' in type)) return;
    for (const field of Object.values(type.getFields())) {
      reached.add(`${type.name}.${field.name}`);
      for (const it of type.getInterfaces()) reached.add(`${it.name}.${field.name}`);
      visit(getNamedType(field.type));
    }
  };
  visit(from);
  return reached;
}

/** Everything that `type` leads to, each type asked for once, at its nearest place. */
export function askAll(schema: GraphQLSchema, type: GraphQLCompositeType): Asked {
  const entities = new Set<GraphQLNamedType>(entitiesOf(schema));
  const taken = new Set<GraphQLNamedType>([type]);
  // Whose a thing is must be known wherever an entity is named, though the entity is looked at once.
  const keyOf = (of: GraphQLNamedType): Asked | null => {
    if (!isObjectType(of) || !entities.has(of)) return null;
    const { id } = of.getFields();
    return id ? { type: of, fields: [{ field: id, of: null, isPlain: true }], members: [] } : null;
  };
  const expand = (of: GraphQLCompositeType): Asked => {
    const fields = 'getFields' in of ? Object.values(of.getFields()) : [];
    const next = fields.map((field) => {
      const inner = getNamedType(field.type);
      const isNew = isCompositeType(inner) && !taken.has(inner) && !entities.has(of);
      if (isNew) taken.add(inner);
      return { field, inner, isNew };
    });
    const members = isAbstractType(of)
      ? schema.getPossibleTypes(of).filter((member) => !taken.has(member))
      : [];
    for (const member of members) taken.add(member);
    return {
      type: of,
      // An interface is asked for by its members.
      fields: isInterfaceType(of)
        ? []
        : next.map(({ field, inner, isNew }) => ({
            field,
            of: isNew && isCompositeType(inner) ? expand(inner) : keyOf(inner),
            isPlain: !isCompositeType(inner),
          })),
      members: members.map(expand),
    };
  };
  return expand(type);
}

/** How many fields are asked for, all levels together. */
export function countAsked(asked: Asked | null): number {
  if (!asked) return 0;
  const below = asked.fields.reduce((sum, { of }) => sum + 1 + countAsked(of), 0);
  return asked.members.reduce((sum, member) => sum + countAsked(member), below);
}

/** Arguments that must be given, and `first` and `after` where a field has them. */
export function argumentsToGive(field: Field): Field['args'] {
  return field.args.filter((arg) => isRequiredArgument(arg) || arg.name === 'first');
}

/** Every field that is asked for, with its place in the schema and the names that lead to it. */
export function fieldsBelow(
  asked: Asked | null,
  path: readonly string[] = [],
): readonly { place: string; field: Field; path: readonly string[] }[] {
  if (!asked) return [];
  const own = asked.fields.flatMap(({ field, of }) => {
    const here = [...path, field.name];
    const place = `${asked.type.name}.${field.name}`;
    return [{ place, field, path: here }, ...fieldsBelow(of, here)];
  });
  return [...own, ...asked.members.flatMap((member) => fieldsBelow(member, path))];
}

/** A sentence for each field that needs a rule and has none. */
export function missingRules(schema: GraphQLSchema, sdl: string, rules: Rules): readonly string[] {
  return fieldsThatNeedRules(schema, sdl)
    .filter(({ name }) => !(name in rules))
    .map(
      ({ name }) =>
        `${name} has no rule in src/auth/permissions.ts: add '${name}': '<action>' to FIELDS`,
    );
}

/** A sentence for each rule of a field that is not there. */
export function uselessRules(schema: GraphQLSchema, rules: Rules): readonly string[] {
  return Object.keys(rules)
    .filter((name) => {
      const [typeName = '', fieldName = ''] = name.split('.');
      const type = schema.getType(typeName);
      return !isObjectType(type) || !(fieldName in type.getFields());
    })
    .map(
      (name) =>
        `FIELDS in src/auth/permissions.ts has a rule for ${name}, which is no field of the schema`,
    );
}

/** A sentence for each field of an answer that no field with a rule leads to. */
export function unreachedFields(schema: GraphQLSchema, sdl: string): readonly string[] {
  const needing = fieldsThatNeedRules(schema, sdl);
  const reached = new Set<string>();
  for (const { name, field } of needing) {
    reached.add(name);
    for (const other of reachedFrom(schema, getNamedType(field.type))) reached.add(other);
  }
  const entities = new Set(entitiesOf(schema).map(({ name }) => name));
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) || isInterfaceType(type))
    .filter(({ name }) => !name.startsWith('_') && !entities.has(name))
    .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`))
    .filter((name) => !reached.has(name))
    .map((name) => `${name} is led to by no field with a rule`);
}

type Rules = Readonly<Record<string, string>>;

/** Of what is asked only the list at the end of `path`: the plain values of its rows, and where the page ends. */
export function pageOnly(asked: Asked | null, path: readonly string[]): Asked | null {
  if (!asked) return null;
  const [next, ...rest] = path;
  const kept = asked.fields.flatMap((one) => {
    if (next !== undefined)
      return one.field.name === next ? [{ ...one, of: pageOnly(one.of, rest) }] : [];
    // One answer may have several lists, and asks for the type of where they end once.
    if (one.field.name === 'pageInfo') return [{ ...one, of: plainOf(one.field) }];
    return one.field.name === 'nodes' && one.of ? [{ ...one, of: plainOnly(one.of) }] : [];
  });
  return { ...asked, fields: kept, members: [] };
}

/** The plain values of what a field answers. */
function plainOf({ type }: Field): Asked | null {
  const named = getNamedType(type);
  if (!isObjectType(named)) return null;
  const fields = Object.values(named.getFields()).map((field) => ({
    ...{ field, of: null, isPlain: !isCompositeType(getNamedType(field.type)) },
  }));
  return plainOnly({ type: named, fields, members: [] });
}

function plainOnly(asked: Asked): Asked {
  return { ...asked, fields: asked.fields.filter(({ isPlain }) => isPlain), members: [] };
}
