import { Agent, type IncomingMessage, request } from 'node:http';
import { formatInstant, type Instant } from '../kernel/time';

/** Who sends a request: a customer, the platform's service, an analyst, or the rewards desk, by the name of who sits there where it matters. */
export type Sender =
  | { readonly customer: string }
  | { readonly desk: string }
  | 'service'
  | 'desk'
  | 'analytics';

/** A bearer token for a sender. */
export type TokenOf = (sender: Sender) => Promise<string>;

/** What became of one event, as `POST /events` answers it. */
export interface EventResult {
  readonly outcome: string;
  readonly reason?: string;
  readonly message?: string;
}

/** The answer was no answer: a refused connection, a status or a body that says so. Names both sides. */
export class CallFailed extends Error {}

/** The subgraph as the platform sees it: events and GraphQL over HTTP, and the sandbox's test clock. */
export class SubgraphClient {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly tokens = new Map<string, Promise<string>>();

  /** `source` names the sender of the events; with the id of each it is an event's identity. */
  constructor(
    private readonly url: string,
    private readonly tokenOf: TokenOf,
    private readonly source: string,
  ) {}

  /** Sends one platform event as a structured CloudEvent. */
  async sendEvent(type: string, data: object, id: string): Promise<EventResult> {
    const event = { specversion: '1.0', source: this.source, id, type, data };
    const answer = await this.post('/events', event, 'application/cloudevents+json', {});
    const body = answer.body as { results?: EventResult[] };
    const result = body.results?.[0];
    if (!result) throw failed('/events', answer);
    return result;
  }

  /** Sends one operation and gives back its data. A GraphQL error fails with its code. */
  async query<T>(sender: Sender, query: string, variables: object): Promise<T> {
    const authorization = `Bearer ${await this.token(sender)}`;
    const answer = await this.post('/graphql', { query, variables }, 'application/json', {
      authorization,
    });
    const body = answer.body as {
      data?: T | null;
      errors?: { message: string; extensions?: { code?: string } }[];
    };
    const error = body.errors?.[0];
    if (error) throw new CallFailed(`${error.extensions?.code ?? 'error'}: ${error.message}`);
    if (!body.data) throw failed('/graphql', answer);
    return body.data;
  }

  /** Moves the test clock. */
  moveClock(at: Instant): Promise<void> {
    return this.inSandbox('/sandbox/clock', { at: formatInstant(at) });
  }

  /** Has the jobs done that are due by the test clock; with `deliver` mails go out too. */
  doJobs(deliver: boolean): Promise<void> {
    return this.inSandbox('/sandbox/jobs', { deliver });
  }

  /** Lets go of the connections. */
  close(): void {
    this.agent.destroy();
  }

  private async inSandbox(path: string, body: object): Promise<void> {
    const answer = await this.post(path, body, 'application/json', {});
    if (answer.status !== 200) throw failed(path, answer);
  }

  private token(sender: Sender): Promise<string> {
    const name = JSON.stringify(sender);
    const known = this.tokens.get(name);
    if (known) return known;
    const token = this.tokenOf(sender);
    this.tokens.set(name, token);
    return token;
  }

  private async post(path: string, body: object, type: string, more: Record<string, string>) {
    const content = Buffer.from(JSON.stringify(body));
    const headers = { 'content-type': type, 'content-length': content.length, ...more };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const call = request(new URL(path, this.url), {
        method: 'POST',
        agent: this.agent,
        headers,
        timeout: 60_000,
      });
      call.on('response', resolve);
      call.on('timeout', () => call.destroy(new Error('no answer within a minute')));
      call.on('error', (error) => reject(new CallFailed(`${path}: ${error.message}`)));
      call.end(content);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return answerOf(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'));
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** An object: empty where the body is no JSON object. */
  readonly body: object;
}

function answerOf(status: number, text: string): Answer {
  try {
    const body: unknown = JSON.parse(text);
    if (body !== null && typeof body === 'object') return { status, text, body };
  } catch {
    // Told by the status and the text.
  }
  return { status, text, body: {} };
}

function failed(path: string, answer: Answer): CallFailed {
  return new CallFailed(`${path} answered ${answer.status}: ${answer.text.slice(0, 300)}`);
}
