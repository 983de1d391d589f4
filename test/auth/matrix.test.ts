import { getNamedType, isCompositeType } from 'graphql';
import {
  CALLER_NAMES,
  CALLERS,
  type CallerName,
  SUBJECT,
  type Verdict,
  verdictOn,
} from '../../src/auth/callers';
import { type Action, allows, FIELDS, type Subject } from '../../src/auth/permissions';
import { NOT_THE_ROUTER } from '../../src/server/router-secret';
import { desk, graphqlSchema as schema, sdl } from '../federation/world';
import type { Answer } from '../server/running';
import { Asking } from './asking';
import {
  type Asked,
  askAll,
  countAsked,
  fieldsBelow,
  fieldsThatNeedRules,
  pageOnly,
  type Ruled,
} from './graph-walk';
import { examine, type PartiesOf, type Seen, type SubjectOf } from './justify';
import { Questions, type Samples } from './query';
import { NOBODYS, replaysOf, samplesOf } from './samples';
import { ORGANIZATIONS, OWNERS, openStage, type Stage } from './stage';

/**
 * Every field of the schema, asked as every kind of caller, of running servers before a real database. Expected is what
 * the table says (test/auth/permissions.test.ts says by hand what that is); found is what the data layer answers. Whatever
 * else an answer holds must be the reader's to see, too.
 */

const RULES: Readonly<Record<string, Action>> = FIELDS;
const RULED = fieldsThatNeedRules(schema, sdl).filter(({ name }) => !name.startsWith('Query._'));
const ROOT = new Set(['Query', 'Mutation', 'Subscription']);
const named = (fields: readonly Ruled[]) => fields.map((one) => [one.name, one] as const);
const ofRoot = (type: string) => named(RULED.filter((one) => one.type.name === type));
const OF_ENTITIES = named(RULED.filter(({ type }) => !ROOT.has(type.name)));

/** Whose an object of an answer is, where it says so itself. */
const SUBJECT_OF: SubjectOf = {
  Customer: ({ id }) => memberOf(String(id)),
  Order: ({ id }) => memberOf(OWNERS[String(id)] ?? null),
  XPointsTransfer: ({ requestedBy }) =>
    memberOf(/^customer:(.*)$/.exec(String(requestedBy))?.[1] ?? null),
};
/** Rows that a customer sees for being named in them, where they were asked for. */
const PARTIES_OF: PartiesOf = {
  XPointsTransfer: ({ from, to }) =>
    from && to ? [from, to].map((customer) => (customer as Seen).id) : null,
  CompensationClaim: partyOf,
  XPointsObjection: partyOf,
};
const WHOSE = { subjectOf: SUBJECT_OF, partiesOf: PARTIES_OF };
/** An entity of ada's, one of somebody else's, and one that is not there. */
const REPRESENTATIONS: Readonly<Record<string, readonly [string, string, string]>> = {
  Customer: ['ada', 'bob', 'nobody'],
  Order: ['ada-1', 'bob-1', 'no-order'],
};

function partyOf({ customer }: Seen): readonly unknown[] | null {
  return customer ? [(customer as Seen).id] : null;
}

function memberOf(customerId: string | null): Subject {
  return { customerId, organizationId: customerId && (ORGANIZATIONS[customerId] ?? null) };
}

let stage: Stage;
let asking: Asking;
let questions: Questions;
let cells = 0;
/** Many questions in one test. */
const PATIENCE_MS = 60_000;
/** What each kind of caller was shown of ada. */
const shown = new Map<CallerName, Set<string>>(CALLER_NAMES.map((name) => [name, new Set()]));

beforeAll(async () => {
  stage = await openStage();
  asking = new Asking(stage);
  questions = new Questions(samplesOf(stage));
}, PATIENCE_MS);
afterAll(async () => {
  await stage?.close();
  const kinds = CALLER_NAMES.length;
  process.stdout.write(
    `The matrix: ${cells} cells, ${asking?.count} questions, ${kinds} kinds of caller\n`,
  );
});

function verdict(caller: CallerName, { name }: Ruled): Verdict {
  const action = RULES[name];
  if (action === undefined) throw new Error(`${name} has no rule in src/auth/permissions.ts`);
  return verdictOn(CALLERS[caller], name, action);
}

