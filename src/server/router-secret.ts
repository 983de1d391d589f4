import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { onRequestHookHandler } from 'fastify';
import type { Logger } from 'pino';
import { connectionShapes } from '../auth/authenticate';
import { RequestError } from '../kernel/errors';

/** The header in which the router shows its secret, and its name in `connection_init` where that is all it can fill. */
export const ROUTER_SECRET = 'x-rewards-router-secret';
/** What anybody else is told, over HTTP (403) and WebSocket (4403) alike, whether the secret is missing or wrong. */
export const NOT_THE_ROUTER = 'Only the router may ask here.';

/** Whether who sent a request, or opened a connection with these parameters, is the router. */
export type IsRouter = (
  request: IncomingMessage,
  params?: Readonly<Record<string, unknown>>,
) => boolean;

/**
 * How the router is known: by a secret among `secrets`, two of which hold while they change. Without any, everybody
 * passes: then something before this process must keep the others out. All secrets that are shown must be right, so
 * that nothing a client smuggled in beside the router's own goes unnoticed. Takes the same time whatever is wrong.
 * Whoever is turned away is logged: an attacker, or a router that was not told of a change.
 */
export function routerCheck(secrets: readonly string[], log: Logger): IsRouter {
  if (secrets.length === 0) return () => true;
  const known = secrets.map(digest);
  return (request, params) => {
    const shown = shownSecrets(request, params);
    const passes = shown.length > 0 && shown.every((secret) => isOneOf(known, secret));
    if (!passes) {
      const from = request.socket.remoteAddress;
      log.warn({ from, shown: shown.length }, 'Turned away: not the router');
    }
    return passes;
  };
}

/** Turns away whoever is not the router before anything else of a request is read. */
export function requireRouter(isRouter: IsRouter): onRequestHookHandler {
  return ({ raw }, _reply, done) => {
    if (!isRouter(raw)) throw new RequestError('FORBIDDEN', NOT_THE_ROUTER);
    done();
  };
}

function shownSecrets(
  request: IncomingMessage,
  params: Readonly<Record<string, unknown>> | undefined,
): readonly unknown[] {
  const inParams = connectionShapes(params).flatMap((shape) =>
    Object.entries(shape)
      .filter(([name]) => name.toLowerCase() === ROUTER_SECRET)
      .map(([, value]) => value),
  );
  const inHeaders = request.headersDistinct[ROUTER_SECRET] ?? [];
  // A router's template that found nothing to fill in shows nothing.
  return [...inHeaders, ...inParams].filter(
    (value) => value !== undefined && value !== null && value !== '',
  );
}

function isOneOf(known: readonly Buffer[], secret: unknown): boolean {
  if (typeof secret !== 'string') return false;
  const asked = digest(secret);
  return known.filter((one) => timingSafeEqual(one, asked)).length > 0;
}

/** Of one length, whatever is compared. */
function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
