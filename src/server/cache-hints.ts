import {
  type ASTNode,
  type DocumentNode,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  Kind,
  OperationTypeNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { invariant } from '../kernel/errors';
import type { OperationHooks, Watcher } from './watcher';

/** How long an answer may be kept, in seconds (0: not at all), and whether only for whoever asked. */
export interface CachePolicy {
  readonly maxAge: number;
  readonly scope: 'public' | 'private';
}

/** What a router invalidates when terms or campaigns were published. */
export const PROGRAMS_TAG = 'rewards-programs';

interface Hint {
  readonly maxAge?: number;
  readonly scope?: string;
  readonly inheritMaxAge?: boolean;
}

/**
 * Tells caches how long an answer holds (`Cache-Control`), by the `@cacheControl` of what the document names, and which tag
 * takes it back (`extensions.apolloCacheTags`). By the document rather than by what was resolved, as Apollo's own plugin would:
 * nothing wraps the fields of the hot path, and skipped fields only make the answer less cacheable.
 */
export function cacheHints(): Watcher {
  const policies = new WeakMap<DocumentNode, CachePolicy>();
  const hooks: OperationHooks = {
    willSendResponse: ({ operation, document, schema, response }) => {
      if (operation?.operation !== OperationTypeNode.QUERY || !document) return;
      let policy = policies.get(document);
      if (!policy) {
        policy = policyOf(schema, document);
        policies.set(document, policy);
      }
      const { body, http } = response;
      if (body.kind !== 'single' || body.singleResult.errors) return;
      http.headers.set('cache-control', headerOf(policy));
      if (policy.maxAge === 0) return;
      const { extensions } = body.singleResult;
      body.singleResult.extensions = { ...extensions, apolloCacheTags: [PROGRAMS_TAG] };
    },
  };
  return () => hooks;
}

function headerOf({ maxAge, scope }: CachePolicy): string {
  const age = maxAge === 0 ? 'no-store' : `max-age=${maxAge}`;
  // That it may not be kept at all is said without a scope where nobody in particular asked.
  return maxAge === 0 && scope === 'public' ? age : `${age}, ${scope}`;
}

/**
 * The policy of everything a document names: the shortest age, private where any part is. A root field or an object without
 * a hint is not kept. What is told in the reader's language (`locale`) is private unless the language is named.
 */
export function policyOf(schema: GraphQLSchema, document: DocumentNode): CachePolicy {
  const types = new TypeInfo(schema);
  let maxAge = Number.POSITIVE_INFINITY;
  let isPrivate = false;
  const see = ({ maxAge: age, scope }: Hint): void => {
    if (age !== undefined) maxAge = Math.min(maxAge, age);
    if (scope === 'PRIVATE') isPrivate = true;
  };
  const root = schema.getQueryType();
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: (node) => {
        if (node.name.value === '__typename') return;
        const field = types.getFieldDef();
        if (!field) return see({ maxAge: 0 });
        see(hintOf(field, types.getParentType() === root));
        const isInLanguage = field.args.some(({ name }) => name === 'locale');
        const namesIt = node.arguments?.some(({ name }) => name.value === 'locale');
        if (isInLanguage && !namesIt) isPrivate = true;
      },
    }),
  );
  return {
    maxAge: Number.isFinite(maxAge) ? maxAge : 0,
    scope: isPrivate ? 'private' : 'public',
  };
}

function hintOf(field: GraphQLField<unknown, unknown>, isRoot: boolean): Hint {
  const own = readHint(field.astNode);
  const type = getNamedType(field.type);
  const isObject = isCompositeType(type);
  const hint = { ...(isObject ? readHint(type.astNode) : {}), ...own };
  if (hint.maxAge !== undefined) return hint;
  return isRoot || (isObject && !hint.inheritMaxAge) ? { ...hint, maxAge: 0 } : hint;
}

function readHint(node: ASTNode | null | undefined): Hint {
  const directives = node && 'directives' in node ? (node.directives ?? []) : [];
  const hint: Record<string, unknown> = {};
  for (const { name, arguments: given = [] } of directives) {
    if (name.value !== 'cacheControl') continue;
    for (const { name: argument, value } of given) {
      if (value.kind === Kind.INT) hint[argument.value] = Number(value.value);
      else if (value.kind === Kind.BOOLEAN || value.kind === Kind.ENUM) {
        hint[argument.value] = value.value;
      } else invariant(false, `@cacheControl gives ${argument.value} as its definition says`);
    }
  }
  return hint;
}