function everythingOf({ field }: Ruled): Asked | null {
  const type = getNamedType(field.type);
  return isCompositeType(type) ? askAll(schema, type) : null;
}

/** What an answer holds at the end of a path, of a list in its first item; null where that ends before. */
function at(data: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => {
    const holder: unknown = Array.isArray(value) && typeof key === 'string' ? value[0] : value;
    return (holder as Record<string, unknown> | null)?.[key] ?? null;
  }, data ?? null);
}

/** Whether an error is of an entity's field deep inside an answer, which is refused to its caller wherever it stands. */
function isRefusedInside(
  caller: CallerName,
  path: readonly (string | number)[] = [],
  judged: readonly (string | number)[],
): boolean {
  if (path.length <= judged.length) return false;
  const ruled = RULED.filter(
    ({ type, field }) => !ROOT.has(type.name) && field.name === path.at(-1),
  );
  return ruled.length > 0 && ruled.every((one) => verdict(caller, one) === 'refused');
}

/** Expects a value as the verdict says, and nothing anywhere that is not the caller's to see. */
function judge(
  caller: CallerName,
  one: Ruled,
  body: Answer['body'],
  ...path: (string | number)[]
): void {
  const expected = verdict(caller, one);
  const errors = (body.errors ?? []).filter((error) => !isRefusedInside(caller, error.path, path));
  const codes = errors.map(({ message, extensions }) => [extensions.code, message]);
  const refusal =
    CALLERS[caller].subject === null
      ? ['UNAUTHENTICATED', 'This needs an access token.']
      : ['FORBIDDEN', 'This access token does not allow it.'];
  expect(codes).toEqual(expected === 'refused' ? [refusal] : []);
  expect(at(body.data, ...path) !== null).toBe(expected === 'yes');
  const root = ROOT.has(one.type.name) ? one.type.name : 'Query';
  const { leaks, shown: seen } = examine(CALLERS[caller], root, body.data, SUBJECT, WHOSE);
  expect(leaks).toEqual([]);
  for (const name of seen) shown.get(caller)?.add(name);
}

describe.each(ofRoot('Query'))('%s', (_name, one) => {
  const everything = everythingOf(one);

  test.each(CALLER_NAMES)('as %s', async (caller) => {
    const answer = await asking.http(caller, questions.root(one, everything));
    judge(caller, one, answer.body, one.field.name);
    cells += 1 + countAsked(everything);
    if (verdict(caller, one) === 'yes') return;
    // A refusal tells nothing of what exists.
    expect(await asking.http(caller, questions.root(one, everything, NOBODYS))).toEqual(answer);
    cells += 1;
  });
});

describe.each(OF_ENTITIES)('%s of an entity', (_name, one) => {
  const everything = everythingOf(one);
  const typeName = one.type.name;
  const [own, foreign, none] = REPRESENTATIONS[typeName] ?? ['', '', ''];
  const asks = (caller: CallerName, id: string) =>
    asking.http(caller, questions.entity(one, everything, [representation(typeName, id)]));

  test('the matrix knows entities of this type', () => {
    if (own === '')
      throw new Error(`Add ids of ${typeName} to REPRESENTATIONS in test/auth/matrix.test.ts.`);
  });

  test.each(CALLER_NAMES)('as %s', async (caller) => {
    const { body } = await asks(caller, own);
    judge(caller, one, body, '_entities', 0, one.field.name);
    cells += 1 + countAsked(everything);
    const isOwn = (id: string) =>
      CALLERS[caller].customerId !== null &&
      CALLERS[caller].customerId === SUBJECT_OF[typeName]?.({ id }).customerId;
    const others = isOwn(foreign) ? own : foreign;
    if (allows(CALLERS[caller], RULES[one.name]!, SUBJECT_OF[typeName]?.({ id: others }))) return;
    // Somebody else's looks like one that is not there.
    const [theirs, nothing] = [await asks(caller, others), await asks(caller, none)];
    expect(JSON.stringify(theirs).replaceAll(others, none)).toBe(JSON.stringify(nothing));
    cells += 1;
  });
});

