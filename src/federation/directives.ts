import {
  DirectiveLocation,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLInt,
} from 'graphql';
import { Directive, Extensions } from 'type-graphql';

/**
 * Who a field is made for. `desk` stands only on what nobody but the back office meets (desk and services), so that a
 * contract variant for everybody else excludes it; the others tell who uses what.
 */
export type Audience = 'storefront' | 'mobile' | 'partner' | 'desk';

/** Tags a type, a field or an input for its audiences. */
export function For(
  ...audiences: readonly Audience[]
): MethodDecorator & PropertyDecorator & ClassDecorator {
  return every(audiences.map((audience) => `@tag(name: "${audience}")`));
}

/**
 * A connection's cost to whoever counts it: its page, by `first` or what that is preset to. No
 * `assumedSize` beside it: WunderGraph's composition refuses both where `first` has a preset.
 */
export function Paged(): MethodDecorator & PropertyDecorator {
  return every([
    `@listSize(slicingArguments: ["first"], sizedFields: ["edges", "nodes"], requireOneSlicingArgument: false)`,
  ]);
}

/** A plain list that `first` limits. */
export function Sliced(): MethodDecorator & PropertyDecorator {
  return every([`@listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)`]);
}

/** A list that no argument limits: how many items it usually has at most. */
export function Assumed(size: number): MethodDecorator & PropertyDecorator {
  return every([`@listSize(assumedSize: ${size})`]);
}

/**
 * What a field costs beside its parts: a read of the database is 5, a command 20. Not for what is read inside a page: its rows are
 * read together, and a weight would count for each of them.
 */
export function Cost(weight: number): MethodDecorator & PropertyDecorator {
  return every([`@cost(weight: ${weight})`]);
}

/** Apollo's hint to caches, read by `src/server/cache-hints.ts`. A name that tools know: it is not linked, and composition drops it. */
export const CACHE_CONTROL = new GraphQLDirective({
  name: 'cacheControl',
  description: 'How long an answer with this in it may be kept, in seconds, and by whom.',
  locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.OBJECT],
  args: {
    maxAge: { type: GraphQLInt },
    scope: {
      type: new GraphQLEnumType({
        name: 'CacheControlScope',
        description: 'Whether an answer is the same for everybody.',
        values: {
          PUBLIC: { description: 'The same for everybody.' },
          PRIVATE: { description: 'For whoever asked.' },
        },
      }),
    },
    inheritMaxAge: { type: GraphQLBoolean },
  },
});

/** An answer that is the same for everybody, for so many seconds; everything under the field is marked `CachedBelow`. */
export function Cached(seconds: number): MethodDecorator & PropertyDecorator {
  return every([`@cacheControl(maxAge: ${seconds}, scope: PUBLIC)`]);
}

/** Holds as long as what it stands under. */
export function CachedBelow(): ClassDecorator {
  return every(['@cacheControl(inheritMaxAge: true)']);
}

/** One person's, and only for the moment. */
export function NeverCached(): ClassDecorator {
  return every(['@cacheControl(maxAge: 0, scope: PRIVATE)']);
}

/** The extension of a field that is a property of its object wherever it is asked for without arguments. */
export const PROPERTY_WITHOUT_ARGUMENTS = 'isPropertyWithoutArguments';

/** For a field with optional arguments and a resolver, which without them answers its object's property of that name. */
export function PropertyWithoutArguments(): MethodDecorator & PropertyDecorator {
  return Extensions({ [PROPERTY_WITHOUT_ARGUMENTS]: true });
}

function every(
  directives: readonly string[],
): MethodDecorator & PropertyDecorator & ClassDecorator {
  // Decorators run from the last to the first; so that the schema prints them as they are written.
  const decorators = directives.map((directive) => Directive(directive)).reverse();
  return (...target: readonly unknown[]): void => {
    for (const decorate of decorators) (decorate as (...on: readonly unknown[]) => void)(...target);
  };
}
