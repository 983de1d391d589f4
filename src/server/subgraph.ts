import { buildSubgraphSchema } from '@apollo/subgraph';
import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper';
import { getDocumentNodeFromSchema } from '@graphql-tools/utils';
import {
  type ASTVisitor,
  type ConstDirectiveNode,
  concatAST,
  type DocumentNode,
  type GraphQLDirective,
  type GraphQLSchema,
  isEnumType,
  isObjectType,
  isScalarType,
  isUnionType,
  Kind,
  parse,
  print as printDocument,
  visit,
} from 'graphql';
import {
  type BuildSchemaOptions,
  buildSchemaSync,
  createResolversMap,
  type PubSub,
} from 'type-graphql';
import { invariant } from '../kernel/errors';
import { tagReached } from './audiences';
import { entitiesResolver, entityTypeName, type HasKey, type References } from './entities';

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
  /** The version of the federation that is linked: unless said otherwise 2.9, the newest that every composer accepts. */
  readonly federation?: string;
  /** What else stands on the schema: links, composed directives. */
  readonly links?: string;
  /** Directives of its own. */
  readonly definitions?: readonly GraphQLDirective[];
  /** Whether a representation has a key: unless said otherwise, an `id` of ours. */
  readonly hasKey?: HasKey;
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

const FEDERATION = '2.9';
/** Imported where they are used. */
const IMPORTS = [
  ...['@key', '@external', '@requires', '@provides', '@shareable', '@override', '@interfaceObject'],
  ...['@composeDirective', '@inaccessible', '@tag', '@authenticated', '@requiresScopes'],
  ...['@cost', '@listSize'],
];

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

/** Builds the executable subgraph and its SDL from classes. */
export function buildSubgraph<Context>(graph: Graph<Context>): Subgraph {
  const classes = decoratedClasses(graph, { security: true });
  const written = write(classes, graph);
  const resolvers = createResolversMap(classes) as GraphQLResolverMap<Context>;
  const ours = { _entities: entitiesResolver(graph.references, graph.hasKey) };
  resolvers.Query = Object.assign({}, resolvers.Query, ours);
  resolvers._Entity = { __resolveType: entityTypeName };
  // The list form is the one that newer versions of the library take too.
  const typeDefs = concatAST([parse(written.link), written.types]);
  const schema = buildSubgraphSchema([{ typeDefs, resolvers }]);
  keepExtensions(classes, schema);
  return {
    schema,
    // A service never asks: what it tells routers is the library's.
    get sdl() {
      return print(written);
    },
  };
}

/** What fields carry besides their SDL and their resolvers. */
function keepExtensions(from: GraphQLSchema, to: GraphQLSchema): void {
  for (const type of Object.values(to.getTypeMap())) {
    const classType = from.getType(type.name);
    if (!isObjectType(type) || !isObjectType(classType)) continue;
    for (const field of Object.values(type.getFields())) {
      const { extensions } = classType.getFields()[field.name] ?? {};
      if (extensions) Object.assign(field.extensions, extensions);
    }
  }
}

/** The SDL alone, with or without its guards. */
export function printSubgraph<Context>(graph: Graph<Context>, printing: Printing): string {
  return print(write(decoratedClasses(graph, printing), graph));
}

function decoratedClasses<Context>(graph: Graph<Context>, { security }: Printing): GraphQLSchema {
  const classes = buildSchemaSync({
    resolvers: graph.resolvers,
    orphanedTypes: graph.orphanedTypes,
    validate: false,
    pubSub: NO_TOPICS,
    directives: [...(graph.definitions ?? [])],
    skipCheck: true,
  });
  for (const [name, text] of Object.entries(graph.directives ?? {})) decorate(classes, name, text);
  if (!security) return classes;
  for (const [name, text] of Object.entries(graph.guards ?? {})) guard(classes, name, text);
  return classes;
}

/** A subgraph as a document: printing one only to parse it again would cost a start a tenth of its time. */
interface Written {
  readonly link: string;
  readonly types: DocumentNode;
}

function write(schema: GraphQLSchema, graph: Pick<Graph<never>, 'federation' | 'links'>): Written {
  const { federation = FEDERATION, links = '' } = graph;
  const types = tagReached(getDocumentNodeFromSchema(schema));
  const used = new Set<string>();
  const collect: ASTVisitor = { Directive: ({ name }) => void used.add(`@${name.value}`) };
  visit(types, collect);
  visit(parse(`extend schema @link ${links}`), collect);
  const imports = IMPORTS.filter((name) => used.has(name)).map((name) => `"${name}"`);
  const link = `extend schema
  @link(
    url: "https://specs.apollo.dev/federation/v${federation}"
    import: [${imports.join(', ')}]
  )${links === '' ? '' : `\n  ${links}`}`;
  return { link, types };
}

function print({ link, types }: Written): string {
  return `${link}\n\n${printDocument(types)}\n`;
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