describe('a past instant, by an argument of Customer.xPoints', () => {
  const one = RULED.find(({ name }) => name === 'Customer.xPoints')!;
  const past = { 'Customer.xPoints.asOf': '2025-02-10T10:00:00Z' };

  test.each(CALLER_NAMES)('as %s', async (caller) => {
    const asks = (id: string) =>
      asking.http(
        caller,
        questions.entity(one, everythingOf(one), [representation('Customer', id)], past),
      );
    const { body } = await asks('ada');
    const may = allows(CALLERS[caller], 'readPast', SUBJECT);
    expect(at(body.data, '_entities', 0, 'xPoints') !== null).toBe(may);
    const code = CALLERS[caller].subject === null ? 'UNAUTHENTICATED' : 'FORBIDDEN';
    expect((body.errors ?? []).map(({ extensions }) => extensions.code)).toEqual(may ? [] : [code]);
    cells += 1;
    if (may) return;
    const other = CALLERS[caller].customerId === 'bob' ? 'ada' : 'bob';
    const [theirs, nothing] = [await asks(other), await asks('nobody')];
    expect(JSON.stringify(theirs).replaceAll(other, 'nobody')).toBe(JSON.stringify(nothing));
  });
});

describe('what has a rule of its own inside an answer', () => {
  const nested = Object.keys(FIELDS).filter(
    (name) => !name.startsWith('Query._') && !RULED.some((one) => one.name === name),
  );

  test.each(nested)('%s is shown to whoever may see it, and to nobody else', (name) => {
    for (const caller of CALLER_NAMES) {
      const may = allows(CALLERS[caller], RULES[name]!, SUBJECT);
      const isShown = shown.get(caller)!.has(name);
      if (may !== isShown) {
        throw new Error(
          may
            ? `${caller} may see ${name}, and was shown none: the stage (test/auth/stage.ts) has nothing to show there.`
            : `${caller} may not see ${name}, and was shown one.`,
        );
      }
      cells += 1;
    }
  });
});

function representation(typeName: string, id: string): object {
  const netTotal = { amount: '10.00', currency: 'EUR' };
  return { __typename: typeName, id, ...(typeName === 'Order' ? { netTotal } : {}) };
}

interface Page {
  readonly nodes: readonly unknown[];
  readonly pageInfo: { readonly endCursor: string | null };
}

function isPaged({ args }: Ruled['field']): boolean {
  return ['first', 'after'].every((name) => args.some((arg) => arg.name === name));
}

const ENTITY = new RegExp(`^(${Object.keys(REPRESENTATIONS).join('|')})\\.`);

/** A list in pages, and the field with a rule through which it is asked for. */
interface Paged {
  readonly carrier: Ruled;
  /** Its name: `Customer.lots`. */
  readonly place: string;
  /** The names of the fields from the carrier to the list. */
  readonly path: readonly string[];
  readonly asked: Asked | null;
}

const PAGED: readonly (readonly [string, Paged])[] = RULED.filter(
  ({ type }) => type.name !== 'Mutation' && type.name !== 'Subscription',
).flatMap((carrier) => {
  const everything = everythingOf(carrier);
  const own = [{ place: carrier.name, field: carrier.field, path: [] as string[] }];
  return (
    [...own, ...fieldsBelow(everything)]
      // An entity's own lists are asked for where they are its fields.
      .filter(
        ({ place, path, field }) => isPaged(field) && (path.length === 0 || !ENTITY.test(place)),
      )
      .map(({ place, path }) => {
        const asked = pageOnly(everything, path);
        const title = place === carrier.name ? place : `${place}, by ${carrier.name},`;
        return [title, { carrier, place, path, asked }] as const;
      })
  );
});

