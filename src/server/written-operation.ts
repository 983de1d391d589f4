import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getVariableValues,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  print,
  visit,
} from 'graphql';
import { collectFields } from 'graphql/execution/collectFields';
import { objectWriter, type Properties } from './json-writer';

/** Variables of @skip and @include that a program may depend on: each doubles how many there are of it. */
const SWITCHES_MAX = 4;

type Variables = Readonly<Record<string, unknown>>;
type WriteEntity = (entity: unknown) => string;

/** One root field of an operation: `_entities`, under whichever name it is asked for. */
export interface WrittenRoot {
  /** Under which it stands in the answer. */
  readonly key: string;
  /** The variable with its representations. */
  readonly variable: string;
  /** What writes an entity of a type; null for one that it cannot write. */
  writerOf(typeName: string): WriteEntity | null;
}

/**
 * An operation that asks for nothing but entities, and can be written as JSON without graphql-js as far as their fields are plain.
 * Made once per operation of a document; `variables` as they were sent.
 */
export class WrittenOperation {
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  private readonly switches: readonly string[];
  /** Whether the one variable is a list of representations, which nothing coerces; what is in it is looked at anyway. */
  private readonly isOneList: boolean;
  private readonly variants = new Map<string, readonly WrittenRoot[] | null>();

  private constructor(
    private readonly schema: GraphQLSchema,
    private readonly properties: Properties,
    document: DocumentNode,
    readonly operation: OperationDefinitionNode,
  ) {
    this.fragments = fragmentsOf(document);
    this.switches = switchesOf(document);
    const [variable, ...others] = operation.variableDefinitions ?? [];
    const isList = variable !== undefined && print(variable.type) === '[_Any!]!';
    this.isOneList = isList && others.length === 0 && variable.defaultValue === undefined;
  }

  /** Null for an operation that is none of these. */
  static of(
    schema: GraphQLSchema,
    properties: Properties,
    document: DocumentNode,
    operation: OperationDefinitionNode,
  ): WrittenOperation | null {
    if (operation.operation !== OperationTypeNode.QUERY) return null;
    const written = new WrittenOperation(schema, properties, document, operation);
    return written.switches.length > SWITCHES_MAX ? null : written;
  }

  /** The variables as graphql-js coerces them; null where it would refuse them. */
  coerced(variables: Variables): Variables | null {
    if (this.isOneList) return variables;
    const { coerced } = getVariableValues(
      this.schema,
      this.operation.variableDefinitions ?? [],
      variables,
    );
    return coerced ?? null;
  }

  /** What is asked for with these (coerced) variables; null where that is more than entities. */
  roots(variables: Variables): readonly WrittenRoot[] | null {
    let variant = '';
    for (const name of this.switches) variant += variables[name] === true ? '1' : '0';
    let roots = this.variants.get(variant);
    if (roots === undefined) {
      roots = this.compile(variables);
      this.variants.set(variant, roots);
    }
    return roots;
  }

  private compile(variables: Variables): readonly WrittenRoot[] | null {
    const { schema, fragments, operation } = this;
    const type = schema.getQueryType();
    if (!type) return null;
    const fields = collectFields(schema, fragments, variables, type, operation.selectionSet);
    const roots: WrittenRoot[] = [];
    for (const [key, nodes] of fields) {
      const argument = nodes[0]!.arguments?.[0]?.value;
      const isEntities = nodes[0]!.name.value === '_entities';
      if (!isEntities || argument?.kind !== Kind.VARIABLE) return null;
      const writers = new Map<string, WriteEntity | null>();
      const writerOf = (typeName: string): WriteEntity | null => {
        let writer = writers.get(typeName);
        if (writer === undefined) {
          writer = this.entityWriter(typeName, nodes, variables);
          writers.set(typeName, writer);
        }
        return writer;
      };
      roots.push({ key, variable: argument.name.value, writerOf });
    }
    return roots.length > 0 ? roots : null;
  }

  private entityWriter(
    typeName: string,
    nodes: readonly FieldNode[],
    variables: Variables,
  ): WriteEntity | null {
    const { schema, properties, fragments } = this;
    const type = schema.getType(typeName);
    if (!isObjectType(type)) return null;
    return objectWriter({ schema, properties, fragments, variables }, type, nodes);
  }
}

/** By their names. */
export function fragmentsOf(
  document: DocumentNode,
): Readonly<Record<string, FragmentDefinitionNode>> {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments[definition.name.value] = definition;
    }
  }
  return fragments;
}

/** The variables that decide what is selected. */
export function switchesOf(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ arguments: given = [] }) {
      for (const { value } of given) {
        if (value.kind === Kind.VARIABLE) names.add(value.name.value);
      }
    },
  });
  return [...names];
}
