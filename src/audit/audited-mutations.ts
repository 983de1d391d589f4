import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from 'graphql';
import { type Actor, actorName } from '../auth/actor';
import { REFUSAL_CODES, RequestError } from '../kernel/errors';
import type { RequestContext } from '../server/context';
import { customersIn, namedIds } from './named-ids';

/** What an action that was neither refused nor failed came to. */
export const DONE = 'DONE';

/** Whether what an actor does is written down: they act with a scope, and not for themself. */
export function isAudited(actor: Actor): boolean {
  return actor.scopes.size > 0;
}

/**
 * Has every mutation of a schema written to the audit log when somebody with a scope (desk, service …) asks for it, whatever comes of
 * it. Done here, once, for all that there are and will be: no resolver knows of it, and none can forget it.
 */
export function auditMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) audit(field);
}

function audit(field: GraphQLField<unknown, RequestContext>): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = async (source, args, context, info) => {
    const { actor, app, requestId } = context;
    if (!isAudited(actor)) return resolve(source, args, context, info);
    const ids = namedIds(field.args, args);
    const attempt = { actor: actorName(actor), operation: field.name, ids, requestId };
    const id = await app.audit.asked(attempt);
    let answer: unknown;
    try {
      answer = await resolve(source, args, context, info);
    } catch (error) {
      const code = error instanceof RequestError ? error.code : 'INTERNAL_SERVER_ERROR';
      await app.audit.answered(id, attempt, code);
      throw error;
    }
    await app.audit.answered(id, attempt, refusalIn(answer) ?? DONE, customersIn(answer));
    return answer;
  };
}

/** The code of an answer that is a refusal. */
function refusalIn(answer: unknown): string | null {
  const code: unknown = Object(answer).code;
  return typeof code === 'string' && Object.hasOwn(REFUSAL_CODES, code) ? code : null;
}
