import { KnownBodies } from '../../src/server/known-bodies';

const QUERY =
  'query($representations:[_Any!]!){_entities(representations:$representations){...on Customer{id note(of:"x")}}}';
const bodyOf = (ids: readonly string[], more: object = {}, name = 'representations') =>
  JSON.stringify({
    query: QUERY,
    ...more,
    variables: { [name]: ids.map((id) => ({ __typename: 'Customer', id })) },
  });

/** What JSON.parse makes of a text; undefined where it makes nothing. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

test('a body is read by its beginning, and as JSON.parse reads it', () => {
  const bodies = new KnownBodies();
  const texts = [
    bodyOf(['ada']),
    bodyOf(['ada', 'bob', '', ' ', 'ğ😀', '}]}}', ',{']),
    bodyOf(['cem'], { operationName: 'Hot' }, 'r'),
    bodyOf(['constructor']),
  ];
  for (const text of [...texts, ...texts]) {
    expect(bodies.read(text)).toEqual(JSON.parse(text));
  }
});

test('no two bodies share anything that one could change', () => {
  const bodies = new KnownBodies();
  const [first, second] = [bodies.read(bodyOf(['ada'])), bodies.read(bodyOf(['bob']))];
  Object(Object(first).variables.representations[0]).id = 'changed';
  Object(first).variables.more = 1;
  Object(first).query = '';
  expect(second).toEqual(JSON.parse(bodyOf(['bob'])));
  expect(bodies.read(bodyOf(['ada']))).toEqual(JSON.parse(bodyOf(['ada'])));
});

const one = '[{"__typename":"Customer","id":"ada"}]';
test.each([
  ['an escaped id', bodyOf(['a"b'])],
  ['an id with a line end', `{"query":"","variables":{"r":[{"__typename":"C","id":"a\n"}]}}`],
  ['an empty list', bodyOf([])],
  ['another variable', `{"query":"","variables":{"first":{"n":1},"r":${one}}}`],
  ['a member that is no text', `{"query":"","extensions":{"a":1},"variables":{"r":${one}}}`],
  ['a member of that name inside another', `{"query":"","a":{"variables":{"r":${one}}}`],
  ['a member whose name ends alike', `{"variables":{"r":[]},"a\\"variables":{"r":${one}}}`],
  ['nothing that it stands in', `"variables":{"r":${one}}}`],
  ['a prototype', `{"__proto__":"","variables":{"r":${one}}}`],
  ['a prototype with escapes', `{"\\u005f_proto__":"","variables":{"r":${one}}}`],
  ['something behind', `{"query":"","variables":{"r":${one}},"operationName":"x"}`],
  ['no end', `{"query":"","variables":{"r":${one}}`],
  ['an end too much', `{"query":"","variables":{"r":${one}}}}`],
  ['a number for an id', '{"query":"","variables":{"r":[{"__typename":"Customer","id":1}]}}'],
  ['text that is no JSON', '[{"__typename":"'],
])('a body with %s is left to be read as a whole', (_, text) => {
  const bodies = new KnownBodies();
  expect([bodies.read(text), bodies.read(text)]).toEqual([undefined, undefined]);
});

test('of a name that is there twice the last one counts', () => {
  const text = `{"query":"a","variables":{"r":[1]},"query":"b","variables":{"r":${one}}}`;
  expect(new KnownBodies().read(text)).toEqual(JSON.parse(text));
});

test('whatever is changed of a body, it is read as JSON.parse reads it or not at all', () => {
  const bodies = new KnownBodies();
  const pieces = [
    ...'{}[]",:\\ \n0a',
    '"id":',
    '"__typename":',
    '"variables":{',
    '},{',
    ']}}',
    one,
  ];
  const text = bodyOf(['ada', 'bob']);
  const short = text.replace(QUERY, 'q');
  let read = 0;
  for (const whole of [short, bodyOf(['a'], { operationName: 'b' }, 'r').replace(QUERY, 'q')]) {
    for (let at = 0; at <= whole.length; at += 1) {
      for (const piece of ['', ...pieces]) {
        for (const taken of [0, 1, 2, 7]) {
          const changed = whole.slice(0, at) + piece + whole.slice(at + taken);
          const found = bodies.read(changed);
          if (found === undefined) continue;
          read += 1;
          expect(found).toEqual(parsed(changed));
        }
      }
    }
  }
  expect(read).toBeGreaterThan(100);
});

test('few beginnings are kept, and no long one', () => {
  const bodies = new KnownBodies();
  const much = 'x'.repeat(20_000);
  const long = `{"query":"${much}","variables":{"r":${one}}}`;
  for (const text of [long, bodyOf(['ada']).replace('Customer","id', `${much}","id`)]) {
    expect(bodies.read(text)).toBeUndefined();
  }
  for (let n = 0; n < 1_000; n += 1) {
    expect(bodies.read(bodyOf(['ada'], {}, `r${n}`))).toBeDefined();
  }
  expect(Object(bodies).known.size).toBe(200);
});
