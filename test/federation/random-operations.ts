import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
} from 'graphql';
import { PROPERTY_WITHOUT_ARGUMENTS } from '../../src/federation/directives';

/** Chance by a seed: the same story each time. */
export class Chance {
  constructor(private state: number) {}

  next(): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.state / 2 ** 32;
  }

  happens(share: number): boolean {
    return this.next() < share;
  }

  upTo(most: number): number {
    return Math.floor(this.next() * (most + 1));
  }

  of<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }
}

const TEXTS = [
  ...['', 'abc', 'a"b', '\\', '\n', '\u2028', '\ud800', 'é', 'x'.repeat(60), `${'y'.repeat(50)}"`],
  ...['</script>', '\u0001', '😀', '\u007f'],
];
const INSTANTS = [0, 1_736_503_200_123, -62_135_596_800_000];
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  String: [...TEXTS, 7, true],
  ID: ['1', 7, 'a"', ...TEXTS],
  Int: [0, -1, 5, 2_147_483_647, -0, '12', true],
  Float: [0.1, 1e21, -0, 5, 1e-7, 123_456_789.123],
  Boolean: [true, false, 1, 0],
  XPoints: [0, 1, -5, Number.MAX_SAFE_INTEGER, -0],
  DateTime: INSTANTS,
  Decimal: ['0.00', '-1.50', '12345678901234567.123456'],
  CurrencyCode: ['EUR', 'JPY'],
  ProgramCode: ['EU', 'TR', 'A_1'],
};
/** What no loader should ever give: each must end where graphql-js ends. */
const ODDITIES: readonly (() => unknown)[] = [
  ...[() => null, () => undefined, () => Number.NaN, () => Number.POSITIVE_INFINITY, () => 'x'],
  ...[() => 5, () => 1.5, () => true, () => ({}), () => [], () => new Error('no'), () => 2 ** 60],
  ...[() => Promise.resolve(3), () => new Date(0), () => () => 1, () => 10n, () => Symbol('s')],
  ...[() => new Set([1]), () => [null]],
];

