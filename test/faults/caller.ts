import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Chance } from '../../src/demo/chance';
import { redemptionId } from '../../src/ledger/redemption';
import {
  type Answer,
  type Asked,
  type Ending,
  graphqlAnswer,
  type HistoryFile,
  SOURCE,
} from './history';

/** Bearer tokens: a customer's own, or the desk's. */
export type TokenOf = (subject: string | 'desk') => string;

/** The run is over before this could be settled. */
export class GivenUpError extends Error {}

/** A longer wait is given up by an ordinary client; its request may go on. */
const PATIENCE_MS = 8_000;
const IMPATIENCE_MS = 250;
const FIELDS = {
  redeemed:
    '... on RedeemXPointsSuccess { redemption { id state points held captured released } balance { sequence available held owed } }',
  moved: '... on XPointsTransferSuccess { transfer { id state moved } }',
  refused:
    '... on Refusal { code } ... on InsufficientXPoints { available } ... on LimitExceeded { limit }',
};
const MUTATIONS = {
  redeem: ['redeemXPoints', 'RedeemXPointsInput!', FIELDS.redeemed],
  capture: ['captureRedemption', 'CaptureRedemptionInput!', FIELDS.redeemed],
  release: ['releaseRedemption', 'ReleaseRedemptionInput!', FIELDS.redeemed],
  transfer: ['transferXPoints', 'TransferXPointsInput!', FIELDS.moved],
} as const;

interface Outcome {
  readonly ending: Ending;
  readonly answer: Answer | null;
  readonly error: string | null;
}

/** How something is asked, besides what. */
export interface Manner {
  readonly forged?: boolean;
  readonly mischief?: string;
}

/**
 * One client: asks one server after the other until it is answered, always under the same key, and writes every attempt
 * down before and after.
 */
export class Caller {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 8 });

  constructor(
    readonly name: string,
    private readonly servers: readonly string[],
    private readonly history: HistoryFile,
    private readonly tokenOf: TokenOf,
    private readonly chance: Chance,
    /** Past it nothing is tried again. */
    private readonly isOver: () => boolean,
  ) {}

  /** Asks until it is answered. Throws GivenUpError at the end of the run, and never for a fault. */
  async ask(asked: Asked, manner: Manner = {}): Promise<Answer> {
    for (let tries = 0; ; tries += 1) {
      const { ending, answer } = await this.attempt(asked, manner);
      if (answer) return answer;
      if (ending === 'declined' && manner.forged) return {};
      if (this.isOver()) throw new GivenUpError();
      await pause(20 + this.chance.next() * Math.min(600, 60 * 2 ** tries));
    }
  }

  /** Asks once; what it came to is in the history. */
  async attempt(asked: Asked, manner: Manner = {}): Promise<Outcome> {
    const { forged = false, mischief = null } = manner;
    const server = Math.floor(this.chance.next() * this.servers.length);
    const { name: by } = this;
    const n = this.history.invoke({ by, asked, server, forged, mischief });
    const patience = this.chance.happens(0.03) ? IMPATIENCE_MS : PATIENCE_MS;
    const outcome = await this.call(this.servers[server]!, asked, patience);
    const { ending, answer, error } = outcome;
    this.history.ended(ending, { by, n, answer, error });
    return outcome;
  }

  close(): void {
    this.agent.destroy();
  }

  private async call(server: string, asked: Asked, patience: number): Promise<Outcome> {
    try {
      return asked.kind === 'event'
        ? await this.sendEvent(server, asked, patience)
        : await this.mutate(server, asked, patience);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const ending = code === 'ECONNREFUSED' ? 'unsent' : 'unknown';
      return { ending, answer: null, error: message };
    }
  }

  private async sendEvent(
    server: string,
    { id, type, data }: Extract<Asked, { kind: 'event' }>,
    patience: number,
  ): Promise<Outcome> {
    const event = { specversion: '1.0', source: SOURCE, id, type, data };
    const headers = { 'content-type': 'application/cloudevents+json' };
    const { status, body } = await this.post(`${server}/events`, headers, event, patience);
    const result = (body as { results?: Record<string, string>[] }).results?.[0];
    const { outcome, reason, message = `answered ${status}` } = result ?? {};
    if (outcome === 'REJECTED') return { ending: 'declined', answer: null, error: message };
    if (outcome === undefined || outcome === 'FAILED') {
      const isDefect = message.startsWith('Unexpected failure');
      return { ending: isDefect ? 'defect' : ending(status), answer: null, error: message };
    }
    return {
      ending: 'ok',
      answer: { outcome, ...(reason === undefined ? {} : { reason }) },
      error: null,
    };
  }

  private async mutate(
    server: string,
    asked: Exclude<Asked, { kind: 'event' }>,
    patience: number,
  ): Promise<Outcome> {
    const [field, type, selection] = MUTATIONS[asked.kind];
    const query = `mutation ($input: ${type}) { it: ${field}(input: $input) { ${selection} ${FIELDS.refused} } }`;
    const sender = asked.kind === 'redeem' ? asked.customerId : 'desk';
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${this.tokenOf(sender)}`,
    };
    const content = { query, variables: { input: inputOf(asked) } };
    const { status, body } = await this.post(`${server}/graphql`, headers, content, patience);
    const { data, errors } = body as {
      data?: { it: Record<string, unknown> } | null;
      errors?: { message: string; extensions?: { code?: string } }[];
    };
    if (data) return { ending: 'ok', answer: graphqlAnswer(data.it), error: null };
    const { message = `answered ${status}`, extensions } = errors?.[0] ?? {};
    const error = `${extensions?.code ?? ''} ${message}`;
    switch (extensions?.code) {
      case 'INTERNAL_SERVER_ERROR':
        return { ending: 'defect', answer: null, error };
      case undefined:
      case 'UNAVAILABLE':
        return { ending: ending(status), answer: null, error };
      default:
        return { ending: 'declined', answer: null, error };
    }
  }

  private async post(
    url: string,
    headers: Record<string, string>,
    content: object,
    patience: number,
  ): Promise<{ status: number; body: object }> {
    const text = JSON.stringify(content);
    return new Promise((resolve, reject) => {
      const call = request(url, {
        method: 'POST',
        agent: this.agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(text) },
      });
      const late = setTimeout(
        () => call.destroy(new Error(`no answer in ${patience} ms`)),
        patience,
      );
      const done = (error: Error) => {
        clearTimeout(late);
        reject(error);
      };
      call.on('error', done);
      call.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', done);
        response.on('aborted', () => done(new Error('the answer broke off')));
        response.on('end', () => {
          clearTimeout(late);
          resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks)) });
        });
      });
      call.end(text);
    });
  }
}

/** What says no more than a status: below 500 nothing was done. */
function ending(status: number): Ending {
  return status >= 400 && status < 500 ? 'declined' : 'unknown';
}

function parsed(body: Buffer): object {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    return typeof json === 'object' && json !== null ? json : {};
  } catch {
    return {};
  }
}

function inputOf(asked: Exclude<Asked, { kind: 'event' }>): object {
  const idempotencyKey = asked.key;
  switch (asked.kind) {
    case 'redeem': {
      const { customerId, orderId, points, holdSeconds } = asked;
      const hold = holdSeconds === null ? null : { seconds: holdSeconds };
      return { customerId, orderId, points, hold, idempotencyKey };
    }
    case 'transfer': {
      const { fromId, toId, points } = asked;
      return { fromId, toId, points, reason: 'OTHER', idempotencyKey };
    }
    default:
      return { redemptionId: redemptionId(asked.customerId, asked.number), idempotencyKey };
  }
}
