import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getNamedType, isCompositeType } from 'graphql';
import { EXPORTS } from '../../src/analytics/exports';
import { beginGeneration, rollUp } from '../../src/analytics/roll-up';
import { readSums } from '../../src/analytics/sums.reads';
import type { App } from '../../src/app';
import type { CallerName } from '../../src/auth/callers';
import { readClock } from '../../src/database/clock';
import { bookWhatIsDue } from '../../src/jobs/book-what-is-due';
import { cleanOutbox } from '../../src/jobs/clean-outbox';
import { DAY_MS } from '../../src/kernel/time';
import { balanceReader } from '../../src/ledger/balance.reads';
import { readFigures } from '../../src/operations/figures.reads';
import { startRelay } from '../../src/outbox/relay';
import { parseScenario } from '../../src/scenarios/format';
import { runScenario } from '../../src/scenarios/run';
import { openStage as openTheatre } from '../../src/scenarios/stage';
import { readSequences } from '../../src/subscriptions/balance-feed.store';
import { Asking } from '../auth/asking';
import { askAll, fieldsThatNeedRules } from '../auth/graph-walk';
import { Questions } from '../auth/query';
import { replaysOf, samplesOf } from '../auth/samples';
import { openStage } from '../auth/stage';
import { graphqlSchema as schema, sdl } from '../federation/world';
import { endpoint, eventually } from '../outbox/outbox';
import { Receiver } from '../outbox/receiver';
import { ADMIN_URL } from '../support/database';

/** Who asks: the desk may almost everything, the owner the rest; analytics looks at all of it. */
const CALLERS: readonly CallerName[] = ['desk', 'owner', 'analytics'];
/** Stories that between them take every way through the door, and have the jobs and the mailer at work. */
const TOLD = ['12', '13', '14', '22', '31', '38', '47', '54', '62', '65', '68', '75', '76'];
const SCENARIOS = join(__dirname, '../scenarios');

/** Does, on small databases, whatever the service does: the scenarios, every field of the schema, the jobs. */
export async function doEverything(): Promise<void> {
  await playScenarios();
  await askEverything();
}

/** Some stories, through the public interfaces: events, commands, answers, the jobs and the mails. */
async function playScenarios(): Promise<void> {
  const theatre = await openTheatre(process.env[ADMIN_URL]!);
  const files = (await readdir(SCENARIOS)).filter((name) => TOLD.includes(name.slice(0, 2)));
  const play = async () => {
    for (let file = files.pop(); file !== undefined; file = files.pop()) {
      const scenario = parseScenario(await readFile(join(SCENARIOS, file), 'utf8'));
      if (!('steps' in scenario)) throw new Error(`${file} is malformed`);
      const scene = await theatre.open();
      const differences = await runScenario(scenario, scene.client, AbortSignal.timeout(60_000));
      await scene.close();
      if (differences.length > 0) throw new Error(`${file}: ${JSON.stringify(differences)}`);
    }
  };
  try {
    await Promise.all([play(), play()]);
  } finally {
    await theatre.close();
  }
}

/** What is asked of the past, too. */
const PAST = { 'Customer.xPoints.asOf': '2025-02-10T10:00:00Z' };

/** Every question, command and subscription that the schema knows, and what runs by itself. */
async function askEverything(): Promise<void> {
  const stage = await openStage();
  const { app } = stage.world;
  const asking = new Asking(stage);
  const questions = new Questions(samplesOf(stage));
  const replays = replaysOf(stage);
  const fields = fieldsThatNeedRules(schema, sdl).filter(({ name }) => !name.startsWith('Query._'));
  const receiver = await Receiver.start((_, attempt) => (attempt === 1 ? 500 : 200));
  const config = { ...app.config, webhooks: [endpoint(receiver.url)] };
  const relay = startRelay({ ...app, config }, { pollMs: 50 });
  try {
    for (const caller of CALLERS) {
      const socket = await asking.socket(caller);
      for (const one of fields) {
        const type = getNamedType(one.field.type);
        const everything = isCompositeType(type) ? askAll(schema, type) : null;
        if (one.type.name === 'Subscription') {
          for (const over of [{}, replays]) {
            await asking.first(
              socket,
              `${one.name} ${asking.count}`,
              questions.root(one, everything, over),
            );
          }
        } else if (one.type.name === 'Query' || one.type.name === 'Mutation') {
          await asking.http(caller, questions.root(one, everything));
        } else {
          const netTotal = { amount: '10.00', currency: 'EUR' };
          const representation =
            one.type.name === 'Order' ? { id: 'ada-1', netTotal } : { id: 'ada' };
          const key = { __typename: one.type.name, ...representation };
          await asking.http(caller, questions.entity(one, everything, [key]));
          if (one.name === 'Customer.xPoints') {
            await asking.http(caller, questions.entity(one, everything, [key], PAST));
          }
        }
      }
      socket.end();
    }
    await eventually(() => receiver.taken.length > 0);
    const { signal } = new AbortController();
    await bookWhatIsDue(app, signal);
    await cleanOutbox(app, signal);
    await rollUp(app, signal);
    await beginGeneration(app);
    while (!(await rollUp(app, signal)));
    await readFigures(app.database, app.clock);
    // All that is asked for above is more than the balance.
    for (const whole of [false, true]) {
      await balanceReader(app.database, app.clock, whole)(['ada', 'bob']);
    }
    // A poll comes too seldom to be waited for.
    await readSequences(app.database, app.clock, ['ada', 'bob']);
    const now = await readClock(app.database, app.config.sandbox);
    const past = { from: now - 40 * DAY_MS - 1, to: now - 1, asOf: now - DAY_MS };
    const parts = { moves: true, entries: true };
    await readSums(app, { program: 'EU', basis: 'RECORDED', by: 'DAY', ...past }, parts);
    const ahead = { from: now, to: now + 400 * DAY_MS, asOf: null };
    const foreseen = { ...parts, ahead: true };
    await readSums(app, { program: 'EU', basis: 'KNOWN', by: 'MONTH', ...ahead }, foreseen);
    await downloadAll(app);
  } finally {
    await relay.stop();
    await receiver.stop();
    await stage.close();
  }
}

/** What is exported, each table of it. */
async function downloadAll(app: App): Promise<void> {
  const months = { program: 'EU', from: '2025-01', to: '2025-02' };
  const period = { program: 'EU', from: '2025-01-01T00:00:00Z', to: '2025-03-01T00:00:00Z' };
  const sections = ['periods', 'ageing', 'tiers', 'referrals', 'orders', 'campaigns'];
  const asked = {
    '/accounting.csv': [months],
    '/accounting.json': [months],
    '/analytics.csv': sections.map((section) => ({ ...period, section })),
    '/analytics/entries.csv': ['issued', 'owed'].map((figure) => ({ ...period, figure })),
  };
  for (const { path, open } of EXPORTS) {
    for (const parameters of asked[path]) {
      for await (const part of (await open(app, parameters)).parts) void part;
    }
  }
}
