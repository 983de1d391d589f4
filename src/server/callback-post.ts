import { Agent, request as overHttp } from 'node:http';
import { request as overHttps, Agent as TlsAgent } from 'node:https';

/** How long the other side may take to answer, in milliseconds. */
const ANSWER_MS = 5_000;
/** The most connections to one origin: a router that hangs must not use up what the process may open. */
const CONNECTIONS = 256;

const agents = {
  'http:': new Agent({ keepAlive: true, maxSockets: CONNECTIONS }),
  'https:': new TlsAgent({ keepAlive: true, maxSockets: CONNECTIONS }),
};

/**
 * What became of a message: TAKEN; GONE, nobody wants more (404); REFUSED, it never will be taken; FAILED, it may be
 * taken when it is sent again.
 */
export type Delivered = 'TAKEN' | 'GONE' | 'REFUSED' | 'FAILED';

/** Statuses of a router that is there but busy. */
const BUSY = new Set([408, 425, 429]);

/**
 * Posts a message of the callback protocol, once. Never rejects; FAILED when `signal` aborts. Goes to no other address
 * than `url`: a redirect is REFUSED. What the other side says beside its status is not read.
 */
export function post(url: URL, message: object, signal?: AbortSignal): Promise<Delivered> {
  return new Promise((resolve) => {
    const isSecure = url.protocol === 'https:';
    const sent = (isSecure ? overHttps : overHttp)(url, {
      method: 'POST',
      agent: isSecure ? agents['https:'] : agents['http:'],
      headers: { 'content-type': 'application/json', 'subscription-protocol': 'callback/1.0' },
    });
    const giveUp = (): void => void sent.destroy(new Error('Given up'));
    const timer = setTimeout(giveUp, ANSWER_MS);
    signal?.addEventListener('abort', giveUp, { once: true });
    sent.on('error', () => resolve('FAILED'));
    sent.on('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      resolve('FAILED');
    });
    sent.on('response', (response) => {
      resolve(outcomeOf(response.statusCode ?? 0));
      // An empty answer frees its connection for the next message; any other loses it.
      response.on('data', () => response.destroy()).on('error', () => undefined);
    });
    if (signal?.aborted) giveUp();
    else sent.end(JSON.stringify(message));
  });
}

function outcomeOf(status: number): Delivered {
  if (status >= 200 && status < 300) return 'TAKEN';
  if (status === 404) return 'GONE';
  return status >= 500 || BUSY.has(status) ? 'FAILED' : 'REFUSED';
}
