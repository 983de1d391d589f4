import { CallFailed, type SubgraphClient } from './client';
import { type CallAnswer, callOf, registrationOf } from './commands';
import { compare, type Mismatch } from './compare';
import type { Scenario } from './format';
import { look, orNothing } from './looks';
import type { CommandStep, EventStep, Step } from './shapes';

/** One thing that came out otherwise than the scenario tells it. */
export interface Difference extends Mismatch {
  /** 1 for the first; null where no step was reached. */
  readonly step: number | null;
  /** The step in short, such as `redeem r1` or `check customer ada`. */
  readonly what: string;
}

/** A step that cannot be replayed: the story ends there. */
class StepFailed extends Error {
  constructor(
    readonly field: string,
    readonly expected: string,
    message: string,
  ) {
    super(message);
  }
}

/** Outcomes of an event that was understood. Events that are set aside are part of some stories. */
const EVENT_OUTCOMES = ['APPLIED', 'WAITING', 'UNCHANGED', 'DUPLICATE', 'SET_ASIDE'];

/**
 * Replays a scenario through the public interfaces of a subgraph on a database of its own, in the
 * order of its steps, and gives back every difference. A step that cannot be replayed, or that is
 * not answered, is the last.
 */
export async function runScenario(
  scenario: Scenario,
  client: SubgraphClient,
  signal: AbortSignal,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  const named = new Map<string, string>();
  const heardOf = new Set<string>();
  let now: string | null = null;
  if (scenario.steps[0]?.at === null) await client.moveClock(Date.now());
  for (const [index, step] of scenario.steps.entries()) {
    signal.throwIfAborted();
    const number = index + 1;
    const told = (mismatch: Mismatch) => ({ step: number, what: inShort(step), ...mismatch });
    try {
      if (step.at !== null && step.at !== now) await client.moveClock(Date.parse(step.at));
      now = step.at ?? now;
      if (step.kind === 'event') for (const name of namesIn(step)) heardOf.add(name);
      differences.push(...(await replay(step, number, client, { named, heardOf })).map(told));
    } catch (error) {
      differences.push(told(failureOf(error)));
      return differences;
    }
  }
  return differences;
}

function failureOf(error: unknown): Mismatch {
  if (error instanceof CallFailed) {
    return { field: 'answer', expected: 'an answer', actual: error.message };
  }
  if (!(error instanceof StepFailed)) throw error;
  return { field: error.field, expected: error.expected, actual: error.message };
}

/** What earlier steps named, and the customers and orders that events told of. */
interface SoFar {
  readonly named: Map<string, string>;
  readonly heardOf: ReadonlySet<string>;
}

async function replay(
  step: Step,
  number: number,
  client: SubgraphClient,
  { named, heardOf }: SoFar,
): Promise<Mismatch[]> {
  if (step.kind === 'event') return sendEvent(step, number, client);
  if (step.kind === 'do') return sendCommand(step, number, client, named);
  const seen = await look(client, step, (name) => idOf(named, name));
  return compare(
    step.expect,
    heardOf.has(`${step.check} ${step.id}`) ? orNothing(step, seen) : seen,
  );
}

function namesIn({ data }: EventStep): string[] {
  return [
    ...('customerId' in data ? [`customer ${data.customerId}`] : []),
    ...('orderId' in data ? [`order ${data.orderId}`] : []),
  ];
}

async function sendEvent(
  step: EventStep,
  number: number,
  client: SubgraphClient,
): Promise<Mismatch[]> {
  const data =
    step.event === 'customer.registered' ? await registrationOf(client, step.data) : step.data;
  const result = await client.sendEvent(step.event, data, `step-${number}`);
  if (EVENT_OUTCOMES.includes(result.outcome)) return [];
  const why = [result.outcome, result.reason, result.message].filter(Boolean).join(' ');
  return [{ field: 'outcome', expected: EVENT_OUTCOMES.join(' or '), actual: why }];
}

/** A question about nobody is answered with nothing. */
interface Asked {
  readonly answer: CallAnswer['answer'] | null;
}

async function sendCommand(
  step: CommandStep,
  number: number,
  client: SubgraphClient,
  named: Map<string, string>,
): Promise<Mismatch[]> {
  if (step.do === 'tell' || step.do === 'deliver') {
    await client.doJobs(step.do === 'deliver');
    return expectation(step, 'ok');
  }
  const call = await callOf(step.do, step.data, { client, idOf: (name) => idOf(named, name) });
  const { sender, document, input, isQuestion = false, shown } = call;
  const variables = isQuestion ? input : { input: { ...input, idempotencyKey: `step-${number}` } };
  const { answer } = await client.query<Asked>(sender, document, variables);
  if (answer === null) return expectation(step, 'nothing');
  const made = answer.redemption ?? answer.transfer;
  if ('as' in step.data && step.data.as !== undefined && made) named.set(step.data.as, made.id);
  const shows = 'shows' in step.data ? step.data.shows : undefined;
  const isShown = shows !== undefined && shown !== undefined && answer.code === undefined;
  return [
    ...expectation(step, answer.code ?? 'ok'),
    ...(isShown ? compare(shows, shown(answer)) : []),
  ];
}

function expectation({ expect }: CommandStep, actual: string): Mismatch[] {
  return actual === expect ? [] : [{ field: 'expect', expected: expect, actual }];
}

function idOf(named: ReadonlyMap<string, string>, name: string): string {
  const id = named.get(name);
  if (id !== undefined) return id;
  throw new StepFailed('data', 'a step that was accepted', `${name} was not accepted`);
}

function inShort(step: Step): string {
  if (step.kind === 'check') return `check ${step.check} ${step.id}`;
  const data: Readonly<Record<string, unknown>> = step.data;
  const name =
    data.as ??
    data.redemption ??
    data.transfer ??
    data.orderId ??
    data.customerId ??
    data.from ??
    data.program;
  const what = step.kind === 'do' ? step.do : step.event;
  return name === undefined ? what : `${what} ${String(name)}`;
}
