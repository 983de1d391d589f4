import { HeaderMap } from '@apollo/server';
import type { FormattedExecutionResult, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { RequestContext } from './context';
import { type Batches, type Representation, readRepresentation } from './entities';
import { propertiesOf } from './json-writer';
import type { OperationHooks, Watcher } from './watcher';
import { WrittenOperation, type WrittenRoot } from './written-operation';

/** The data of an answer, as the text it will be sent as. */
export class WrittenData {
  [field: string]: unknown;
  readonly #json: string;

  constructor(json: string) {
    this.#json = json;
  }

  /** What it is of an answer without errors. */
  get answer(): string {
    return `{"data":${this.#json}}\n`;
  }

  toJSON(): unknown {
    return JSON.parse(this.#json);
  }
}

/** An answer as it is sent: what was written already as it is. */
export function stringifyResult(result: FormattedExecutionResult): string {
  const { data, errors, extensions } = result;
  const isWritten = data instanceof WrittenData && !errors && !extensions;
  return isWritten ? data.answer : `${JSON.stringify(result)}\n`;
}

/** Of each root field its entities' representations. */
interface Asked {
  readonly roots: readonly WrittenRoot[];
  readonly representations: readonly (readonly Representation[])[];
}

/**
 * Answers federation's hot query inside Apollo Server's own pipeline, after every check, in the place of its execution:
 * all entities of a type are read together and written as JSON at once. Whatever is not plain (a field with arguments or a
 * resolver, a representation that is no good, a customer who may not be seen, an error, a null where none may be)
 * leaves the whole operation to graphql-js, which finds in the context what was read.
 */
export function writeEntities(batches: Batches<RequestContext>, schema: GraphQLSchema): Watcher {
  const properties = propertiesOf(schema);
  const known = new WeakMap<OperationDefinitionNode, WrittenOperation | null>();
  const batchOf = new Map(Object.entries(batches));
  const hooks: OperationHooks = {
    responseForOperation: async ({ document, operation, request, contextValue }) => {
      if (!operation) return null;
      let written = known.get(operation);
      if (written === undefined) {
        written = WrittenOperation.of(schema, properties, document, operation);
        known.set(operation, written);
      }
      const asked = written && askedOf(written, request.variables ?? {});
      if (!written || !asked) return null;
      try {
        const found = await readAll(asked, (typeName, representations) => {
          const batch = batchOf.get(typeName);
          return batch ? batch(representations, contextValue, written) : null;
        });
        if (!found) return null;
        const data = new WrittenData(textOf(asked, found));
        return { http: { headers: NO_HEADERS }, body: { kind: 'single', singleResult: { data } } };
      } catch {
        // Whatever it was: graphql-js meets it too, and knows whose slot it costs and how it is told.
        return null;
      }
    },
  };
  return () => hooks;
}

const NO_HEADERS = new HeaderMap();

function askedOf(written: WrittenOperation, sent: Readonly<Record<string, unknown>>): Asked | null {
  const variables = written.coerced(sent);
  const roots = variables && written.roots(variables);
  if (!roots) return null;
  const representations: (readonly Representation[])[] = [];
  for (const { variable, writerOf } of roots) {
    const list = variables[variable];
    if (!Array.isArray(list)) return null;
    const read: Representation[] = [];
    for (const value of list) {
      const representation = readRepresentation(value);
      if (typeof representation === 'string' || !writerOf(representation.__typename)) return null;
      read.push(representation);
    }
    representations.push(read);
  }
  return { roots, representations };
}

/** What each representation of each root stands for, by one read per type; null where one of the reads declines. */
async function readAll(
  { representations }: Asked,
  read: (
    typeName: string,
    representations: readonly Representation[],
  ) => Promise<readonly (object | null)[]> | null,
): Promise<readonly (readonly (object | null)[])[] | null> {
  const all = representations.length === 1 ? representations[0]! : representations.flat();
  const only = all[0]?.__typename;
  if (representations.length === 1 && only !== undefined && areOf(only, all)) {
    const reading = read(only, all);
    return reading && [await reading];
  }
  const byType = new Map<string, Representation[]>();
  for (const representation of all) {
    const same = byType.get(representation.__typename);
    if (same) same.push(representation);
    else byType.set(representation.__typename, [representation]);
  }
  const reads: Promise<readonly (object | null)[]>[] = [];
  for (const [typeName, same] of byType) {
    const reading = read(typeName, same);
    if (!reading) return null;
    reads.push(reading);
  }
  const answers = await Promise.all(reads);
  const next = new Map([...byType.keys()].map((name, type) => [name, answers[type]!.values()]));
  return representations.map((list) =>
    list.map(({ __typename }) => next.get(__typename)!.next().value as object | null),
  );
}

function areOf(typeName: string, all: readonly Representation[]): boolean {
  for (const { __typename } of all) if (__typename !== typeName) return false;
  return true;
}

function textOf(
  { roots, representations }: Asked,
  found: readonly (readonly (object | null)[])[],
): string {
  const parts = roots.map(({ key, writerOf }, root) => {
    let text = `${JSON.stringify(key)}:[`;
    const asked = representations[root]!;
    for (let n = 0; n < asked.length; n += 1) {
      const entity = found[root]![n];
      if (n > 0) text += ',';
      text += entity ? writerOf(asked[n]!.__typename)!(entity) : 'null';
    }
    return `${text}]`;
  });
  return `{${parts.join()}}`;
}
