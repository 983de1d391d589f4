import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql';

/** A value that nothing may take, as JSON spells it, and where it stands in an input. */
export interface Malformed {
  readonly path: readonly string[];
  readonly json: string;
}

/** Text that is no id, no key and no reason; the last two are only blank. */
export const ILL_TEXT: readonly string[] = [
  '"a\\u0000b"',
  '"\\ud800"',
  '"a\\udc00b"',
  '"a\\u0007b"',
  '"a\\u0085b"',
  '"a\\nb"',
  JSON.stringify('x'.repeat(10_240)),
];
export const BLANK_TEXT: readonly string[] = ['""', '"   "'];

const NO_NUMBER = ['9007199254740992', '-9007199254740992', '1.5', '1e400', '-1e400', '"5"', '[1]'];
/** By the name of a scalar: what it refuses by itself. */
const ILL_TYPED: Readonly<Record<string, readonly string[]>> = {
  ID: ['1.5', '1e400', 'true', '{}', '["a","b"]'],
  String: ['1', '1e400', 'true', '{}', '["a","b"]'],
  '[ID!]': ['1.5', 'true', '{}', '[null]', '[1.5]', '[{}]', '[["a"], ["b"]]'],
  XPoints: [...NO_NUMBER, 'true', '{}', '9223372036854775808'],
  Int: [...NO_NUMBER, 'true', '2147483648', '-2147483649'],
  Decimal: ['1', '1.5', '"1e3"', '"1,5"', '"abc"', '""', 'true', '{}', '["1", "2"]'],
  DateTime: ['1', '"yesterday"', '"2025-02-30T00:00:00Z"', '""', 'true', '{}'],
  '[String!]': ['1', '[1]', '[null]', 'true', '{}'],
  '[Int!]': ['"5"', '["5"]', '[1.5]', '[null]', '[9007199254740992]', '{}'],
  '[TierInput!]': ['1', '"{}"', '[1]', '[{}]', '[null]'],
  Boolean: ['"true"', '1', '0', '{}', '[true, false]'],
  ProgramCode: ['"eu"', '"E U"', '1', '{}', JSON.stringify('X'.repeat(10_240)), ...BLANK_TEXT],
};
const ILL_ENUM = ['"NO_SUCH_VALUE"', '"other"', '""', '1', '{}', '"OTHER\\u0000"'];

/** Every field of an input, nested ones too, with the values that its type alone refuses, and what may not be missing. */
export function illTyped(type: GraphQLInputObjectType): Malformed[] {
  return Object.values(type.getFields()).flatMap((field) => {
    const own = illTypedValues(field.type).map((json) => ({ path: [field.name], json }));
    if (isNonNullType(field.type)) own.push({ path: [field.name], json: 'null' });
    if (isRequiredInputField(field)) own.push({ path: [field.name], json: MISSING });
    const nested = isNonNullType(field.type) ? field.type.ofType : field.type;
    if (!isInputObjectType(nested)) return own;
    const inner = illTyped(nested).map(({ path, json }) => ({ path: [field.name, ...path], json }));
    return [...own, { path: [field.name, 'noSuchField'], json: '1' }, ...inner];
  });
}

/** Names of the fields of an input that take free text or an id. */
export function textFields(type: GraphQLInputObjectType): string[] {
  return Object.values(type.getFields())
    .filter((field) => ['ID', 'String'].includes(`${field.type}`.replace('!', '')))
    .map(({ name }) => name);
}

/** Stands for a field that is left out. */
export const MISSING = 'missing';
const HERE = '@here@';

/** An input as JSON, with one value replaced by what JSON.stringify would not write. */
export function replaced(input: object, { path, json }: Malformed): string {
  const copy = structuredClone(input) as Record<string, unknown>;
  const [name = '', inner] = path;
  if (inner !== undefined) copy[name] = { [inner]: HERE };
  else copy[name] = HERE;
  if (json === MISSING) {
    delete copy[name];
    return JSON.stringify(copy);
  }
  return JSON.stringify(copy).replace(JSON.stringify(HERE), () => json);
}

function illTypedValues(type: GraphQLInputType): readonly string[] {
  const named = isNonNullType(type) ? type.ofType : type;
  if (isInputObjectType(named)) return ['1', '"{}"', '[{}, {}]'];
  if (isEnumType(named)) return ILL_ENUM;
  const values = ILL_TYPED[`${named}`];
  if (!values) throw new Error(`Say what ${named} refuses.`);
  return values;
}
