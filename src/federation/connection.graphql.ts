import { ArgsType, Directive, Field, Int, ObjectType } from 'type-graphql';
import type { Page } from '../kernel/pagination';
import { type Audience, For } from './directives';

@Directive('@shareable')
@ObjectType({
  simpleResolvers: true,
  description: 'Where a page stands in its list (Relay connections, forward only).',
})
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether the list goes on after this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, {
    description: 'Whether the page was asked for with `after`. Pages are read forward only.',
  })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the first row; null where there is none.',
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last row, to go on with as `after`; null where there is none.',
  })
  endCursor!: string | null;
}

/** The page a caller asks for, of a list whose preset is 20 rows. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 20,
    description: 'Rows of the page, 1 to 100; BAD_USER_INPUT otherwise.',
  })
  first!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The cursor after which the page starts, as `endCursor` or an edge gave it; from the start where it is left out. BAD_USER_INPUT where it is no cursor of this list.',
  })
  after?: string | null;
}

/** A page of `N` as the API gives it. */
export interface Connection<N> {
  readonly edges: readonly { readonly cursor: string; readonly node: N }[];
  readonly nodes: readonly N[];
  readonly pageInfo: PageInfo;
}

/**
 * The connection class of a node class: `<name>Connection` with `<name>Edge`. `what` names its rows in the
 * plural; a node that only some audiences meet takes its connection with it.
 */
export function connectionOf(
  name: string,
  node: () => new () => object,
  what: string,
  ...audiences: readonly Audience[]
) {
  @For(...audiences)
  @ObjectType(`${name}Edge`, {
    simpleResolvers: true,
    description: `One of ${what}, and its place in the list.`,
  })
  class Edge {
    @Field(() => String, { description: 'The place of this row; opaque.' })
    cursor!: string;

    @Field(() => node(), { description: 'The row.' })
    node!: object;
  }

  @For(...audiences)
  @ObjectType(`${name}Connection`, { simpleResolvers: true, description: `A page of ${what}.` })
  class ConnectionClass {
    @Field(() => [Edge], { description: 'The rows with their cursors.' })
    edges!: readonly Edge[];

    @Field(() => [node()], { description: 'The rows alone.' })
    nodes!: readonly object[];

    @Field(() => PageInfo, { description: 'Where this page stands in the list.' })
    pageInfo!: PageInfo;
  }
  return ConnectionClass;
}

/** A page of domain rows as a connection: `cursorOf` gives each row's place, `toNode` what it shows. */
export function toConnection<T, N>(
  page: Page<T>,
  after: string | null | undefined,
  cursorOf: (item: T) => string,
  toNode: (item: T) => N,
): Connection<N> {
  const edges = page.items.map((item) => ({ cursor: cursorOf(item), node: toNode(item) }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: page.more,
      hasPreviousPage: typeof after === 'string',
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
