import { createHash } from 'node:crypto';
import { CloudEvent, HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { formatInstant } from '../kernel/time';
import type { ClaimedMessage, DeliveryFailure } from './outbox.store';

/** What a message says of itself to the platform: who speaks. */
export const SOURCE = 'rewards';

/** The largest answer that is read to the end, so that its connection can be used again. */
const ANSWER_MAX = 4_096;

/** What a webhook request consists of. */
export interface SignedRequest {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A message that was not taken, and why. */
export class NotTakenError extends Error {
  constructor(
    readonly failure: DeliveryFailure,
    readonly status: number | null,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'NotTakenError';
  }
}

/**
 * A message as the platform gets it: a CloudEvent in structured JSON, whose id `<customerId>/<number>` is
 * the same in every attempt, signed at `at` as Standard Webhooks has it, once with each secret: whoever changes theirs
 * knows one of them. `webhook-id` is a hash of the id: a header takes no Unicode, and the signed text no further full stop.
 */
export function signedRequest(
  secrets: readonly string[],
  message: ClaimedMessage,
  at: Date,
): SignedRequest {
  const { accountId, number, type, sequence, occurredAt, data } = message;
  const id = `${accountId}/${number}`;
  const event = new CloudEvent({
    id,
    source: SOURCE,
    type: `${SOURCE}.${type}`,
    subject: accountId,
    time: formatInstant(occurredAt),
    datacontenttype: 'application/json',
    data: { ...data, sequence },
  });
  const { headers, body } = HTTP.structured(event);
  const text = String(body);
  const webhookId = `msg_${createHash('sha256').update(id).digest('base64url')}`;
  return {
    body: text,
    headers: {
      'content-type': String(headers['content-type']),
      'webhook-id': webhookId,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': secrets
        .map((secret) => new Webhook(secret).sign(webhookId, at, text))
        .join(' '),
    },
  };
}

/**
 * Sends a request and resolves with the status where it was taken (2xx). Fails with NotTakenError on any other answer, a
 * redirect included (it would carry the message to somebody nobody configured), where none comes, and when `signal` aborts.
 */
export async function post(
  url: string,
  request: SignedRequest,
  signal: AbortSignal,
): Promise<number> {
  const response = await send(url, request, signal);
  const { status } = response;
  await finish(response);
  if (response.ok) return status;
  const failure = status >= 300 && status < 400 ? 'REDIRECT' : 'STATUS';
  throw new NotTakenError(failure, status, `The webhook answered ${status}`);
}

async function send(url: string, request: SignedRequest, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', redirect: 'manual', signal, ...request });
  } catch (error) {
    const failure = signal.aborted ? 'TIMEOUT' : 'CONNECTION';
    throw new NotTakenError(failure, null, messageOf(error), error);
  }
}

/** What an operator needs to know; fetch hides the network's own message in the cause. */
function messageOf(error: unknown): string {
  const { message, cause } = Object(error) as { message?: unknown; cause?: unknown };
  const detail = cause === undefined ? '' : `: ${messageOf(cause)}`;
  return `${String(message ?? 'unknown failure')}${detail}`;
}

/** The status has decided already: an answer that is long, or breaks off, changes nothing. */
async function finish(response: Response): Promise<void> {
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  try {
    if (length <= ANSWER_MAX) await response.arrayBuffer();
    else await response.body?.cancel();
  } catch {
    return;
  }
}
