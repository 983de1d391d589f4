import { randomUUID } from 'node:crypto';
import {
  type GraphQLInputObjectType,
  type GraphQLUnionType,
  getNamedType,
  isInterfaceType,
} from 'graphql';
import { REFUSAL_CODES } from '../../src/kernel/errors';
import { buildSchema } from '../../src/server/schema';
import { DESK_ROWS } from './desk-mutations';
import { BLANK_TEXT, ILL_TEXT, illTyped, type Malformed, replaced, textFields } from './malformed';
import { ROWS as OTHERS, type Row } from './mutations';
import { ACTORS, type ActorName, type Answer, World } from './world';

const { schema } = buildSchema();
const MUTATIONS = Object.values(schema.getMutationType()!.getFields());
const REFUSAL = schema.getType('Refusal');
const ROWS: Readonly<Record<string, Row>> = { ...OTHERS, ...DESK_ROWS };

test('every mutation of the schema has its refusals here, and nothing else has', () => {
  expect(Object.keys(ROWS).sort()).toEqual(MUTATIONS.map(({ name }) => name).sort());
});

describe.each(MUTATIONS)('$name', ({ name, type, args }) => {
  const row = ROWS[name] as Row;
  const inputType = getNamedType(args[0]!.type) as GraphQLInputObjectType;
  const hasKey = 'idempotencyKey' in inputType.getFields();
  const success = (getNamedType(type) as GraphQLUnionType)
    .getTypes()
    .find((each) => !isInterfaceType(REFUSAL) || !each.getInterfaces().includes(REFUSAL))!;
  const show = `__typename ... on Refusal { code message } ... on ${success.name} { ${row.show} }`;
  const query = `mutation ($input: ${inputType.name}!) { answer: ${name}(input: $input) { ${show} } }`;
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());

  const good = (in_ = world, key: string = randomUUID()) => ({
    ...row.input(in_.known),
    ...(hasKey ? { idempotencyKey: key } : {}),
  });
  const body = (input: string) =>
    `{"query":${JSON.stringify(query)},"variables":{"input":${input}}}`;
  const ask = (input: object, actor: ActorName = row.allowed[0], in_ = world) =>
    in_.post(actor, body(JSON.stringify(input)));

  /** Asks, and shows that every row is as it was. */
  async function unchanged(asking: () => Promise<Answer>): Promise<Answer> {
    const before = await world.digest();
    const answer = await asking();
    expect(await world.digest()).toEqual(before);
    expect(answer.text).not.toContain('INTERNAL_SERVER_ERROR');
    return answer;
  }

  test('is refused to whoever may not, whether or not the ids exist', async () => {
    const others = (Object.keys(ACTORS) as ActorName[]).filter((it) => !row.allowed.includes(it));
    for (const actor of others) {
      const code = actor === 'anonymous' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
      for (const change of [{}, row.unknown]) {
        const answer = await unchanged(() => ask({ ...good(), ...change }, actor));
        expect([actor, change, answer.code]).toEqual([actor, change, code]);
      }
    }
  });

  test('refuses what cannot be done, with a code of its own', async () => {
    for (const [change, code] of row.refused(world.known)) {
      const answer = await unchanged(() => ask({ ...good(), ...change }));
      expect([change, answer.code]).toEqual([change, code]);
    }
  });

  test('refuses values of another type, too large, or missing', async () => {
    for (const ill of illTyped(inputType)) {
      const answer = await unchanged(() => world.post(row.allowed[0], body(replaced(good(), ill))));
      expect([ill, answer.code]).toEqual([ill, 'BAD_USER_INPUT']);
    }
    for (const input of ['null', '[]', '"{}"', '{}', '1e400']) {
      const answer = await unchanged(() => world.post(row.allowed[0], body(input)));
      expect([input, answer.code]).toEqual([input, 'BAD_USER_INPUT']);
    }
  });

  test('refuses the same where the document itself says it', async () => {
    const post = (actor: ActorName, json: string) => {
      const literal = json
        .replace(/"(\w+)":/g, '$1:')
        .replace(/(reason|kind|about):"([A-Z_]+)"/g, '$1:$2');
      const inline = `mutation { answer: ${name}(input: ${literal}) { ${show} } }`;
      return unchanged(() => world.post(actor, JSON.stringify({ query: inline })));
    };
    expect((await post('anonymous', JSON.stringify(good()))).code).toBe('UNAUTHENTICATED');
    for (const ill of illTyped(inputType)) {
      const answer = await post(row.allowed[0], replaced(good(), ill));
      expect([ill, answer.code]).toEqual([ill, 'GRAPHQL_VALIDATION_FAILED']);
    }
  });

  test('refuses text that is none', async () => {
    for (const field of textFields(inputType)) {
      const blank = row.blank?.includes(field) ? [] : BLANK_TEXT;
      for (const json of [...ILL_TEXT, ...blank]) {
        const ill: Malformed = { path: [field], json };
        const answer = await unchanged(() =>
          world.post(row.allowed[0], body(replaced(good(), ill))),
        );
        const code = row.illText?.[field] ?? 'BAD_USER_INPUT';
        expect([field, json.slice(0, 20), answer.code]).toEqual([field, json.slice(0, 20), code]);
      }
    }
  });

  test('remembers a refusal under its key', async () => {
    if (!row.kept) return;
    const input = good();
    const refused = { ...input, ...row.kept };
    const first = await unchanged(() => ask(refused));
    expect(REFUSAL_CODES).toHaveProperty(first.code);
    expect((await unchanged(() => ask(refused))).text).toBe(first.text);
    expect((await unchanged(() => ask(input))).code).toBe('IDEMPOTENCY_CONFLICT');
  });

  test('gives the first answer again; refuses other input under the same key', async () => {
    const input = good();
    const before = await world.digest();
    const first = await ask(input);
    expect([first.code, first.text]).toEqual(['OK', first.text]);
    expect(await world.digest()).not.toEqual(before);
    for (const actor of row.keysOfAsker ? row.allowed.slice(0, 1) : row.allowed) {
      const again = await unchanged(() => ask(input, actor));
      if (actor === row.allowed[0]) expect(again.text).toBe(first.text);
      else expect(again.code).toBe('OK');
    }
    if (row.other) {
      const other = { ...input, ...row.other(world.known) };
      const { code } = await unchanged(() => ask(other));
      expect(code).toBe('IDEMPOTENCY_CONFLICT');
    }
    const { again } = row;
    if (again) expect((await unchanged(() => ask(good()))).code).toBe(again);
  });

  const late = (row.late ?? []).map(([at, change, code]) => {
    return { at, change, code, what: JSON.stringify(change).slice(0, 60) };
  });
  for (const { at, change, code, what } of late)
    test(`at ${at} it is ${code} for ${what}`, async () => {
      const other = await World.open();
      try {
        await other.at(at);
        const before = await other.digest();
        const answer = await ask({ ...good(other), ...change }, row.allowed[0], other);
        expect(answer.code).toBe(code);
        if (code !== 'OK') expect(await other.digest()).toEqual(before);
      } finally {
        await other.close();
      }
    });
});