describe.each(PAGED)('a cursor of %s', (_title, { carrier, place, path, asked }) => {
  const isRoot = carrier.type.name === 'Query';
  const start = isRoot ? [carrier.field.name] : ['_entities', 0, carrier.field.name];
  const asks = (caller: CallerName, id: string, over: Samples = {}) =>
    asking.http(
      caller,
      isRoot
        ? questions.root(carrier, asked, over)
        : questions.entity(carrier, asked, [representation(carrier.type.name, id)], over),
    );
  const pageOf = ({ body }: Answer) => at(body.data, ...start, ...path) as Page | null;

  test.each(CALLER_NAMES)('of ada brings %s nothing but their own', async (caller) => {
    const holder: CallerName = verdict('owner', carrier) === 'yes' ? 'owner' : 'desk';
    const cursor = pageOf(await asks(holder, 'ada', { [`${place}.first`]: 1 }))?.pageInfo.endCursor;
    if (typeof cursor !== 'string') {
      throw new Error(`${holder} has no ${place} to page through: add one in test/auth/stage.ts.`);
    }
    const own = CALLERS[caller].customerId ?? 'ada';
    const all = pageOf(await asks(caller, own, { [`${place}.first`]: 100 }));
    const answer = await asks(caller, own, { [`${place}.after`]: cursor });
    const rest = pageOf(answer);
    const keys = (page: Page | null) => page?.nodes.map((node) => JSON.stringify(node)) ?? [];
    expect(keys(all)).toEqual(expect.arrayContaining(keys(rest)));
    expect(rest === null).toBe(all === null);
    const { leaks } = examine(CALLERS[caller], 'Query', answer.body.data, SUBJECT, WHOSE);
    expect(leaks).toEqual([]);
    cells += 1;
  });
});

describe.each(ofRoot('Subscription'))('%s', (_name, one) => {
  const everything = everythingOf(one);
  const replay = `${one.name}.after`;
  const isResumed = one.field.args.some(({ name }) => name === 'after');

  test.each(CALLER_NAMES)('as %s, from now on and from the start', async (caller) => {
    const replays = replaysOf(stage);
    if (isResumed && !(replay in replays)) {
      throw new Error(
        `Say where ${one.name} starts again: add '${replay}' to replaysOf in test/auth/samples.ts.`,
      );
    }
    const socket = await asking.socket(caller);
    for (const over of [{}, ...(isResumed ? [replays] : []), NOBODYS]) {
      // Nothing comes of nobody to whoever may watch.
      if (over === NOBODYS && verdict(caller, one) === 'yes') continue;
      const id = `s${asking.count}`;
      const body = await asking.first(socket, id, questions.root(one, everything, over));
      judge(caller, one, body, one.field.name);
      cells += 1 + countAsked(everything);
    }
    socket.end();
  });
});

describe('over a WebSocket', () => {
  test.each(CALLER_NAMES)(
    'neither queries nor commands are answered, as %s',
    async (caller) => {
      const socket = await asking.socket(caller);
      for (const [name, one] of [...ofRoot('Query'), ...ofRoot('Mutation')]) {
        const body = await asking.first(socket, name, questions.root(one, everythingOf(one)));
        expect([name, body]).toEqual([
          name,
          {
            errors: [
              expect.objectContaining({ message: expect.stringContaining('Only subscriptions') }),
            ],
          },
        ]);
        cells += 1;
      }
      socket.end();
    },
    PATIENCE_MS,
  );
});

describe('past the router', () => {
  test.each(CALLER_NAMES)(
    'nothing is answered, as %s',
    async (caller) => {
      const refused = { errors: [{ message: NOT_THE_ROUTER, extensions: { code: 'FORBIDDEN' } }] };
      for (const [, one] of named(RULED)) {
        const everything = everythingOf(one);
        const question = ROOT.has(one.type.name)
          ? questions.root(one, everything)
          : questions.entity(one, everything, [representation(one.type.name, 'ada')]);
        expect(await asking.pastRouter(caller, question)).toEqual({ status: 403, body: refused });
        cells += 1;
      }
      expect(await asking.socketPastRouter(caller)).toEqual({ code: 4403, reason: NOT_THE_ROUTER });
    },
    PATIENCE_MS,
  );
});

describe.each(ofRoot('Mutation'))('%s', (_name, one) => {
  const everything = everythingOf(one);
  beforeAll(() => stage.world.command(desk, 'reinstateMember', { customerId: 'ada' }, ''));

  test.each(CALLER_NAMES)('as %s', async (caller) => {
    const isRefused = verdict(caller, one) !== 'yes';
    const before = isRefused ? await stage.world.digest() : '';
    const { body } = await asking.http(caller, questions.root(one, everything));
    judge(caller, one, body, one.field.name);
    if (isRefused) {
      const unknown = await asking.http(caller, questions.root(one, everything, NOBODYS));
      expect(unknown.body).toEqual(body);
      expect(await stage.world.digest()).toBe(before);
    }
    cells += 1 + countAsked(everything);
  });
});
