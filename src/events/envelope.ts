import { CloudEvent, HTTP } from 'cloudevents';
import { isId } from '../kernel/ids';
import { shown } from './fields';

/** What of a CloudEvent matters here. Its `time` does not: an instant that counts stands in the data. */
export interface Envelope {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
}

/** A CloudEvent's envelope, or why it is none; `source` and `id` as far as they could be read. */
export type EnvelopeReading =
  | { readonly envelope: Envelope }
  | { readonly source: string | null; readonly id: string | null; readonly rejected: string };

/**
 * Reads one CloudEvent 1.0 from its JSON. The id has to be the sender's (none is made up), and the data
 * JSON itself, not base64. A null attribute counts as absent, as the JSON format has it.
 */
export function readEnvelope(json: unknown): EnvelopeReading {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  const attributes = isObject
    ? Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null))
    : {};
  const { specversion, id, source, type, data } = attributes;
  const problem = isObject
    ? attributeProblem(attributes)
    : 'the event is no JSON object; expected a CloudEvent 1.0';
  if (problem !== null) {
    return { source: idOrNull(source), id: idOrNull(id), rejected: advise(problem) };
  }
  const envelope = { source: String(source), id: String(id), type: String(type), data };
  try {
    new CloudEvent({ ...attributes, specversion: String(specversion), ...envelope });
  } catch (error) {
    const detail = error instanceof Error ? error.message.split('\n')[0] : 'unknown attribute';
    const rejected = advise(`the CloudEvent breaks the specification: ${detail}`);
    return { source: envelope.source, id: envelope.id, rejected };
  }
  return { envelope };
}

/**
 * Reads a CloudEvent sent in binary mode, its attributes in `ce-` headers.
 * Throws where the headers or the body are no event at all.
 */
export function binaryToJson(headers: Record<string, string>, body: string): unknown {
  if (headers['ce-specversion'] === undefined) throw new Error('no ce-specversion header');
  const { data_base64: _, ...event } = HTTP.toEvent({
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  }) as CloudEvent<unknown>;
  return event;
}

function attributeProblem(attributes: Record<string, unknown>): string | null {
  const { specversion, id, source, type, datacontenttype } = attributes;
  const expected = 'expected 1 to 255 characters of text';
  if (specversion !== '1.0') return `specversion is ${shown(specversion)}; expected "1.0"`;
  if (idOrNull(id) === null) return `id is ${shown(id)}; ${expected}`;
  if (idOrNull(source) === null) return `source is ${shown(source)}; ${expected}`;
  if (typeof type !== 'string') return `type is ${shown(type)}; ${expected}`;
  if (attributes.data_base64 !== undefined)
    return 'data_base64 is not taken; expected JSON in data';
  if (
    datacontenttype !== undefined &&
    !/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(String(datacontenttype))
  ) {
    return `datacontenttype is ${shown(datacontenttype)}; expected "application/json"`;
  }
  return null;
}

function idOrNull(value: unknown): string | null {
  return typeof value === 'string' && isId(value) ? value : null;
}

function advise(problem: string): string {
  return `${problem}. Nothing was changed: correct the event and send it again.`;
}
