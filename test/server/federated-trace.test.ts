import { Trace } from '@apollo/usage-reporting-protobuf';
import type { DataSource } from 'typeorm';
import { ROUTER_SECRET } from '../../src/server/router-secret';
import { ask, type Running, startFixture } from './running';

const SECRET = 'the-secret-of-the-router-32-characters-or-more';
const ASKED = { 'apollo-federation-include-trace': 'ftv1' };
const QUERY = '{ count badStars }';

let guarded: Running;
let open: Running;
beforeAll(async () => {
  guarded = await startFixture({} as DataSource, { routerSecrets: [SECRET] });
  open = await startFixture({} as DataSource);
});
afterAll(async () => {
  await guarded.stop();
  await open.stop();
});

async function traced(server: Running, query: string, headers: Record<string, string>) {
  const { body } = await ask(server, query, { headers });
  const { ftv1 } = (body as { extensions?: { ftv1?: string } }).extensions ?? {};
  return ftv1 === undefined ? null : Trace.decode(Buffer.from(ftv1, 'base64'));
}

test('a router that shows its secret gets a trace of every field, where it asks for one', async () => {
  const headers = { [ROUTER_SECRET]: SECRET };
  const trace = await traced(guarded, QUERY, { ...headers, ...ASKED });
  expect(trace!.root!.child!.map(({ responseName }) => responseName).sort()).toEqual([
    'badStars',
    'count',
  ]);
  expect(Number(trace!.durationNs)).toBeGreaterThan(0);
  expect(await traced(guarded, QUERY, headers)).toBeNull();
});

test('a trace tells that a field failed, not why', async () => {
  const trace = await traced(guarded, '{ badStars }', { [ROUTER_SECRET]: SECRET, ...ASKED });
  const [failed] = trace!.root!.child!;
  expect(failed!.error!.map(({ message }) => message)).toEqual(['<masked>']);
});

test('nobody is traced for where no secret keeps others out', async () => {
  expect(await traced(open, QUERY, ASKED)).toBeNull();
});
