import {
  type ExecutionArgs,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getOperationAST,
  isObjectType,
  type OperationDefinitionNode,
} from 'graphql';
import { collectFields } from 'graphql/execution/collectFields';
import type { Asked } from '../federation/selection';
import type { RequestContext } from './context';
import { objectWriter, propertiesOf, type Write } from './json-writer';
import { fragmentsOf, switchesOf } from './written-operation';

/** The result of an event as JSON; null where it is for graphql-js to answer. */
export type WriteEvent = (
  args: ExecutionArgs,
  event: unknown,
  context: RequestContext,
) => Promise<string | null>;

/** A subscription of which nothing but plain fields is asked. */
interface Written {
  readonly asked: Asked;
  /** Text before the object that its field's resolver gives. */
  readonly lead: string;
  readonly resolve: GraphQLFieldResolver<unknown, RequestContext>;
  readonly write: Write;
}

/**
 * Writes events without graphql-js: its own resolver says what is shown of one, and that is written at once. A subscription
 * that asks for more than plain fields, an event that may not be seen, or anything else out of the ordinary is left to graphql-js.
 */
export function writeEvents(schema: GraphQLSchema): WriteEvent {
  const compile = compiler(schema);
  const known = new WeakMap<OperationDefinitionNode, Written | null>();
  return async ({ document, operationName }, event, context) => {
    const operation = getOperationAST(document, operationName);
    if (!operation) return null;
    let written = known.get(operation);
    if (written === undefined) {
      written = compile({ operation, fragments: fragmentsOf(document) }, switchesOf(document));
      known.set(operation, written);
    }
    if (!written) return null;
    const { asked, lead, resolve, write } = written;
    try {
      // The arguments said which events come; nothing of what is shown of one depends on them.
      const shown: unknown = await resolve(event, {}, context, asked as never);
      return `{"data":{${lead}${write(shown)}}}`;
    } catch {
      // Whatever it was: graphql-js meets it too, and knows how it is told.
      return null;
    }
  };
}

/** Looks at the schema before anything is answered: once a request is traced, every field has a resolver. */
function compiler(schema: GraphQLSchema) {
  const properties = propertiesOf(schema);
  const root = schema.getSubscriptionType();
  const fields = { ...root?.getFields() };
  const resolvers = new Map(Object.entries(fields).map(([name, { resolve }]) => [name, resolve]));
  return (asked: Asked, switches: readonly string[]): Written | null => {
    if (!root || switches.length > 0) return null;
    const { operation, fragments } = asked;
    const [first] = collectFields(schema, fragments, {}, root, operation.selectionSet);
    if (!first) return null;
    const [key, nodes] = first;
    const name = nodes[0]!.name.value;
    const resolve = resolvers.get(name);
    const type = fields[name]?.type;
    const shown = type && 'ofType' in type ? type.ofType : type;
    if (!resolve || !isObjectType(shown)) return null;
    const write = objectWriter({ schema, properties, fragments, variables: {} }, shown, nodes);
    return write && { asked, lead: `${JSON.stringify(key)}:`, resolve, write };
  };
}
