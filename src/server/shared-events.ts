import { isDeepStrictEqual } from 'node:util';
import {
  type ASTNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  Kind,
  visit,
} from 'graphql';
import { hasSameRights } from '../auth/actor';
import type { Caller, MakeContext } from './context';
import type { WriteEvent } from './write-events';

/** Who watches what. */
export interface Watching {
  readonly args: ExecutionArgs;
  readonly caller: Caller;
}

/** What one event of a subscription came to. Several watchers may share it: it is never changed. */
export class EventResult {
  private constructor(
    private executed: ExecutionResult | null,
    private text: string | null,
  ) {}

  static executed(result: ExecutionResult): EventResult {
    return new EventResult(result, null);
  }

  /** Without errors. */
  static written(json: string): EventResult {
    return new EventResult(null, json);
  }

  get hasErrors(): boolean {
    return this.executed?.errors !== undefined;
  }

  get result(): ExecutionResult {
    this.executed ??= JSON.parse(this.text!) as ExecutionResult;
    return this.executed;
  }

  /** Of a result without errors, which are shown in other words than they have here. */
  get json(): string {
    this.text ??= JSON.stringify(this.executed);
    return this.text;
  }
}

/** Watchers of one event who ask different things, of whom the results are kept; more are each answered alone. */
const SHARED_MAX = 8;

/**
 * What watchers get of events. Those who ask the same of the same event in the same turn of the event loop, with
 * the same rights, share one execution; whoever comes later gets a new one, so nobody is shown what was read before
 * they asked. An event that fails is executed for each by itself: its errors belong to one request.
 *
 * Events are the same where they are the same object. The arguments of a subscription say which events come,
 * and nothing of what is shown of one: they are not compared.
 */
export class SharedEvents {
  private readonly thisTurn = new Map<
    object,
    { readonly watching: Watching; readonly result: Promise<EventResult> }[]
  >();

  /** `makeContext`: for each execution one of its own; loaders that lived on would answer with yesterday's balances. */
  constructor(
    readonly makeContext: MakeContext,
    private readonly write: WriteEvent,
  ) {}

  resultOf(watching: Watching, event: unknown): Promise<EventResult> {
    if (typeof event !== 'object' || event === null) return this.execute(watching, event);
    const others = this.othersOf(event);
    const alike = others.find((other) => areAlike(other.watching, watching));
    if (alike) {
      return alike.result.then((shared) =>
        shared.hasErrors ? this.execute(watching, event) : shared,
      );
    }
    const result = this.execute(watching, event);
    if (others.length < SHARED_MAX) others.push({ watching, result });
    return result;
  }

  private othersOf(event: object) {
    const known = this.thisTurn.get(event);
    if (known) return known;
    if (this.thisTurn.size === 0) setImmediate(() => this.thisTurn.clear());
    this.thisTurn.set(event, []);
    return this.thisTurn.get(event)!;
  }

  private async execute({ args, caller }: Watching, event: unknown): Promise<EventResult> {
    const contextValue = this.makeContext(caller);
    const written = await this.write(args, event, contextValue);
    if (written !== null) return EventResult.written(written);
    return EventResult.executed(await execute({ ...args, rootValue: event, contextValue }));
  }
}

function areAlike(one: Watching, other: Watching): boolean {
  const [a, b] = [one.args, other.args];
  return (
    a.document === b.document &&
    (a.operationName ?? null) === (b.operationName ?? null) &&
    one.caller.locale === other.caller.locale &&
    hasSameRights(one.caller.actor, other.caller.actor) &&
    variablesShown(a.document).every((name) =>
      isDeepStrictEqual(a.variableValues?.[name], b.variableValues?.[name]),
    )
  );
}

const shown = new WeakMap<DocumentNode, readonly string[]>();

/** The variables that stand anywhere but in the arguments of a root field. Computed once per document. */
function variablesShown(document: DocumentNode): readonly string[] {
  const known = shown.get(document);
  if (known) return known;
  const names = new Set<string>();
  const within = (node: ASTNode | undefined): void => {
    if (node) visit(node, { Variable: ({ name }) => void names.add(name.value) });
  };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) {
      within(definition);
      continue;
    }
    for (const root of definition.selectionSet.selections) {
      if (root.kind !== Kind.FIELD) within(root);
      else for (const node of [root.selectionSet, ...(root.directives ?? [])]) within(node);
    }
  }
  shown.set(document, [...names]);
  return [...names];
}
