import {
  type ASTNode,
  type GraphQLResolveInfo,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';

const names = new WeakMap<OperationDefinitionNode, ReadonlySet<string>>();

/**
 * The names of all fields that an operation mentions, wherever: what is not among them need not be read.
 * Computed once per document.
 */
export function mentioned(info: GraphQLResolveInfo): ReadonlySet<string> {
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
