import { printSchemaWithDirectives } from '@graphql-tools/utils';
import {
  type ConstDirectiveNode,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  isEnumType,
  isObjectType,
  isScalarType,
  isUnionType,
  Kind,
  parse,
} from 'graphql';
import { type BuildSchemaOptions, buildSchemaSync, type PubSub } from 'type-graphql';
import { invariant } from '../kernel/errors';
import { entitiesResolver, entityTypeName, type References } from './entities';

/** What the schema is made of: the type-graphql classes and how entities are found by key. */
export interface Graph<Context> {
  readonly resolvers: BuildSchemaOptions['resolvers'];
  /** Types no root field leads to; entities above all, which would vanish without a word. */
  readonly orphanedTypes: NonNullable<BuildSchemaOptions['orphanedTypes']>;
  readonly references: References<Context>;
  /** Directives of enums, their values, unions and scalars by name (`XPointsLotState`, `XPointsLotState.OPEN`). */
  readonly directives?: Readonly<Record<string, string>>;
  /** Directives by which a router guards fields, by name (`Customer.xPoints`): `@authenticated`, `@requiresScopes`. */
  readonly guards?: Readonly<Record<string, string>>;
}

export interface Subgraph {
  readonly schema: GraphQLSchema;
  readonly sdl: string;
}

/** How a subgraph is printed. */
export interface Printing {
  /** Whether with its guards. Apollo Gateway refuses to start on a supergraph that has any. */
  readonly security: boolean;
}

const IMPORTS = ['@key', '@external', '@requires', '@shareable', '@inaccessible', '@tag'];
const GUARDS = ['@authenticated', '@requiresScopes'];
const COSTS = ['@cost', '@listSize'];

/**
 * Every subscription has a source of its own (`subscribe`). Topics, which type-graphql insists on, would keep
 * events in one process and lose them behind a slow reader.
 */
const NO_TOPICS: PubSub = {
  publish: () => invariant(false, 'nothing is published by topic'),
  subscribe: () => {
    throw new Error('A subscription needs a source of its own: `subscribe`.');
  },
};

/**
 * Builds the executable subgraph from classes. It is what the classes say and the fields by which a router asks (`_service`,
 * `_entities`); the SDL is printed when somebody asks for it. A test compares it with what Apollo's library makes of the SDL,
 * which would print, parse and check all of it at every start.
 */
export function buildSubgraph<Context>(graph: Graph<Context>): Subgraph {
  const classes = decoratedClasses(graph, { security: true });
  let printed: string | undefined;
  const sdl = () => {
    printed ??= print(classes, { security: true });
    return printed;
  };
  const schema = withRouterFields(classes, graph.references, sdl);
  return {
    schema,
    get sdl() {
      return sdl();
    },
  };
}

/** The schema with what the specification of subgraphs adds to its queries. */
function withRouterFields<Context>(
  classes: GraphQLSchema,
  references: References<Context>,
  sdl: () => string,
): GraphQLSchema {
  const config = classes.toConfig();
  const query = config.query?.toConfig();
  invariant(query !== undefined, 'a subgraph answers queries');
  const entities = Object.keys(references).map((name) => {
    const type = classes.getType(name);
    invariant(isObjectType(type), `${name} is found by its key, so the schema has it`);
    return type;
  });
  const entity = new GraphQLUnionType({
    name: '_Entity',
    types: entities,
    resolveType: entityTypeName,
  });
  const any = new GraphQLScalarType({ name: '_Any' });
  const service = new GraphQLObjectType({
    name: '_Service',
    fields: { sdl: { type: GraphQLString, resolve: sdl } },
  });
  const listOfAny = new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(any)));
  const fields: typeof query.fields = {
    ...query.fields,
    _entities: {
      type: new GraphQLNonNull(new GraphQLList(entity)),
      args: { representations: { type: listOfAny } },
      resolve: entitiesResolver(references),
    },
    _service: { type: new GraphQLNonNull(service), resolve: () => ({}) },
  };
  return new GraphQLSchema({
    ...config,
    query: new GraphQLObjectType({ ...query, fields }),
    types: config.types.filter((type) => type !== config.query),
    // It is the same at every start: that it is valid is for a test to see.
    assumeValid: true,
  });
}

