/** By what a line of the log is found again from the request it belongs to. */
export interface RequestIds {
  readonly requestId: string;
  /** Of the caller's trace; undefined where they named none. */
  readonly traceId?: string | undefined;
}

/** Beside the errors rather than on them: a frozen one may be thrown, and the caller must not be shown it. */
const requests = new WeakMap<object, RequestIds>();

/** Says which request an error belongs to, and with it whatever it was made of (`originalError`). */
export function belongsTo(error: unknown, { requestId, traceId }: RequestIds): void {
  let part = error;
  while (typeof part === 'object' && part !== null) {
    requests.set(part, { requestId, traceId });
    part = 'originalError' in part ? part.originalError : null;
  }
}

/** The ids of the request that an error was said to belong to, to be logged with it; nothing where it belongs to none. */
export function requestOf(error: unknown): RequestIds | Record<string, never> {
  return (typeof error === 'object' && error !== null && requests.get(error)) || {};
}
