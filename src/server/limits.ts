import {
  type ASTVisitor,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  type TypeNode,
  type ValidationRule,
  visit,
} from 'graphql';
import type { ErrorCode } from '../kernel/error-codes';
import { RequestError } from '../kernel/errors';

/** A bound on what a caller may ask. */
interface Limit {
  readonly most: number;
  /** What exceeding it is answered with: an error's code, a socket's close code. */
  readonly code: ErrorCode | number;
  /** What is counted, after "at most <most>". */
  readonly of: string;
}

/** Every bound that is no setting; docs/errors.md shows this table. */
export const LIMITS = {
  bodyBytes: { most: 1_048_576, code: 'BODY_TOO_LARGE', of: 'bytes in an HTTP body' },
  tokens: { most: 2_000, code: 'TOO_MANY_TOKENS', of: 'tokens in a document' },
  depth: { most: 14, code: 'TOO_DEEP', of: 'levels of fields in an operation' },
  aliases: { most: 30, code: 'TOO_MANY_ALIASES', of: 'aliases in a document' },
  directives: { most: 50, code: 'TOO_MANY_DIRECTIVES', of: 'directives in a document' },
  operations: { most: 10, code: 'TOO_MANY_OPERATIONS', of: 'operations in a document' },
  mutations: { most: 1, code: 'TOO_MANY_MUTATIONS', of: 'command in an operation' },
  listItems: { most: 100, code: 'LIST_TOO_LONG', of: 'items in a list of an argument or variable' },
  representations: {
    most: 1_000,
    code: 'TOO_MANY_REPRESENTATIONS',
    of: 'representations in an operation',
  },
  cost: { most: 10_000, code: 'TOO_COSTLY', of: 'units of cost in an operation' },
  subscriptionsOfSocket: {
    ...{ most: 100, code: 'TOO_MANY_SUBSCRIPTIONS', of: 'subscriptions on a socket' },
  },
  subscriptionsOfCustomer: {
    most: 200,
    code: 'TOO_MANY_SUBSCRIPTIONS',
    of: 'subscriptions of a customer, sockets and callbacks together',
  },
  subscriptions: { most: 50_000, code: 'UNAVAILABLE', of: 'subscriptions of a process' },
  socketsOfCustomer: { most: 50, code: 4429, of: 'sockets of a customer' },
  sockets: { most: 20_000, code: 503, of: 'sockets of a process' },
  messageBytes: { most: 65_536, code: 1009, of: 'bytes in a message to a socket' },
  messageFragments: { most: 16, code: 1008, of: 'fragments of a message to a socket' },
  unreadBytes: {
    most: 1_048_576,
    code: 1006,
    of: 'bytes not read by a client that goes on sending',
  },
  // Each may hold a connection of the pool while it reads on: the rest are for who asks questions.
  exportsOfSubject: { most: 2, code: 'RATE_LIMITED', of: 'exports of a subject at a time' },
  exports: { most: 4, code: 'UNAVAILABLE', of: 'exports of a process at a time' },
  messages: { most: 600, code: 4429, of: 'messages and pings to a socket in a minute' },
} as const satisfies Record<string, Limit>;

/** Refuses documents that are too deep or too crowded, and operations with more than one command. */
export const DOCUMENT_RULES: readonly ValidationRule[] = [depthRule, countRule, oneCommandRule];

/** Depth of fields, fragments included. Introspection is not counted: it leads to no data, and has a rule of its own. */
function depthRule(context: Parameters<ValidationRule>[0]): ASTVisitor {
  const fragments = new FragmentMemo<number>(0, ({ selectionSet }) => depthOf(selectionSet));
  const depthOf = (selectionSet: SelectionSetNode): number => {
    const depths = selectionSet.selections.map((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        return fragments.get(context.getFragment(selection.name.value));
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) return depthOf(selection.selectionSet);
      if (selection.name.value.startsWith('__')) return 0;
      return 1 + (selection.selectionSet ? depthOf(selection.selectionSet) : 0);
    });
    return Math.max(0, ...depths);
  };
  return {
    OperationDefinition(operation) {
      const depth = depthOf(operation.selectionSet);
      if (depth > LIMITS.depth.most) context.reportError(exceeded(LIMITS.depth, depth, operation));
    },
  };
}

