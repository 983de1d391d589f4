import { trace } from '@opentelemetry/api';
import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import type { Attempt, AuditLog } from '../audit/audit-log';
import { isAudited } from '../audit/audited-mutations';
import { kept, namedIds } from '../audit/named-ids';
import { actorName } from '../auth/actor';
import { type ErrorCode, isErrorCode } from '../kernel/error-codes';
import { RequestError } from '../kernel/errors';
import type { Metrics } from '../operations/metrics';
import { belongsTo } from '../operations/request-of';
import { isTracing } from '../operations/tracing';
import type { Caller } from './context';
import type { Watcher } from './watcher';

/** Codes of being turned away: these are written to the audit log. */
const DENIALS = new Set<unknown>(['UNAUTHENTICATED', 'FORBIDDEN']);
/** The most denials of one answer that are written down apart: an answer of a thousand entities may hold a thousand. */
const DENIALS_MAX = 20;

/** What of the app counts and records. */
interface Watched {
  readonly metrics: Metrics;
  readonly audit: AuditLog;
}

/** What of an operation is looked at when it was denied. */
interface AskedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Counts and names every operation over HTTP, and writes denials to the audit log. */
export function watchOperations(app: Watched): Watcher {
  return () => {
    const stop = app.metrics.operations.startTimer();
    let asked: AskedOperation | null = null;
    return {
      didResolveOperation: ({ schema, document, operation, request }) => {
        if (!operation) return;
        asked = { schema, document, operation, variables: request.variables ?? {} };
        if (!isTracing()) return;
        trace.getActiveSpan()?.updateName(`${operation.operation} ${labelOf(asked)}`);
      },
      didEncounterErrors: ({ errors, contextValue }) => {
        for (const error of errors) belongsTo(error, contextValue);
        recordDenials(app.audit, contextValue, asked, errors);
      },
      willSendResponse: ({ response: { body } }) => {
        const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
        for (const { extensions } of errors) {
          app.metrics.errors.inc({ code: String(extensions?.code) });
        }
        stop({ operation: asked ? labelOf(asked) : 'other' });
      },
    };
  };
}

/** Told of what fails on a socket, where Apollo Server's plugins do not run. */
export interface SubscriptionWatch {
  /** A subscription failed, or an event of one. */
  failed(
    caller: Caller,
    asked: {
      readonly query: string;
      readonly variables?: Readonly<Record<string, unknown>> | null;
    },
    errors: readonly GraphQLError[],
  ): void;
  /** A connection was not let in. */
  turnedAway(caller: Caller, code: ErrorCode): void;
}

/** Counts what fails on sockets, and writes denials to the audit log. */
export function watchSubscriptions(app: Watched, schema: GraphQLSchema): SubscriptionWatch {
  return {
    failed: (caller, { query, variables }, errors) => {
      for (const error of errors) {
        belongsTo(error, caller);
        const code = codeOf(error);
        app.metrics.errors.inc({ code: isErrorCode(code) ? code : 'INTERNAL_SERVER_ERROR' });
      }
      if (!errors.some(isDenial)) return;
      const document = parse(query);
      const operation = getOperationAST(document);
      const asked = operation && { schema, document, operation, variables: variables ?? {} };
      recordDenials(app.audit, caller, asked ?? null, errors);
    },
    turnedAway: ({ actor, requestId }, code) => {
      app.metrics.errors.inc({ code });
      if (!DENIALS.has(code)) return;
      const attempt = { actor: actorName(actor), operation: 'request', ids: {}, requestId };
      app.audit.denied(attempt, code);
    },
  };
}

/** Writes down which of the errors mean that the caller was turned away. */
function recordDenials(
  audit: AuditLog,
  { actor, requestId }: Pick<Caller, 'actor' | 'requestId'>,
  asked: AskedOperation | null,
  errors: readonly GraphQLError[],
): void {
  const denials = errors.filter(isDenial).slice(0, DENIALS_MAX);
  for (const error of denials) {
    // What the desk and services ask of mutations is written down whatever comes of it.
    const isRecorded =
      asked?.operation.operation === OperationTypeNode.MUTATION && isAudited(actor);
    if (isRecorded && error.path?.length === 1) continue;
    const attempt = { ...attemptOf(asked, error), actor: actorName(actor), requestId };
    audit.denied(attempt, String(codeOf(error)));
  }
}

function attemptOf(
  asked: AskedOperation | null,
  { path = [] }: GraphQLError,
): Pick<Attempt, 'operation' | 'ids'> {
  const [key, index] = path;
  const field = asked && rootFields(asked).find(({ name, alias }) => (alias ?? name).value === key);
  if (!asked || !field) return { operation: 'request', ids: {} };
  const { schema, operation, variables } = asked;
  const name = field.name.value;
  const definition = schema.getRootType(operation.operation)?.getFields()[name];
  const read = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  if (!definition || !read.coerced) return { operation: name, ids: {} };
  const values = getArgumentValues(definition, field, read.coerced);
  const entity: unknown = Object(values.representations)[Number(index)];
  if (entity !== undefined) return { operation: name, ids: entityIds(entity) };
  return { operation: name, ids: namedIds(definition.args, values) };
}

/** A router's representation names a customer or an order by `id`. */
function entityIds(entity: unknown): Record<string, string> {
  const { __typename, id } = Object(entity) as { __typename?: unknown; id?: unknown };
  if (typeof id !== 'string') return {};
  return { [__typename === 'Customer' ? 'customerId' : 'orderId']: kept(id) };
}

function isDenial(error: GraphQLError): boolean {
  return DENIALS.has(codeOf(error));
}

function codeOf(error: GraphQLError): unknown {
  let cause: unknown = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause instanceof RequestError ? cause.code : error.extensions.code;
}

const labels = new WeakMap<OperationDefinitionNode, string>();

/** What an operation is counted under: the one field of Query or Mutation that it asks for, or `several`. */
function labelOf(asked: AskedOperation): string {
  const known = labels.get(asked.operation);
  if (known !== undefined) return known;
  const names = new Set(rootFields(asked).map(({ name }) => name.value));
  const [first = 'other', second] = names;
  const label = second !== undefined ? 'several' : first.startsWith('__') ? 'introspection' : first;
  labels.set(asked.operation, label);
  return label;
}

/** The fields that an operation asks of the root, those in fragments included. */
function rootFields({ document, operation }: AskedOperation): FieldNode[] {
  const seen = new Set<string>();
  const within = ({ selections }: SelectionSetNode): FieldNode[] =>
    selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) return within(selection.selectionSet);
      // Once each: fragments may be spread in others twice over, many levels deep.
      if (seen.has(selection.name.value)) return [];
      seen.add(selection.name.value);
      const spread = document.definitions.find(
        (it) => it.kind === Kind.FRAGMENT_DEFINITION && it.name.value === selection.name.value,
      );
      return spread?.kind === Kind.FRAGMENT_DEFINITION ? within(spread.selectionSet) : [];
    });
  return within(operation.selectionSet);
}