/** The SDL alone, with or without its guards. */
export function printSubgraph<Context>(graph: Graph<Context>, printing: Printing): string {
  return print(decoratedClasses(graph, printing), printing);
}

function decoratedClasses<Context>(graph: Graph<Context>, { security }: Printing): GraphQLSchema {
  const classes = buildSchemaSync({
    resolvers: graph.resolvers,
    orphanedTypes: graph.orphanedTypes,
    validate: false,
    pubSub: NO_TOPICS,
    skipCheck: true,
  });
  for (const [name, text] of Object.entries(graph.directives ?? {})) decorate(classes, name, text);
  if (!security) return classes;
  for (const [name, text] of Object.entries(graph.guards ?? {})) guard(classes, name, text);
  return classes;
}

/** Linked to version 2.9, the newest that every composer accepts. */
function print(schema: GraphQLSchema, { security }: Printing): string {
  const imports = [...IMPORTS, ...(security ? GUARDS : []), ...COSTS];
  const link = `extend schema
  @link(
    url: "https://specs.apollo.dev/federation/v2.9"
    import: [${imports.map((name) => `"${name}"`).join(', ')}]
  )`;
  return `${link}\n\n${printSchemaWithDirectives(schema)}\n`;
}

/** Puts a guard on a field, beside the directives that its class gives it. */
function guard(schema: GraphQLSchema, name: string, text: string): void {
  const [typeName = '', fieldName = ''] = name.split('.');
  const type = schema.getType(typeName);
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
  if (!field) throw new Error(`${name} has a guard, but the schema has no such field.`);
  // What is printed of a field's own node is its directives alone; the type is taken from the field.
  const node = parse(`type T { ${fieldName}: Any ${text} }`).definitions[0];
  const guarded = node?.kind === Kind.OBJECT_TYPE_DEFINITION ? node.fields?.[0] : undefined;
  invariant(guarded !== undefined, 'a field was parsed');
  const directives = [...(guarded.directives ?? []), ...(field.astNode?.directives ?? [])];
  field.astNode = { ...(field.astNode ?? guarded), directives };
}

/**
 * Puts directives on an enum, a union, a scalar or (`Enum.VALUE`) an enum's value, for which type-graphql
 * has no decorator: they are printed from the syntax node, which is made here.
 */
function decorate(schema: GraphQLSchema, name: string, text: string): void {
  const [typeName = '', valueName] = name.split('.');
  const type = schema.getType(typeName);
  const directives = constDirectives(text);
  const node = { name: { kind: Kind.NAME, value: valueName ?? typeName }, directives } as const;
  if (isEnumType(type) && valueName !== undefined) {
    const value = type.getValue(valueName);
    if (!value) throw new Error(`Directives for ${name}: no such value.`);
    value.astNode = { kind: Kind.ENUM_VALUE_DEFINITION, ...node };
  } else if (isEnumType(type)) {
    type.astNode = { kind: Kind.ENUM_TYPE_DEFINITION, ...node };
  } else if (isUnionType(type)) {
    type.astNode = { kind: Kind.UNION_TYPE_DEFINITION, ...node };
  } else if (isScalarType(type)) {
    type.astNode = { kind: Kind.SCALAR_TYPE_DEFINITION, ...node };
  } else {
    throw new Error(`Directives for ${name}: no such enum, union or scalar.`);
  }
}

function constDirectives(text: string): readonly ConstDirectiveNode[] {
  const definition = parse(`scalar Decorated ${text}`).definitions[0];
  return definition?.kind === Kind.SCALAR_TYPE_DEFINITION ? (definition.directives ?? []) : [];
}