/** Counts what a document consists of, wherever it stands. */
function countRule(context: Parameters<ValidationRule>[0]): ASTVisitor {
  const counted = { aliases: 0, directives: 0, operations: 0, listItems: 0 };
  return {
    Field({ alias }) {
      if (alias) counted.aliases += 1;
    },
    Directive() {
      counted.directives += 1;
    },
    OperationDefinition() {
      counted.operations += 1;
    },
    ListValue({ values }) {
      counted.listItems = Math.max(counted.listItems, values.length);
    },
    Document: {
      leave() {
        for (const [name, count] of Object.entries(counted)) {
          const limit = LIMITS[name as keyof typeof counted];
          if (count > limit.most) context.reportError(exceeded(limit, count));
        }
      },
    },
  };
}

/**
 * One command for each operation: every command is a transaction with a key of its own, and a page of hundreds
 * under aliases would be a way to try codes or to empty an account in one go.
 */
function oneCommandRule(context: Parameters<ValidationRule>[0]): ASTVisitor {
  const fragments = new FragmentMemo<number>(0, ({ selectionSet }) => fieldsOf(selectionSet));
  const fieldsOf = (selectionSet: SelectionSetNode): number =>
    selectionSet.selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        return sum + fragments.get(context.getFragment(selection.name.value));
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) return sum + fieldsOf(selection.selectionSet);
      return sum + (selection.name.value.startsWith('__') ? 0 : 1);
    }, 0);
  return {
    OperationDefinition(operation) {
      if (operation.operation !== OperationTypeNode.MUTATION) return;
      const count = fieldsOf(operation.selectionSet);
      if (count > LIMITS.mutations.most) {
        context.reportError(exceeded(LIMITS.mutations, count, operation));
      }
    },
  };
}

/** What a fragment comes to, worked out once: a chain of fragments that double would take for ever. */
export class FragmentMemo<T> {
  private readonly known = new Map<string, T>();

  /** `none` for a fragment that is missing or part of a cycle; another rule refuses those. */
  constructor(
    private readonly none: T,
    private readonly compute: (fragment: FragmentDefinitionNode) => T,
  ) {}

  get(fragment: FragmentDefinitionNode | null | undefined): T {
    if (!fragment) return this.none;
    const name = fragment.name.value;
    const known = this.known.get(name);
    if (known !== undefined) return known;
    this.known.set(name, this.none);
    const computed = this.compute(fragment);
    this.known.set(name, computed);
    return computed;
  }
}

/**
 * Throws RequestError TOO_MANY_REPRESENTATIONS or LIST_TOO_LONG where a variable holds a list that is too long,
 * however deep inside. What no validation rule sees: rules see the document, never the variables.
 */
export function checkVariables(
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  let representations = 0;
  const rest: object[] = [];
  const look = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) rest.push(value);
  };
  for (const { variable, type } of variableDefinitions) {
    const value = variables[variable.name.value];
    if (Array.isArray(value) && namedType(type) === '_Any') {
      representations += value.length;
      if (representations > LIMITS.representations.most) continue;
      for (const representation of value) look(representation);
    } else {
      look(value);
    }
  }
  if (representations > LIMITS.representations.most) {
    throw tooMany(LIMITS.representations, representations);
  }
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    if (Array.isArray(value) && value.length > LIMITS.listItems.most) {
      throw tooMany(LIMITS.listItems, value.length);
    }
    // Member by member: a list of them would have to be made of every representation.
    for (const name in value) look(value[name as keyof typeof value]);
  }
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

/** The refusal of a request that exceeds a limit, and says by how much; `retryAfter` is in seconds. */
export function tooMany(
  limit: Limit & { readonly code: ErrorCode },
  count: number,
  retryAfter: number | null = null,
): RequestError {
  return new RequestError(limit.code, sentence(limit, count), retryAfter);
}

function exceeded(limit: Limit, count: number, node?: OperationDefinitionNode): GraphQLError {
  const message = sentence(limit, count);
  return new GraphQLError(message, { nodes: node, extensions: { code: limit.code } });
}

function sentence({ most, of }: Limit, count: number): string {
  return `At most ${most} ${of}; here are ${count}.`;
}

const SCHEMA_FIELDS = new Set(['__schema', '__type', '_service']);

/** Whether a document asks for the schema: by introspection or as SDL. */
export function asksForSchema(document: DocumentNode): boolean {
  let asks = false;
  visit(document, {
    Field(field) {
      asks ||= SCHEMA_FIELDS.has(field.name.value);
    },
  });
  return asks;
}
