import type { CallerName } from '../../src/auth/callers';
import { ROUTER_SECRET } from '../../src/server/router-secret';
import { type Answer, ask, Socket } from '../server/running';
import type { Question } from './query';
import { ROUTERS_SECRET, type Stage } from './stage';

/** Asks as a kind of caller: through the router, but for whoever has no token, who asks a server that needs no router. */
export class Asking {
  /** How many questions were asked. */
  count = 0;

  constructor(private readonly stage: Stage) {}

  /** One operation over HTTP. */
  async http(caller: CallerName, { query, variables }: Question): Promise<Answer> {
    this.count += 1;
    const { server, headers, token } = await this.approach(caller);
    return ask(server, query, { variables, headers, ...(token === null ? {} : { token }) });
  }

  /** The same, past the router: with everything but its secret. */
  async pastRouter(caller: CallerName, { query, variables }: Question): Promise<Answer> {
    this.count += 1;
    const { token } = await this.approach(caller);
    return ask(this.stage.guarded, query, { variables, ...(token === null ? {} : { token }) });
  }

  /** A connection that was let in. */
  async socket(caller: CallerName): Promise<Socket> {
    const { server, headers, token } = await this.approach(caller);
    const socket = new Socket(server, { headers });
    await socket.init(token === null ? {} : { token });
    return socket;
  }

  /** A connection past the router; why it was closed. */
  async socketPastRouter(caller: CallerName): Promise<{ code: number; reason: string }> {
    this.count += 1;
    const { token } = await this.approach(caller);
    const socket = new Socket(this.stage.guarded);
    await socket.send({ type: 'connection_init', payload: token === null ? {} : { token } });
    return socket.closed;
  }

  /** The first answer to an operation on a connection: an event, or why there is none. */
  async first(socket: Socket, id: string, { query, variables }: Question): Promise<Answer['body']> {
    this.count += 1;
    await socket.subscribe(id, query, variables);
    const message = await Promise.any([socket.next('next', id), socket.next('error', id)]);
    await socket.send({ type: 'complete', id });
    return message.type === 'error'
      ? { errors: message.payload as NonNullable<Answer['body']['errors']> }
      : (message.payload as Answer['body']);
  }

  private async approach(caller: CallerName) {
    const { open, guarded, token: tokenOf } = this.stage;
    const isPastRouter = caller === 'no token';
    const headers: Record<string, string> = isPastRouter ? {} : { [ROUTER_SECRET]: ROUTERS_SECRET };
    return { server: isPastRouter ? open : guarded, headers, token: await tokenOf(caller) };
  }
}
