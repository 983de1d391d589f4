import { buildSubgraphSchema } from '@apollo/subgraph';
import { composeServices } from '@theguild/federation-composition';
import {
  execute,
  GraphQLSchema,
  introspectionFromSchema,
  lexicographicSortSchema,
  parse,
  validateSchema,
} from 'graphql';
import { buildSchema } from '../../src/server/schema';
import { buildSubgraph } from '../../src/server/subgraph';
import { Customer, graph } from './fixture';

const { sdl } = buildSubgraph(graph);

describe('the SDL', () => {
  test('has entities that no root field leads to, with their key', () => {
    expect(sdl).toMatch(/type Customer @key\(fields: "id"\)/);
    expect(sdl).toMatch(
      /^extend schema\s+@link\(\s*url: "https:\/\/specs\.apollo\.dev\/federation\/v2\.9"/,
    );
  });

  test('keeps directives and descriptions of enums, their values, unions and scalars', () => {
    expect(sdl).toContain('enum Mood @tag(name: "enum")');
    expect(sdl).toContain('SAD @inaccessible @tag(name: "value")');
    expect(sdl).toContain('union Anything @tag(name: "union") =');
    expect(sdl).toContain('scalar Stars @tag(name: "scalar")');
    for (const text of ['How it went.', 'Not well.', 'Either.', 'One to five.']) {
      expect(sdl).toContain(text);
    }
  });

  test('composes', () => {
    const { errors } = composeServices([{ name: 'rewards', typeDefs: parse(sdl) }]);
    expect(errors).toBeUndefined();
  });

  test.each(['Mood.MAD', 'Nobody', 'Customer'])('takes no directives for %s', (name) => {
    const directives = { [name]: '@tag(name: "x")' };
    expect(() => buildSubgraph({ ...graph, directives })).toThrow(name);
    expect(Customer.name).toBe('Customer');
  });
});

/** Types and directives that Apollo's library declares for the composer, which never executes them. */
const OF_THE_COMPOSER = /^(link__|federation__|FieldSet$|ContextFieldValue$)/;

/** What a client can learn of a schema and use of it, in one order. */
function shapeOf(schema: GraphQLSchema) {
  const { types } = introspectionFromSchema(lexicographicSortSchema(schema)).__schema;
  return types.filter(({ name }) => !OF_THE_COMPOSER.test(name));
}

describe.each([
  ['small', () => buildSubgraph(graph)],
  ['whole', buildSchema],
])('the %s executable schema', (_name, build) => {
  const built = build();

  test('is what the federation library makes of its SDL', () => {
    const theirs = buildSubgraphSchema([{ typeDefs: parse(built.sdl) }]);
    expect(shapeOf(built.schema)).toEqual(shapeOf(theirs));
  });

  // It is taken for valid when the service starts.
  test('is valid', () => {
    const { assumeValid: _, ...config } = built.schema.toConfig();
    expect(validateSchema(new GraphQLSchema(config))).toEqual([]);
  });

  test('answers its SDL', async () => {
    const document = parse('{ _service { sdl } }');
    const { data } = await execute({ schema: built.schema, document });
    expect(data).toEqual({ _service: { sdl: built.sdl } });
  });
});
