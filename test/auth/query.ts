import {
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isRequiredInputField,
} from 'graphql';
import { type Asked, argumentsToGive, type Field, type Ruled } from './graph-walk';

/** Values for the arguments that the schema demands, by where they stand, by type, or by name. */
export type Samples = Readonly<Record<string, unknown>>;

/** A document that asks for one field and everything behind it, with its variables. */
export interface Question {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** Builds documents out of a schema's fields. A sample that is missing is named, with where to add it. */
export class Questions {
  private serial = 0;

  constructor(private readonly samples: Samples) {}

  /** The root field with all that `asked` says. `over` replaces samples for this one. */
  root({ name, type, field }: Ruled, asked: Asked | null, over: Samples = {}): Question {
    const kind = type.name.toLowerCase();
    const variables: Declared = new Map();
    const selection = this.field(name, field, asked, variables, over);
    return {
      query: `${kind} ${declaration(variables)} { ${selection} }`,
      variables: valuesOf(variables),
    };
  }

  /** The field of an entity by its representations. */
  entity(
    { name, type, field }: Ruled,
    asked: Asked | null,
    representations: readonly object[],
    over: Samples = {},
  ): Question {
    const variables: Declared = new Map();
    const selection = this.field(name, field, asked, variables, over);
    variables.set('representations', { type: '[_Any!]!', value: representations });
    const query = `query ${declaration(variables)} {
      _entities(representations: $representations) { __typename ... on ${type.name} { id ${selection} } } }`;
    return { query, variables: valuesOf(variables) };
  }

  private field(
    name: string,
    field: Field,
    asked: Asked | null,
    variables: Declared,
    over: Samples,
  ): string {
    const given = [...argumentsToGive(field)];
    for (const arg of field.args) {
      if (`${name}.${arg.name}` in over && !given.includes(arg)) given.push(arg);
    }
    const args = given.map((arg) => {
      const variable = `v${variables.size}`;
      const value = this.valueOf(`${name}.${arg.name}`, arg.name, arg.type, over);
      variables.set(variable, { type: String(arg.type), value });
      return `${arg.name}: $${variable}`;
    });
    const list = args.length === 0 ? '' : `(${args.join(', ')})`;
    return `${field.name}${list} ${asked ? this.selection(asked, variables, over) : ''}`;
  }

  private selection(
    asked: Asked,
    variables: Declared,
    over: Samples,
    siblings: readonly Asked[] = [],
  ): string {
    const fields = asked.fields.map(({ field, of, isPlain }) => {
      const name = `${asked.type.name}.${field.name}`;
      // Two members of a union may have fields of one name and two types, which one answer cannot hold.
      const clashes = siblings.some(
        (other) => other !== asked && other.fields.some((it) => it.field.name === field.name),
      );
      const alias = clashes ? `${asked.type.name}__${field.name}: ` : '';
      const text = this.field(name, field, of, variables, over);
      return `${alias}${text}${of || isPlain ? '' : '{ __typename }'}`;
    });
    const members = asked.members.map(
      (member) =>
        `... on ${member.type.name} ${this.selection(member, variables, over, asked.members)}`,
    );
    return `{ __typename ${[...fields, ...members].join(' ')} }`;
  }

  private valueOf(place: string, name: string, type: GraphQLInputType, over: Samples): unknown {
    const inner: GraphQLNamedType = getNamedType(type);
    // A name says nothing of an enum or a flag.
    const keys =
      isEnumType(inner) || inner.name === 'Boolean' ? [place] : [place, inner.name, name];
    const key = keys.find((one) => one in over || one in this.samples);
    if (key !== undefined) return key in over ? over[key] : this.samples[key];
    if (name === 'idempotencyKey') {
      this.serial += 1;
      return `matrix-${this.serial}`;
    }
    if (isListType(getNullableType(type))) return [];
    if (isEnumType(inner)) return inner.getValues()[0]?.name;
    if (inner.name === 'Boolean') return true;
    if (isInputObjectType(inner)) {
      const fields = Object.values(inner.getFields()).filter(
        (field) => isRequiredInputField(field) || `${inner.name}.${field.name}` in this.samples,
      );
      return Object.fromEntries(
        fields.map((field) => [
          field.name,
          this.valueOf(`${inner.name}.${field.name}`, field.name, field.type, over),
        ]),
      );
    }
    throw new Error(
      `${place} needs a value: add '${place}' (or '${name}') to SAMPLES in test/auth/samples.ts.`,
    );
  }
}

type Declared = Map<string, { readonly type: string; readonly value: unknown }>;

function declaration(variables: Declared): string {
  if (variables.size === 0) return '';
  const all = [...variables].map(([name, { type }]) => `$${name}: ${type}`);
  return `Q(${all.join(', ')})`;
}

function valuesOf(variables: Declared): Record<string, unknown> {
  return Object.fromEntries([...variables].map(([name, { value }]) => [name, value]));
}
