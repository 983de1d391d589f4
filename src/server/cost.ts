import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import { PAGE_MAX } from '../kernel/pagination';
import { checkVariables, FragmentMemo, LIMITS, tooMany } from './limits';

/** The size taken for a list of which the schema says nothing; a test keeps such lists out of ours. */
const UNKNOWN_SIZE = PAGE_MAX;

/** What the schema says a field costs: `@cost` and `@listSize`. */
interface Rule {
  /** Of the field itself, for each time it is answered. */
  readonly weight: number;
  readonly isList: boolean;
  readonly assumedSize: number | null;
  /** Arguments that limit the list. */
  readonly slicing: readonly string[];
  /** Lists inside what the field answers that are limited in its place: `nodes` of a connection. */
  readonly sizedFields: readonly string[];
}

/** The size that a field gives to lists inside what it answers. */
interface Sized {
  readonly fields: readonly string[];
  readonly size: number;
}

/**
 * Checks what only the values of variables decide, after validation and before anything runs. Throws RequestError
 * LIST_TOO_LONG, TOO_MANY_REPRESENTATIONS or TOO_COSTLY.
 */
export function checkOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  checkVariables(operation, variables);
  const cost = costOf(schema, document, operation, variables);
  if (cost > LIMITS.cost.most) throw tooMany(LIMITS.cost, cost);
}

const rules = new WeakMap<GraphQLField<unknown, unknown>, Rule>();

/**
 * What an operation may cost at most, by the arithmetic of routers (IBM's cost directives, static): a field that
 * answers an object costs 1, one that answers a plain value nothing, unless `@cost` says otherwise; a list costs its
 * items as often as `@listSize` says it has any, which may stand in a variable. Of a valid operation; introspection
 * is free.
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const known = estimates.get(operation);
  const sizes = known && sizesIn(known.sizedBy, variables);
  const cost = known?.costs.get(sizes ?? '');
  return cost ?? estimate(schema, document, operation, variables);
}

/** What was worked out of an operation. */
interface Estimates {
  /** Variables in which sizes of lists stand; the same ones whatever they hold. */
  readonly sizedBy: readonly string[];
  /** The cost by the sizes that these variables hold. */
  readonly costs: Map<string, number>;
}

/** Documents are kept for as long as they are asked, and so is this. */
const estimates = new WeakMap<OperationDefinitionNode, Estimates>();
/** The most costs kept of an operation: lists of every length that is asked for. */
const COSTS_MAX = 200;

function estimate(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const root = schema.getRootType(operation.operation);
  if (!root) return 0;
  const walk = new Estimate(schema, document, operation, variables);
  const cost = walk.of(operation.selectionSet, root);
  const known = estimates.get(operation) ?? { sizedBy: [...walk.sizedBy], costs: new Map() };
  if (known.costs.size < COSTS_MAX) known.costs.set(sizesIn(known.sizedBy, variables), cost);
  estimates.set(operation, known);
  return cost;
}

/** All that an estimate may see of variables: how long their lists are, or which numbers they hold. */
function sizesIn(names: readonly string[], variables: Readonly<Record<string, unknown>>): string {
  let sizes = '';
  for (const name of names) {
    const value = variables[name] ?? null;
    if (Array.isArray(value)) sizes += `[${value.length}]`;
    else sizes += typeof value === 'number' ? ` ${value}` : value === null ? '-' : '?';
  }
  return sizes;
}

