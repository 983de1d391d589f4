import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';
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

  test('imports the directives that it uses, and no others', () => {
    expect(sdl).toContain('import: ["@key", "@inaccessible", "@tag"]');
  });

  test('links what a graph of its own says', () => {
    const links = '@link(url: "https://specs.example/mine/v1.0", import: ["@mine"])';
    const other = buildSubgraph({ ...graph, federation: '2.3', links }).sdl;
    expect(other).toContain('url: "https://specs.apollo.dev/federation/v2.3"');
    expect(other).toContain(links);
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
