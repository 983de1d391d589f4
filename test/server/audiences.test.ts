import { parse, print } from 'graphql';
import { tagReached } from '../../src/server/audiences';

const tagged = (sdl: string) => print(tagReached(parse(sdl)));

describe('what a field for an audience leads to', () => {
  test('is tagged for it: types, through lists, arguments, unions and interfaces; not what it does not lead to', () => {
    const sdl = tagged(`
      type Query { book(of: Kind!, by: [Who!]): [Book!]! @tag(name: "partner"), other: Other }
      enum Kind { A } input Who { name: Name } scalar Name scalar Unseen
      type Book { cover: Cover, text: Text } union Cover = Paper | Cloth
      type Paper { weight: Int } type Cloth { weight: Int }
      interface Text { words: Int } type Prose implements Text { words: Int }
      type Other { unseen: Unseen }`);
    const tag = '@tag\\(name: "partner"\\)';
    for (const name of ['enum Kind', 'input Who', 'scalar Name', 'type Book', 'union Cover']) {
      expect(sdl).toMatch(new RegExp(`${name} ${tag}`));
    }
    for (const name of ['type Paper', 'type Cloth', 'interface Text', 'Prose implements Text']) {
      expect(sdl).toMatch(new RegExp(`${name} ${tag}`));
    }
    expect(sdl).toMatch(new RegExp(`book\\(of: Kind! ${tag}, by: \\[Who!\\] ${tag}\\)`));
    expect(sdl).toMatch(/type Query \{/);
    expect(sdl).toMatch(/type Other \{/);
    expect(sdl).toMatch(/scalar Unseen$/m);
  });

  test('of an entity is its key, and what is tagged itself', () => {
    const sdl = tagged(`
      type Query { order: Order @tag(name: "mobile") }
      type Order @key(fields: "id") { id: ID! total: Money lots: Lot @tag(name: "mobile") }
      type Money { amount: Int } type Lot { points: Int }`);
    expect(sdl).toContain('type Order @key(fields: "id") {\n  id: ID! @tag(name: "mobile")');
    expect(sdl).toContain('total: Money\n');
    expect(sdl).toContain('type Money {');
    expect(sdl).toContain('type Lot @tag(name: "mobile") {');
  });

  test('ends at the desk', () => {
    const sdl = tagged(`
      type Query { book: Book @tag(name: "storefront") }
      type Book { note: Note @tag(name: "desk"), file: File } type Note { by: Int }
      type File @tag(name: "desk") { by: Int }`);
    expect(sdl).toContain('type Book @tag(name: "storefront") {');
    expect(sdl).toContain('type Note {');
    expect(sdl).toContain('type File @tag(name: "desk") {');
  });
});
