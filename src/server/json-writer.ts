import {
  defaultFieldResolver,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { collectSubfields } from 'graphql/execution/collectFields';

/** Text of a value's JSON, or `BAIL`. */
type Write = (value: unknown) => string;

/**
 * Thrown by a writer that meets anything unusual: what it is, and what becomes of it, is for graphql-js to say. One for
 * all: who catches it looks at nothing of it.
 */
export const BAIL = new Error('This is for graphql-js to answer');

/** What a selection is written for. */
export interface Selected {
  readonly schema: GraphQLSchema;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  /** Coerced; only those of @skip and @include are looked at. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * A function that writes the JSON of an object of `type`, with the fields selected below `nodes`, as graphql-js and
 * JSON.stringify would; null where one of these fields is more than a property: has a resolver, arguments, or a type
 * that has to be found out. The function throws (`BAIL`, or what a property or a scalar throws) wherever the value is an
 * error, a promise, of the wrong kind, or null where none may be: then nothing of the text counts.
 */
export function objectWriter(
  selected: Selected,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
): Write | null {
  if (type.isTypeOf) return null;
  const { schema, fragments, variables } = selected;
  const parts: { readonly name: string; readonly lead: string; readonly write: Write }[] = [];
  // What stands between two values is the same in every object.
  let lead = '{';
  let separator = '';
  for (const [key, same] of collectSubfields(schema, fragments, variables, type, nodes)) {
    const name = same[0]!.name.value;
    lead += `${separator}${JSON.stringify(key)}:`;
    separator = ',';
    if (name === '__typename') {
      lead += JSON.stringify(type.name);
      continue;
    }
    const field = type.getFields()[name];
    const write = field && isPlain(field) ? valueWriter(selected, field.type, same) : null;
    if (!write) return null;
    parts.push({ name, lead, write });
    lead = '';
  }
  const end = `${lead}}`;
  return (value) => {
    if (!isPlainObject(value)) throw BAIL;
    let text = '';
    for (const { name, lead: before, write } of parts) text += before + write(value[name]);
    return text + end;
  };
}

function isPlain({ resolve, args }: GraphQLField<unknown, unknown>): boolean {
  return args.length === 0 && (resolve === undefined || resolve === defaultFieldResolver);
}

function valueWriter(
  selected: Selected,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
): Write | null {
  if (isNonNullType(type)) {
    const write = presentWriter(selected, type.ofType, nodes);
    return write && ((value) => (value === null || value === undefined ? bail() : write(value)));
  }
  const write = presentWriter(selected, type, nodes);
  return write && ((value) => (value === null || value === undefined ? 'null' : write(value)));
}

/** Writes what is not null. */
function presentWriter(
  selected: Selected,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
): Write | null {
  if (isLeafType(type)) return leafWriter(type);
  if (isListType(type)) {
    const write = valueWriter(selected, type.ofType, nodes);
    return write && ((list) => writeList(list, write));
  }
  return isObjectType(type) ? objectWriter(selected, type, nodes) : null;
}

function writeList(list: unknown, write: Write): string {
  if (!Array.isArray(list)) throw BAIL;
  let text = '[';
  for (let i = 0; i < list.length; i += 1) text += i === 0 ? write(list[i]) : `,${write(list[i])}`;
  return `${text}]`;
}

function leafWriter(type: GraphQLLeafType): Write {
  return (value) => {
    if (typeof value === 'function') throw BAIL;
    if (typeof value === 'object' && !isPlainObject(value)) throw BAIL;
    const leaf: unknown = type.serialize(value);
    if (typeof leaf === 'string') return quoted(leaf);
    return (leaf === null ? undefined : JSON.stringify(leaf)) ?? bail();
  };
}

function bail(): never {
  throw BAIL;
}

/** No error, no promise, nothing that is called to be read. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Error) &&
    typeof (value as { then?: unknown }).then !== 'function'
  );
}

/** Longer texts JSON.stringify checks faster than we do. */
const SHORT = 48;

/** Text as JSON. */
function quoted(text: string): string {
  if (text.length > SHORT) return JSON.stringify(text);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || unit >= 0xd800) {
      return JSON.stringify(text);
    }
  }
  return `"${text}"`;
}
