import { registerEnumType } from 'type-graphql';

/** An enum whose values are their own names, from a table that describes each of them. */
export function describedEnum<K extends string>(
  name: string,
  description: string,
  values: Readonly<Record<K, string>>,
): Readonly<Record<K, K>> {
  const names = Object.keys(values) as K[];
  const enumObject = Object.fromEntries(names.map((key) => [key, key])) as Record<K, K>;
  const valuesConfig = Object.fromEntries(
    names.map((key) => [key, { description: values[key] }]),
  ) as Record<K, { description: string }>;
  registerEnumType(enumObject, { name, description, valuesConfig });
  return enumObject;
}
