import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationRule,
  visit,
} from 'graphql';

/** The largest request body, in bytes. */
export const MAX_BODY = 1024 * 1024;
/** The most lexical tokens of a document; a router's entity fetch has a few hundred. */
export const MAX_TOKENS = 2000;
/** How deep fields may be nested. Introspection is not counted: it leads to no data. */
export const MAX_DEPTH = 14;

/** Refuses documents whose fields are nested deeper than `MAX_DEPTH`, fragments included. */
export const depthRule: ValidationRule = (context) => {
  const fragmentDepths = new Map<string, number>();
  const depthOf = (selectionSet: SelectionSetNode): number => {
    const depths = selectionSet.selections.map((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        return fragmentDepth(context.getFragment(selection.name.value));
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) return depthOf(selection.selectionSet);
      if (selection.name.value.startsWith('__')) return 0;
      return 1 + (selection.selectionSet ? depthOf(selection.selectionSet) : 0);
    });
    return Math.max(0, ...depths);
  };
  const fragmentDepth = (fragment: FragmentDefinitionNode | null | undefined): number => {
    if (!fragment) return 0;
    const name = fragment.name.value;
    const known = fragmentDepths.get(name);
    if (known !== undefined) return known;
    // Another rule refuses cycles; here they only must end.
    fragmentDepths.set(name, 0);
    const depth = depthOf(fragment.selectionSet);
    fragmentDepths.set(name, depth);
    return depth;
  };
  return {
    OperationDefinition(operation) {
      const depth = depthOf(operation.selectionSet);
      if (depth <= MAX_DEPTH) return;
      const message = `Fields are nested ${depth} deep; at most ${MAX_DEPTH} are answered.`;
      context.reportError(new GraphQLError(message, { nodes: operation }));
    },
  };
};

const SCHEMA_FIELDS = new Set(['__schema', '__type', '_service']);

/** Whether a document asks for the schema: by introspection or as SDL. */
export function asksForSchema(document: DocumentNode): boolean {
  let asks = false;
  visit(document, {
    Field(field) {
      asks ||= SCHEMA_FIELDS.has(field.name.value);
    },
  });
  return asks;
}
