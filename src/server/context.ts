import { randomUUID } from 'node:crypto';
import type { App } from '../app';
import type { Actor } from '../auth/actor';
import type { Loaders } from '../federation/loaders';
import type { Locale } from '../programs/terms';

/** What a resolver may touch. Made anew for each request, and for each event of a subscription. */
export interface RequestContext {
  readonly app: App;
  readonly actor: Actor;
  /** Reads gathered within this request or event; what they hold is never served to a later one. */
  readonly loaders: Loaders;
  readonly locale: Locale;
  readonly requestId: string;
  /** The id of the caller's trace (W3C `traceparent`), where they named one. */
  readonly traceId?: string | undefined;
}

/** Who asks and how, from which a context is made. */
export type Caller = Pick<RequestContext, 'actor' | 'locale' | 'requestId' | 'traceId'>;
export type MakeContext = (caller: Caller) => RequestContext;

/** The caller's id of a request where it is a short plain word, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.-]{1,64}$/.test(header) ? header : randomUUID();
}
