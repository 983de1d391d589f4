import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { signToken } from '../../src/auth/dev-token';
import { eventContract } from '../../src/server/asyncapi';
import { freshDatabase, ownerUrlOf, type TestDatabase } from '../support/database';
import { Service } from '../support/service';
import { type Block, blocksByPage } from './blocks';

const ROOT = join(__dirname, '../..');
const AUTH = { AUTH_SECRET: randomBytes(32).toString('hex') };
/** Nothing is done with them here: a browser draws them, and the story of the checkout checks the calls. */
const PICTURES = ['mermaid'];
const LANGUAGES = ['bash', 'graphql', 'json', 'csv', ...PICTURES];

const pages = blocksByPage();
const api = buildSchema(readFileSync(join(ROOT, 'schema/api.graphql'), 'utf8'));

let database: TestDatabase;
let service: Service;
let url: string;

beforeAll(async () => {
  database = await freshDatabase();
  service = new Service({
    NODE_ENV: 'development',
    DATABASE_URL: database.url,
    DATABASE_MIGRATION_URL: ownerUrlOf(database.url),
    LOG_LEVEL: 'warn',
    ...AUTH,
  });
  url = await service.url();
});

afterAll(async () => {
  service?.signal('SIGTERM');
  await service?.exit;
  await database?.drop();
});

/** Who asks, by page: a customer where nothing is said. */
const ASKED_BY: Readonly<Record<string, object>> = {
  'docs/analytics.md': { sub: 'ana', scope: 'rewards:analytics' },
  'docs/partner.md': { sub: 'dora', scope: 'rewards:partner', organizationId: 'acme' },
};

/** What a block does, and what it answers. */
async function run({ block, variables, answer: promised }: Step): Promise<unknown> {
  if (block.language === 'bash') {
    const text = await shell(block.text);
    return Array.isArray(promised) ? linesOf(text) : JSON.parse(text);
  }
  const errors = block.text.includes('_entities') ? [] : validate(api, parse(block.text));
  if (errors.length > 0) throw new Error(errors.join('\n'));
  const token = await signToken(Buffer.from(AUTH.AUTH_SECRET), {
    ...{ sub: 'grace', issuer: 'rewards-dev', audience: 'rewards', ...ASKED_BY[block.page] },
  });
  const answer = block.text.startsWith('subscription')
    ? await subscribe(block.text, variables, token)
    : await ask(block.text, variables, token);
  expect(answer).not.toHaveProperty('errors');
  return answer;
}

function linesOf(text: string): string[] {
  return text.trimEnd().split(/\r?\n/);
}

function shell(text: string): Promise<string> {
  const script = text.replaceAll(/(?:http:\/\/)?localhost:4000/g, url);
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...AUTH };
  return new Promise((done, fail) => {
    execFile('bash', ['-euo', 'pipefail', '-c', script], { cwd: ROOT, env }, (error, out, err) => {
      if (error) fail(new Error(`${error.message}\n${err}`));
      else done(out);
    });
  });
}

async function ask(query: string, variables: object, token: string): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

/** The first that comes. */
async function subscribe(query: string, variables: object, token: string): Promise<unknown> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { token },
    retryAttempts: 0,
  });
  const results = client.iterate({ query, variables: { ...variables } });
  const { value } = (await results.next()) as { value: unknown };
  await client.dispose();
  return value;
}

/** Checks an event or a list of them, as they stand on a command line or in a block, against the contract. */
function isAsPromised(events: unknown): void {
  for (const event of [events].flat() as { type: string }[]) {
    const { messages } = eventContract().components;
    const payload = messages[event.type]?.payload as Parameters<typeof z.fromJSONSchema>[0];
    expect({ [event.type]: payload }).toEqual({ [event.type]: expect.anything() });
    const reading = z.fromJSONSchema(payload).safeParse(event);
    expect(reading.error && z.prettifyError(reading.error)).toBeUndefined();
  }
}

/** A block that is run, with the variables and the answer that follow it. */
interface Step {
  readonly block: Block;
  readonly variables: object;
  /** What the answer has in it, or all lines of one that is CSV. */
  readonly answer: object | readonly string[] | undefined;
}

function* stepsOf(blocks: readonly Block[]): Generator<Step> {
  for (const [index, block] of blocks.entries()) {
    if (block.notRun !== null || PICTURES.includes(block.language) || block.role !== null) continue;
    const rest = blocks.slice(index + 1);
    const end = rest.findIndex(({ role }) => role === null);
    const own = end === -1 ? rest : rest.slice(0, end);
    const found = (role: string) => {
      const one = own.find((it) => it.role === role);
      if (one?.language === 'csv') return linesOf(one.text);
      return one && (JSON.parse(one.text) as object);
    };
    yield { block, variables: found('variables') ?? {}, answer: found('answer') };
  }
}

describe.each([...pages].filter(([, blocks]) => blocks.length > 0))('%s', (page, blocks) => {
  it('has only blocks that are run, or say why they are not', () => {
    for (const { language, line, role } of blocks) {
      expect({ line, language }).toEqual({
        line,
        language: expect.stringMatching(LANGUAGES.join('|')),
      });
      if (language === 'json') expect(['answer', 'variables', 'event']).toContain(role);
      if (language === 'csv') expect(role).toBe('answer');
    }
  });

  const steps = [...stepsOf(blocks)];
  if (steps.length === 0) return;

  it.each(steps.map((step) => [step.block.line, step] as const))(
    'line %i does what it says',
    async (_line, step) => {
      const { block, answer } = step;
      const events = /(?:-d|--data) '(\[[\s\S]*?\])'/.exec(block.text)?.[1];
      if (events) isAsPromised(JSON.parse(events));
      const received = await run(step);
      expect({ page, line: block.line, answer }).toEqual({
        page,
        line: block.line,
        answer: expect.anything(),
      });
      expect(received).toMatchObject(answer!);
    },
  );
});

it('leads nowhere in vain', () => {
  const broken = [...pages.keys()].flatMap((page) => {
    const content = readFileSync(join(ROOT, page), 'utf8').replaceAll(/```[\s\S]*?```/g, '');
    const links = [...content.matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(([, to]) => to!);
    return links
      .filter((to) => !existsSync(resolve(ROOT, dirname(page), to)))
      .map((to) => `${page}: ${to}`);
  });
  expect(broken).toEqual([]);
});
