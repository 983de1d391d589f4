import { CallFailed, type SubgraphClient } from './client';
import { type CallAnswer, callOf, laterField } from './commands';
import { compare, type Mismatch } from './compare';
import type { Scenario } from './format';
import { look } from './looks';
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
  const redemptions = new Map<string, string>();
  let now: string | null = null;
  if (scenario.steps[0]?.at === null) await client.moveClock(Date.now());
  for (const [index, step] of scenario.steps.entries()) {
    signal.throwIfAborted();
    const number = index + 1;
    const named = (mismatch: Mismatch) => ({ step: number, what: inShort(step), ...mismatch });
    try {
      if (step.at !== null && step.at !== now) await client.moveClock(Date.parse(step.at));
      now = step.at ?? now;
      differences.push(...(await replay(step, number, client, redemptions)).map(named));
    } catch (error) {
      differences.push(named(failureOf(error)));
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

async function replay(
  step: Step,
  number: number,
  client: SubgraphClient,
  redemptions: Map<string, string>,
): Promise<Mismatch[]> {
  if (step.kind === 'event') return sendEvent(step, number, client);
  if (step.kind === 'do') return sendCommand(step, number, client, redemptions);
  return compare(step.expect, await look(client, step));
}

async function sendEvent(
  step: EventStep,
  number: number,
  client: SubgraphClient,
): Promise<Mismatch[]> {
  const later = laterField(step);
  if (later) {
    const why = `field ${later} of ${step.event} is not available yet`;
    throw new StepFailed(`data.${later}`, 'a field that is available', why);
  }
  const result = await client.sendEvent(step.event, step.data, `step-${number}`);
  if (EVENT_OUTCOMES.includes(result.outcome)) return [];
  const why = [result.outcome, result.reason, result.message].filter(Boolean).join(' ');
  return [{ field: 'outcome', expected: EVENT_OUTCOMES.join(' or '), actual: why }];
}

async function sendCommand(
  step: CommandStep,
  number: number,
  client: SubgraphClient,
  redemptions: Map<string, string>,
): Promise<Mismatch[]> {
  const call = callOf(step.do, step.data, (name) => {
    const id = redemptions.get(name);
    if (id !== undefined) return id;
    const why = `redemption ${name} was not accepted`;
    throw new StepFailed('data.redemption', 'an accepted redemption', why);
  });
  if (!call) {
    const why = `command ${step.do} is not available yet`;
    throw new StepFailed('do', 'a command that is available', why);
  }
  const { answer } = await client.query<CallAnswer>(call.sender, call.document, {
    input: { ...call.input, idempotencyKey: `step-${number}` },
  });
  const actual = answer.code ?? 'ok';
  if (step.do === 'redeem' && step.data.as !== undefined && answer.redemption) {
    redemptions.set(step.data.as, answer.redemption.id);
  }
  return actual === step.expect ? [] : [{ field: 'expect', expected: step.expect, actual }];
}

function inShort(step: Step): string {
  if (step.kind === 'check') return `check ${step.check} ${step.id}`;
  const data: Readonly<Record<string, unknown>> = step.data;
  const name = data.as ?? data.redemption ?? data.orderId ?? data.customerId ?? data.from;
  return `${step.kind === 'do' ? step.do : step.event} ${String(name)}`;
}