class Estimate {
  /** The variables looked at. */
  readonly sizedBy = new Set<string>();
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  /** By the sizes that the field around a fragment gives to the lists in it. */
  private readonly memos = new Map<string, FragmentMemo<number>>();

  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
    private readonly operation: OperationDefinitionNode,
    private readonly variables: Readonly<Record<string, unknown>>,
  ) {
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue;
      this.fragments.set(definition.name.value, definition);
    }
  }

  of(selectionSet: SelectionSetNode, parent: GraphQLCompositeType, sized: Sized | null = null) {
    let cost = 0;
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        cost += this.ofField(selection, parent, sized);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const type = this.composite(selection.typeCondition?.name.value) ?? parent;
        cost += this.of(selection.selectionSet, type, sized);
      } else {
        cost += this.ofFragment(selection.name.value, sized);
      }
    }
    return cost;
  }

  private ofFragment(name: string, sized: Sized | null): number {
    const key = sized ? `${sized.size} ${sized.fields.join()}` : '';
    let memo = this.memos.get(key);
    if (!memo) {
      memo = new FragmentMemo<number>(0, ({ typeCondition, selectionSet }) => {
        const type = this.composite(typeCondition.name.value);
        return type ? this.of(selectionSet, type, sized) : 0;
      });
      this.memos.set(key, memo);
    }
    return memo.get(this.fragments.get(name));
  }

  private ofField(node: FieldNode, parent: GraphQLCompositeType, sized: Sized | null): number {
    const hasFields = isObjectType(parent) || isInterfaceType(parent);
    const field = hasFields ? parent.getFields()[node.name.value] : undefined;
    if (!field || node.name.value.startsWith('__')) return 0;
    const rule = ruleOf(field);
    const type = getNamedType(field.type);
    const size = this.sizeOf(node, field, rule);
    const inside: Sized = { fields: rule.sizedFields, size };
    const inner =
      node.selectionSet && isCompositeType(type)
        ? this.of(node.selectionSet, type, rule.sizedFields.length > 0 ? inside : null)
        : 0;
    const count = rule.isList ? (sized?.fields.includes(field.name) ? sized.size : size) : 1;
    return count * (rule.weight + inner);
  }

  private sizeOf(node: FieldNode, field: GraphQLField<unknown, unknown>, rule: Rule): number {
    const named = rule.slicing.flatMap((name) => {
      const value = this.argument(node, field, name);
      if (Array.isArray(value)) return [value.length];
      return typeof value === 'number' && value >= 0 ? [Math.min(value, PAGE_MAX)] : [];
    });
    return named.length > 0 ? Math.max(...named) : (rule.assumedSize ?? UNKNOWN_SIZE);
  }

  /** An argument's value as far as a size stands in it: what is malformed is refused elsewhere. */
  private argument(node: FieldNode, field: GraphQLField<unknown, unknown>, name: string): unknown {
    const given = node.arguments?.find((argument) => argument.name.value === name)?.value;
    const preset = field.args.find((argument) => argument.name === name)?.defaultValue;
    if (!given) return preset;
    if (given.kind !== Kind.VARIABLE) return valueFromASTUntyped(given) ?? preset;
    const variable = given.name.value;
    this.sizedBy.add(variable);
    const definition = this.operation.variableDefinitions?.find(
      (candidate) => candidate.variable.name.value === variable,
    );
    const fallback = definition?.defaultValue && valueFromASTUntyped(definition.defaultValue);
    return this.variables[variable] ?? fallback ?? preset;
  }

  private composite(name: string | undefined): GraphQLCompositeType | null {
    const type = name === undefined ? undefined : this.schema.getType(name);
    return type && isCompositeType(type) ? type : null;
  }
}

function ruleOf(field: GraphQLField<unknown, unknown>): Rule {
  const known = rules.get(field);
  if (known) return known;
  const directives = field.astNode?.directives ?? [];
  const weight = argumentOf(directives, 'cost', 'weight');
  const assumedSize = argumentOf(directives, 'listSize', 'assumedSize');
  const rule: Rule = {
    weight: typeof weight === 'number' ? weight : isCompositeType(getNamedType(field.type)) ? 1 : 0,
    isList: isListType(getNullableType(field.type)),
    assumedSize: typeof assumedSize === 'number' ? assumedSize : null,
    slicing:
      field.name === '_entities'
        ? ['representations']
        : names(argumentOf(directives, 'listSize', 'slicingArguments')),
    sizedFields: names(argumentOf(directives, 'listSize', 'sizedFields')),
  };
  rules.set(field, rule);
  return rule;
}

function argumentOf(directives: readonly ConstDirectiveNode[], name: string, argument: string) {
  const directive = directives.find((candidate) => candidate.name.value === name);
  const node: ConstValueNode | undefined = directive?.arguments?.find(
    (candidate) => candidate.name.value === argument,
  )?.value;
  const value: unknown = node && valueFromASTUntyped(node);
  return value;
}

function names(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
}