/** Makes operations on entities, and entities of any kind, for a schema. */
export class RandomOperations {
  private fragments: { readonly name: string; readonly text: string }[] = [];

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly chance: Chance,
    /** How often a value is odd. */
    private readonly odd: number,
    /** How often a field is asked that is more than a property. */
    private readonly beyond: number,
  ) {}

  /** A query of entities, perhaps under two names, with variables $r and $s, and the switches $a and $b. */
  document(): DocumentNode {
    this.fragments = [];
    const { chance } = this;
    const first = `${chance.of(['', 'z:'])}_entities(representations: $r) ${this.entities()}`;
    const second = chance.happens(0.2) ? `y:_entities(representations: $s) ${this.entities()}` : '';
    const variables = `$r: [_Any!]!${second ? ', $s: [_Any!]!' : ''}`;
    const fragments = () => this.fragments.map(({ text }) => text).join('\n');
    const body = `${first} ${second}`;
    const used = (name: string) => `${body} ${fragments()}`.includes(`$${name})`);
    const switches = `${used('a') ? ', $a: Boolean!' : ''}${used('b') ? ', $b: Boolean! = true' : ''}`;
    return parse(`query (${variables}${switches}) { ${body} } ${fragments()}`);
  }

  private entities(): string {
    const { chance } = this;
    const on = ['Customer', 'Order'].map(
      (name) => `... on ${name}${this.directives()} ${this.selection(this.object(name), 1)}`,
    );
    return `{ ${on.join(' ')} ${chance.happens(0.3) ? '__typename' : ''} }`;
  }

  private selection(type: GraphQLObjectType, depth: number): string {
    const { chance } = this;
    const parts = Array.from({ length: 1 + chance.upTo(5) }, () => this.part(type, depth));
    return `{ ${parts.join(' ')} ${chance.of(['__typename', 'k: __typename'])} }`;
  }

  private part(type: GraphQLObjectType, depth: number): string {
    const { chance } = this;
    const kind = chance.next();
    if (kind < 0.08) return `__typename${this.directives()}`;
    if (kind < 0.18 && depth < 5) {
      const on = chance.of(['', `on ${type.name}`]);
      return `... ${on}${this.directives()} ${this.selection(type, depth + 1)}`;
    }
    if (kind < 0.26 && depth < 5) return this.spread(type, depth);
    const fields = Object.values(type.getFields()).filter(
      (field) => isProperty(field) || chance.happens(this.beyond),
    );
    const field = chance.of(fields);
    if (!field) return '__typename';
    const inner = getNamedType(field.type);
    if (!isObjectType(inner)) return `${this.name(field)}${this.directives()}`;
    if (depth >= 4) return '__typename';
    return `${this.name(field)}${this.directives()} ${this.selection(inner, depth + 1)}`;
  }

  private name({ name, args }: GraphQLField<unknown, unknown>): string {
    const needs = args.some(
      ({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined,
    );
    if (needs) return '__typename';
    return this.chance.happens(0.2) ? `${name}_: ${name}` : name;
  }

  private spread(type: GraphQLObjectType, depth: number): string {
    const known = this.fragments.filter(({ name }) => name.startsWith(`${type.name}_`));
    let name = known.length > 0 && this.chance.happens(0.5) ? this.chance.of(known).name : null;
    if (name === null) {
      const text = this.selection(type, depth + 2);
      name = `${type.name}_${this.fragments.length}`;
      this.fragments.push({ name, text: `fragment ${name} on ${type.name} ${text}` });
    }
    return `...${name}${this.directives()}`;
  }

  private directives(): string {
    if (!this.chance.happens(0.15)) return '';
    return this.chance.of([
      ...[' @skip(if: $a)', ' @include(if: $a)', ' @include(if: $b)', ' @skip(if: true)'],
      ...[' @include(if: false)', ' @skip(if: $b) @include(if: $a)'],
    ]);
  }

  /** An entity of a type: all that its type has, mostly of the right kind. */
  entity(name: string): Record<string, unknown> {
    return this.values(this.object(name), 0);
  }

  private values(type: GraphQLObjectType, depth: number): Record<string, unknown> {
    const fields = Object.values(type.getFields()).filter(isProperty);
    return Object.fromEntries(
      fields.map(({ name, type: of }) => [name, this.value(of, depth + 1)]),
    );
  }

  private value(type: GraphQLOutputType, depth: number): unknown {
    const { chance } = this;
    if (chance.happens(this.odd)) return chance.of(ODDITIES)();
    if (isNonNullType(type)) return this.present(type.ofType, depth);
    return chance.happens(0.1) ? chance.of([null, undefined]) : this.present(type, depth);
  }

  private present(type: GraphQLOutputType, depth: number): unknown {
    const { chance } = this;
    if (isListType(type)) {
      return Array.from({ length: chance.upTo(3) }, () => this.value(type.ofType, depth));
    }
    if (isObjectType(type)) return depth > 6 ? null : this.values(type, depth);
    if (isEnumType(type)) return chance.of(type.getValues()).value;
    const values = VALUES[getNamedType(type).name];
    if (!values) throw new Error(`What a ${String(type)} may be is not said here`);
    return chance.of(values);
  }

  private object(name: string): GraphQLObjectType {
    const type = this.schema.getType(name);
    if (!isObjectType(type)) throw new Error(`${name} is no object`);
    return type;
  }
}

/** Whether a field is read from its object and that is all, asked without arguments. */
export function isProperty({ resolve, args, extensions }: GraphQLField<unknown, unknown>): boolean {
  const isPlain = resolve === undefined && args.length === 0;
  return isPlain || extensions[PROPERTY_WITHOUT_ARGUMENTS] === true;
}
