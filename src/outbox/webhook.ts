import { createHash } from 'node:crypto';
import { CloudEvent, HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { formatInstant } from '../kernel/time';
import type { ClaimedMessage } from './outbox.store';

/** What a message says of itself to the platform: who speaks. */
export const SOURCE = 'rewards';

/** The largest answer that is read to the end, so that its connection can be used again. */
const ANSWER_MAX = 4_096;

/** What a webhook request consists of. */
export interface SignedRequest {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/**
 * A message as the platform gets it: a CloudEvent in structured JSON, whose id `<customerId>/<number>` is
 * the same in every attempt, signed at `at` as Standard Webhooks has it. `webhook-id` is a hash of the id:
 * a header takes no Unicode, and the signed text no further full stop.
 */
export function signedRequest(secret: string, message: ClaimedMessage, at: Date): SignedRequest {
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
      'webhook-signature': new Webhook(secret).sign(webhookId, at, text),
    },
  };
}

/**
 * Sends a request and resolves where it was taken (2xx). Throws on any other answer, a redirect
 * included (it would carry the message to somebody nobody configured), and when `signal` aborts.
 */
export async function post(
  url: string,
  request: SignedRequest,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(url, { method: 'POST', redirect: 'manual', signal, ...request });
  await finish(response);
  if (!response.ok) throw new Error(`The webhook answered ${response.status}`);
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
