import {
  type ASTNode,
  type GraphQLResolveInfo,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';

const names = new WeakMap<OperationDefinitionNode, ReadonlySet<string>>();

/** An operation, as far as what it asks for can be told from it. */
export type Asked = Pick<GraphQLResolveInfo, 'operation' | 'fragments'>;

/**
 * The names of all fields that an operation mentions, wherever: what is not among them need not be read.
 * Computed once per document.
 */
export function mentioned(info: Asked): ReadonlySet<string> {
  let found = names.get(info.operation);
  if (!found) {
    const fields = new Set<string>();
    const enter = (node: ASTNode): void => {
      if (node.kind === Kind.FIELD) fields.add(node.name.value);
    };
    for (const root of [info.operation, ...Object.values(info.fragments)]) visit(root, { enter });
    found = fields;
    names.set(info.operation, found);
  }
  return found;
}

/** Fields that the account's row and the terms answer by themselves, by name, in all types in which they are found. */
const OF_BALANCE = new Set([
  ...['_entities', '__typename', 'id', 'xPoints', 'available', 'held', 'owed', 'sequence', 'value'],
  ...['amount', 'currency', 'tier', 'code', 'pointsPerUnit', 'referralBonus', 'from', 'turnover'],
  ...['next', 'missing', 'progress'],
]);
/** The same, asked for less often. */
const OF_WHOLE_BALANCE = new Set([
  ...['asOf', 'lifetimeEarned', 'lifetimeRedeemed', 'lifetimeExpired', 'referral', 'link', 'url'],
]);

/** How much of balances an operation needs; null where it mentions what is no part of them. */
export type BalancePart = 'some' | 'whole' | null;
const balanceParts = new WeakMap<OperationDefinitionNode, BalancePart>();

/** How much of balances an operation needs that asks nothing but fields of members. Computed once per document. */
export function balancePart(asked: Asked): BalancePart {
  let part = balanceParts.get(asked.operation);
  if (part === undefined) {
    const rest = [...mentioned(asked)].filter((name) => !OF_BALANCE.has(name));
    const isWhole = rest.every((name) => OF_WHOLE_BALANCE.has(name));
    part = rest.length === 0 ? 'some' : isWhole ? 'whole' : null;
    balanceParts.set(asked.operation, part);
  }
  return part;
}

/** Whether nothing but an entity's key is asked for, plainly: then there is nothing to read. */
export function asksForKeyOnly(info: GraphQLResolveInfo): boolean {
  return info.fieldNodes.every((node) =>
    node.selectionSet?.selections.every(
      (selection) =>
        selection.kind === Kind.FIELD &&
        (selection.name.value === 'id' || selection.name.value === '__typename'),
    ),
  );
}
