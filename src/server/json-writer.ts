import {
  defaultFieldResolver,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLBoolean,
  type GraphQLField,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLString,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { collectSubfields } from 'graphql/execution/collectFields';
import { PROPERTY_WITHOUT_ARGUMENTS } from '../federation/directives';

/** Text of a value's JSON. */
export type Write = (value: unknown) => string;

/** What a selection is written for. */
export interface Selected {
  readonly schema: GraphQLSchema;
  readonly properties: Properties;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  /** Coerced; only those of @skip and @include are looked at. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The fields that are read from their objects, and that is all. */
export type Properties = ReadonlySet<GraphQLField<unknown, unknown>>;

/**
 * The fields of a schema that have neither a resolver nor arguments, or are as good as that where none are given. Looked up before anything is answered: once a
 * request is traced, every field has a resolver.
 */
export function propertiesOf(schema: GraphQLSchema): Properties {
  const properties = new Set<GraphQLField<unknown, unknown>>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const isRead = field.resolve === undefined || field.resolve === defaultFieldResolver;
      const isPlain = isRead && field.args.length === 0;
      if (isPlain || field.extensions[PROPERTY_WITHOUT_ARGUMENTS] === true) properties.add(field);
    }
  }
  return properties;
}

/**
 * A function that writes the JSON of an object of `type`, with the fields selected below `nodes`, as graphql-js and
 * JSON.stringify would; null where one of these fields is more than a property: has a resolver, arguments, or a type
 * that has to be found out. The function throws wherever the value is an error, a promise, of the wrong kind, or null
 * where none may be: then nothing of the text counts, and the value is for graphql-js to answer.
 */
export function objectWriter(
  selected: Selected,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
): Write | null {
  return new Program(selected).of(type, nodes);
}

/**
 * JavaScript made of a selection: engines make it as fast as if it were written by hand, and the same walk with closures takes twice
 * the time. Of the caller's own text only names are in it, which the schema has too, and quoted keys.
 */
class Program {
  private readonly functions: string[] = [];
  private readonly leaves = new Map<GraphQLLeafType, string>();

  constructor(private readonly selected: Selected) {}

  of(type: GraphQLObjectType, nodes: readonly FieldNode[]): Write | null {
    const main = this.object(type, nodes);
    if (main === null) return null;
    const leaves = [...this.leaves].map(([leaf]) => leafWriter(leaf));
    const names = [...this.leaves.values()];
    const body = `"use strict"; ${this.functions.join('\n')} return ${main};`;
    return new Function('bail', 'isPlain', 'quoted', ...names, body)(
      bail,
      isPlain,
      quoted,
      ...leaves,
    );
  }

  /** The name of a function that writes an object. */
  private object(type: GraphQLObjectType, nodes: readonly FieldNode[]): string | null {
    if (type.isTypeOf) return null;
    const { schema, properties, fragments, variables } = this.selected;
    const reads: string[] = [];
    let text = '';
    // What stands between two values is the same in every object.
    let lead = '{';
    for (const [key, same] of collectSubfields(schema, fragments, variables, type, nodes)) {
      const name = same[0]!.name.value;
      lead += `${lead === '{' && text === '' ? '' : ','}${JSON.stringify(key)}:`;
      if (name === '__typename') {
        lead += JSON.stringify(type.name);
        continue;
      }
      const field = type.getFields()[name];
      const value = `v${reads.length}`;
      const isAsked = (same[0]!.arguments ?? []).length > 0;
      const isProperty = field !== undefined && !isAsked && properties.has(field);
      const written = isProperty ? this.value(field.type, same, value) : null;
      if (written === null) return null;
      reads.push(`const ${value} = o.${name};`);
      text += `${JSON.stringify(lead)} + ${written} + `;
      lead = '';
    }
    return this.define(
      'o',
      `if (!isPlain(o)) bail(); ${reads.join(' ')} return ${text}${JSON.stringify(`${lead}}`)};`,
    );
  }

  /** An expression that writes the variable `value`. */
  private value(
    type: GraphQLOutputType,
    nodes: readonly FieldNode[],
    value: string,
  ): string | null {
    const isNonNull = isNonNullType(type);
    const written = this.present(isNonNull ? type.ofType : type, nodes, value);
    if (written === null) return null;
    return `(${value} === null || ${value} === undefined ? ${isNonNull ? 'bail()' : "'null'"} : ${written})`;
  }

  private present(
    type: GraphQLOutputType,
    nodes: readonly FieldNode[],
    value: string,
  ): string | null {
    if (isLeafType(type)) return this.leaf(type, value);
    if (isListType(type)) {
      const item = this.value(type.ofType, nodes, 'item');
      if (item === null) return null;
      const each = `for (let i = 0; i < o.length; i += 1) { const item = o[i]; s += (i === 0 ? '' : ',') + ${item}; }`;
      return `${this.define('o', `if (!Array.isArray(o)) bail(); let s = '['; ${each} return s + ']';`)}(${value})`;
    }
    if (!isObjectType(type)) return null;
    const writer = this.object(type, nodes);
    return writer === null ? null : `${writer}(${value})`;
  }

  private leaf(type: GraphQLLeafType, value: string): string {
    let name = this.leaves.get(type);
    if (name === undefined) {
      name = `leaf${this.leaves.size}`;
      this.leaves.set(type, name);
    }
    const otherwise = `${name}(${value})`;
    if (type === GraphQLString || type === GraphQLID) {
      return `(typeof ${value} === 'string' ? quoted(${value}) : ${otherwise})`;
    }
    if (type === GraphQLInt) {
      return `(typeof ${value} === 'number' && (${value} | 0) === ${value} ? '' + ${value} : ${otherwise})`;
    }
    if (type === GraphQLBoolean) return `(${value} === true ? 'true' : ${otherwise})`;
    return otherwise;
  }

  private define(parameter: string, body: string): string {
    const name = `write${this.functions.length}`;
    this.functions.push(`function ${name}(${parameter}) { ${body} }`);
    return name;
  }
}

function leafWriter(type: GraphQLLeafType): Write {
  return (value) => {
    if (typeof value === 'function') bail();
    if (typeof value === 'object' && !isPlain(value)) bail();
    const leaf: unknown = type.serialize(value);
    if (typeof leaf === 'string') return quoted(leaf);
    if (typeof leaf === 'number' && Number.isFinite(leaf)) return String(leaf);
    return (leaf === null ? undefined : JSON.stringify(leaf)) ?? bail();
  };
}

/** One for all: whoever catches it looks at nothing of it. */
const BAIL = new Error('This is for graphql-js to answer');

function bail(): never {
  throw BAIL;
}

/** An object that is no error and no promise. */
function isPlain(value: unknown): boolean {
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
