import {
  type ConstDirectiveNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  type TypeDefinitionNode,
  type TypeNode,
} from 'graphql';

/** For whom a contract variant includes what is tagged; what is the desk's is only ever excluded. */
const AUDIENCES = ['storefront', 'mobile', 'partner'];
const DESK = 'desk';
const ROOTS = ['Query', 'Mutation', 'Subscription'];

interface Tagged {
  readonly directives?: readonly DirectiveNode[];
}

/**
 * Tags what is tagged for nobody by itself, but belongs to a field that is: a variant that includes `partner` has the types,
 * arguments and values that the fields for partners lead to, and the keys of entities among them. Roots and entities stay
 * as their fields are tagged: tagged as a whole, they would bring all of their fields.
 */
export function tagReached(document: DocumentNode): DocumentNode {
  const types = new Map<string, TypeDefinitionNode>();
  for (const definition of document.definitions) {
    if (isTypeDefinitionNode(definition)) types.set(definition.name.value, definition);
  }
  const reached = new Map(AUDIENCES.map((audience) => [audience, reachedBy(audience, types)]));
  const definitions = document.definitions.map((definition) => {
    if (!isTypeDefinitionNode(definition)) return definition;
    const audiences = AUDIENCES.filter((one) => reached.get(one)?.has(definition.name.value));
    return isByField(definition) ? withParts(definition, audiences) : tagged(definition, audiences);
  });
  return { ...document, definitions };
}

/** The names of all types that an audience's fields lead to. */
function reachedBy(audience: string, types: ReadonlyMap<string, TypeDefinitionNode>): Set<string> {
  const found = new Set<string>();
  const follow = (name: string): void => {
    const type = types.get(name);
    if (!type || found.has(name) || hasTag(type, DESK)) return;
    found.add(name);
    if (!isByField(type)) for (const next of leadsTo(type, types)) follow(next);
  };
  for (const type of types.values()) {
    if (!isByField(type)) continue;
    for (const field of fieldsOf(type)) {
      if (!hasTag(field, audience)) continue;
      follow(type.name.value);
      for (const next of namesIn(field)) follow(next);
    }
  }
  return found;
}

function leadsTo(
  type: TypeDefinitionNode,
  types: ReadonlyMap<string, TypeDefinitionNode>,
): readonly string[] {
  if (type.kind === Kind.UNION_TYPE_DEFINITION) {
    return (type.types ?? []).map(({ name }) => name.value);
  }
  const own = fieldsOf(type).filter((field) => !hasTag(field, DESK));
  const implementing =
    type.kind === Kind.INTERFACE_TYPE_DEFINITION
      ? [...types.values()].filter((other) => interfacesOf(other).includes(type.name.value))
      : [];
  return [
    ...own.flatMap(namesIn),
    ...interfacesOf(type),
    ...implementing.map(({ name }) => name.value),
  ];
}

/** Whether a type is for whom its fields are for, each by itself: a root, or an entity. */
function isByField(type: TypeDefinitionNode): boolean {
  const isEntity = type.directives?.some(({ name }) => name.value === 'key') ?? false;
  return isEntity || ROOTS.includes(type.name.value);
}

/** A type for whom its fields are for: with their arguments, and its key for these audiences. */
function withParts(type: TypeDefinitionNode, audiences: readonly string[]): TypeDefinitionNode {
  if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) return type;
  const isEntity = !ROOTS.includes(type.name.value);
  const fields = type.fields?.map((field) => {
    if (isEntity && field.name.value === 'id') return tagged(field, audiences);
    const own = AUDIENCES.filter((audience) => hasTag(field, audience));
    return { ...field, arguments: field.arguments?.map((argument) => tagged(argument, own)) };
  });
  return { ...type, fields };
}

function tagged<Node extends Tagged>(node: Node, audiences: readonly string[]): Node {
  const missing = audiences.filter((audience) => !hasTag(node, audience));
  return missing.length === 0
    ? node
    : { ...node, directives: [...(node.directives ?? []), ...missing.map(tag)] };
}

function tag(audience: string): ConstDirectiveNode {
  const named = (value: string) => ({ kind: Kind.NAME, value }) as const;
  const value = { kind: Kind.STRING, value: audience } as const;
  const argument = { kind: Kind.ARGUMENT, name: named('name'), value } as const;
  return { kind: Kind.DIRECTIVE, name: named('tag'), arguments: [argument] };
}

function hasTag({ directives = [] }: Tagged, name: string): boolean {
  return directives.some(
    (directive) =>
      directive.name.value === 'tag' &&
      directive.arguments?.some(({ value }) => 'value' in value && value.value === name),
  );
}

function fieldsOf(
  type: TypeDefinitionNode,
): readonly (FieldDefinitionNode | InputValueDefinitionNode)[] {
  return 'fields' in type ? (type.fields ?? []) : [];
}

function interfacesOf(type: TypeDefinitionNode): readonly string[] {
  return 'interfaces' in type ? (type.interfaces ?? []).map(({ name }) => name.value) : [];
}

/** The types that a field names: its own, and its arguments'. */
function namesIn(field: FieldDefinitionNode | InputValueDefinitionNode): readonly string[] {
  const args = 'arguments' in field ? (field.arguments ?? []) : [];
  return [named(field.type), ...args.map(({ type }) => named(type))];
}

function named(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : named(type.type);
}
