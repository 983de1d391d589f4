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

/** Every field that the account's row and the terms answer by themselves, in all types in which it is found. */
const OF_BALANCE = new Set([
  ...['_entities', '__typename', 'id', 'xPoints', 'available', 'held', 'owed', 'sequence', 'asOf'],
  ...['lifetimeEarned', 'lifetimeRedeemed', 'lifetimeExpired', 'value', 'amount', 'currency'],
  ...['tier', 'code', 'pointsPerUnit', 'referralBonus', 'from', 'turnover', 'next', 'missing'],
  ...['progress', 'referral', 'link', 'url'],
]);
const ofBalance = new WeakMap<OperationDefinitionNode, boolean>();

/** Whether an operation mentions nothing of members but what `readBalances` brings. */
export function isOfBalance(asked: Asked): boolean {
  let is = ofBalance.get(asked.operation);
  if (is === undefined) {
    is = [...mentioned(asked)].every((name) => OF_BALANCE.has(name));
    ofBalance.set(asked.operation, is);
  }
  return is;
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
