import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createDataSource } from '../../src/database/data-source';
import { platformEventReader } from '../../src/events/platform-events';
import type { MessageType } from '../../src/ledger/message';
import { MESSAGE_SCHEMAS } from '../../src/outbox/message-schemas';
import type { ClaimedMessage } from '../../src/outbox/outbox.store';
import { signedRequest } from '../../src/outbox/webhook';
import type { SubgraphClient } from '../../src/scenarios/client';
import { parseScenario } from '../../src/scenarios/format';
import { runScenario } from '../../src/scenarios/run';
import { openStage, type Stage } from '../../src/scenarios/stage';
import { eventContract } from '../../src/server/asyncapi';
import { ADMIN_URL } from '../support/database';

jest.setTimeout(240_000);

const SCENARIOS = join(__dirname, '../scenarios');
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const { messages } = eventContract().components;
const PAYLOADS = new Map(
  Object.entries(messages).map(([type, { payload }]) => [
    type,
    z.fromJSONSchema(payload as Parameters<typeof z.fromJSONSchema>[0]),
  ]),
);

type Story = (client: SubgraphClient) => Promise<unknown>;

function storyOf(file: string): Story {
  const scenario = parseScenario(readFileSync(join(SCENARIOS, file), 'utf8'));
  if (!('steps' in scenario)) throw new Error(`${file}: ${JSON.stringify(scenario)}`);
  return async (client) => {
    const differences = await runScenario(scenario, client, new AbortController().signal);
    expect({ file, differences }).toEqual({ file, differences: [] });
  };
}

/** An order that was reckoned with other X-Points than were captured: scenarios do not tell of that. */
const discrepancy: Story = async (client) => {
  const order = { orderId: 'o1', customerId: 'ada', net: '10.00', currency: 'EUR' };
  await client.sendEvent('customer.registered', { customerId: 'ada', program: 'EU' }, '1');
  await client.sendEvent('order.placed', order, '2');
  await client.sendEvent('order.paid', { orderId: 'o1', xPoints: 7 }, '3');
};

/** What the contract has against an event as it was sent; null where it is as promised. */
function against(event: { readonly type: string }): string | null {
  const payload = PAYLOADS.get(event.type);
  if (!payload) return `${event.type} is not in the contract`;
  const reading = payload.safeParse(event);
  return reading.success ? null : `${JSON.stringify(event)}: ${z.prettifyError(reading.error)}`;
}

/** Everything that the shipped scenarios tell the platform's way, and everything the outbox tells for it. */
async function play(stage: Stage, story: Story) {
  const scene = await stage.open();
  const told: { type: string; outcome: string }[] = [];
  const send = scene.client.sendEvent.bind(scene.client);
  scene.client.sendEvent = async (type, data, id) => {
    const result = await send(type, data, id);
    told.push({ ...{ specversion: '1.0', id, source: '/s', type, data }, outcome: result.outcome });
    return result;
  };
  try {
    await story(scene.client);
    const database = await createDataSource(scene.databaseUrl, { poolSize: 1 }).initialize();
    const rows = await database.query<ClaimedMessage[]>(
      `select account_id as "accountId", number, type, sequence, occurred_at as "occurredAt", data from outbox`,
    );
    await database.destroy();
    return { told, rows };
  } finally {
    await scene.close();
  }
}

describe('the contract of events', () => {
  const told: { type: string; outcome: string }[] = [];
  const rows: ClaimedMessage[] = [];

  beforeAll(async () => {
    const stage = await openStage(process.env[ADMIN_URL]!);
    const files = readdirSync(SCENARIOS).filter((name) => name.endsWith('.json'));
    const stories = [discrepancy, ...files.map(storyOf)];
    const next = async (): Promise<void> => {
      for (let story = stories.pop(); story; story = stories.pop()) {
        const played = await play(stage, story);
        told.push(...played.told);
        rows.push(...played.rows);
      }
    };
    await Promise.all([next(), next(), next()]);
    await stage.close();
  });

  it('has every event that the code takes, and every message that it sends (R9.2)', () => {
    const known = platformEventReader('key')({ source: 's', id: '1', type: '?', data: {} });
    const taken = /expected one of ([^.]+\.[^ ]+(?:, [a-z.]+)*)\. /.exec(
      JSON.stringify(known),
    )![1]!;
    const sent = Object.keys(MESSAGE_SCHEMAS).map((type) => `rewards.${type}`);
    expect([...PAYLOADS.keys()].sort()).toEqual([...taken.split(', '), ...sent].sort());
  });

  it('takes every event that scenarios tell', () => {
    expect(told.length).toBeGreaterThan(300);
    expect(new Set(told.map(({ type }) => type)).size).toBe(8);
    expect(told.filter(({ outcome }) => outcome === 'REJECTED')).toEqual([]);
    expect(told.map(against).filter((problem) => problem !== null)).toEqual([]);
  });

  it('promises what the outbox sends, of every type, and no field less than there is (R9.2)', () => {
    const problems = rows.map((row) => {
      const { body } = signedRequest([SECRET], row, new Date());
      return against(JSON.parse(body) as { type: string });
    });
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
    const strict = rows.map(({ type, data }) => {
      const reading = MESSAGE_SCHEMAS[type as MessageType].safeParse(data);
      return reading.success ? null : `${type} ${JSON.stringify(data)}: ${reading.error.message}`;
    });
    expect(strict.filter((problem) => problem !== null)).toEqual([]);
    const seen = new Set(rows.map(({ type }) => type));
    expect(Object.keys(MESSAGE_SCHEMAS).filter((type) => !seen.has(type))).toEqual([]);
  });

  it.each([
    ['order.placed', { orderId: 'o', customerId: 'c', net: 5, currency: 'EUR' }],
    ['order.placed', { orderId: 'o', customerId: 'c', net: '-5.00', currency: 'EUR' }],
    ['order.placed', { orderId: 'o', customerId: 'c', net: '5.00', currency: 'euro' }],
    ['order.placed', { orderId: 'o', customerId: 'c', net: '5.00', currency: 'EUR', tags: 'a' }],
    ['order.placed', { customerId: 'c', net: '5.00', currency: 'EUR' }],
    ['order.paid', { orderId: '' }],
    ['order.paid', { orderId: 'o', xPoints: 0.5 }],
    ['order.cancelled', { orderId: 'o', net: '0.00' }],
    ['customer.registered', { customerId: 'c' }],
    ['customer.updated', { customerId: 'c', email: 'nobody' }],
    ['customer.deleted', {}],
  ])('refuses what the service refuses: %s %j', (type, data) => {
    const event = { specversion: '1.0', id: '1', source: 's', type, data };
    expect(platformEventReader('key')(event)).toHaveProperty('rejected');
    expect(against(event)).not.toBeNull();
  });
});
