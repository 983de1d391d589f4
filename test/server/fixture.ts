import { setTimeout as pause } from 'node:timers/promises';
import { GraphQLScalarType } from 'graphql';
import {
  Arg,
  Ctx,
  createUnionType,
  Directive,
  Field,
  FieldResolver,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
  registerEnumType,
  Subscription,
} from 'type-graphql';
import { authorize } from '../../src/auth/permissions';
import { RequestError } from '../../src/kernel/errors';
import type { RequestContext } from '../../src/server/context';
import type { Representation } from '../../src/server/entities';
import type { Graph } from '../../src/server/subgraph';

/** A small graph that fails in every way a graph can fail. */

export enum Mood {
  GLAD = 'GLAD',
  SAD = 'SAD',
}
registerEnumType(Mood, {
  name: 'Mood',
  description: 'How it went.',
  valuesConfig: { SAD: { description: 'Not well.' } },
});

const Stars = new GraphQLScalarType({ name: 'Stars', description: 'One to five.' });

@ObjectType({ description: 'Owned by the platform.' })
@Directive('@key(fields: "id")')
export class Customer {
  @Field(() => ID) id!: string;
  @Field(() => Mood, { nullable: true }) mood?: Mood;
  @Field(() => Stars, { nullable: true }) stars?: number;
}

@ObjectType()
export class Tick {
  @Field(() => Int) number!: number;
  @Field(() => Int, { description: 'Of the loaders it was answered with.' }) loaders!: number;
  @Field(() => Tick) self!: Tick;
}

@ObjectType()
export class Nothing {
  @Field(() => ID) id!: string;
}

const Anything = createUnionType({
  name: 'Anything',
  description: 'Either.',
  types: () => [Nothing, Tick] as const,
});

/** What the loaders of the fixture are: a number that rises with each context. */
export interface CountedLoaders {
  readonly serial: number;
}
export function serialOf(context: RequestContext): number {
  return (context.loaders as unknown as CountedLoaders).serial;
}

/** How often the fixture's only command was run. */
export const doubled = { count: 0 };

/** Customers whose ticks nobody may see any more. */
export const revoked = new Set<string>();

/** Iterators of subscriptions that were opened, and how many of them are closed again. */
export const streams = { opened: 0, closed: 0 };

@Resolver(() => Customer)
export class CustomerFields {
  @FieldResolver(() => String, { nullable: true })
  language(@Root() _customer: Customer, @Ctx() { locale }: RequestContext) {
    return locale;
  }

  @FieldResolver(() => String, { nullable: true })
  secret(@Root() customer: Customer, @Ctx() { actor }: RequestContext) {
    authorize(actor, 'readMember', { customerId: customer.id });
    return `secret of ${customer.id}`;
  }

  @FieldResolver(() => Customer, { nullable: true })
  self(@Root() customer: Customer) {
    return customer;
  }
}

@Resolver()
export class Roots {
  @Query(() => Customer, { nullable: true })
  customer(@Arg('id', () => ID) id: string): Customer {
    return Object.assign(new Customer(), { id });
  }

  @Query(() => String, { nullable: true })
  fail(@Arg('how', () => String) how: string): string {
    if (how === 'request') throw new RequestError('RATE_LIMITED', 'Too much of it.');
    throw new Error('password=hunter2 at 10.0.0.7');
  }

  @Query(() => Stars, { nullable: true })
  badStars(): never {
    throw new TypeError('stars of select * from accounts');
  }

  @Query(() => Int)
  count(@Arg('first', () => Int, { defaultValue: 5 }) first: number): number {
    return first;
  }

  @Query(() => String)
  async slow(@Arg('ms', () => Int) ms: number): Promise<string> {
    await pause(ms);
    return 'done';
  }

  @Query(() => Anything, { nullable: true })
  anything(): null {
    return null;
  }

  @Query(() => Int)
  sum(@Arg('numbers', () => [Int]) numbers: number[]): number {
    return numbers.reduce((sum, number) => sum + number, 0);
  }

  @Mutation(() => Int)
  double(@Arg('number', () => Int) number: number): number {
    doubled.count += 1;
    return number * 2;
  }

  @Subscription(() => Tick, {
    subscribe: ({ args, context }) => {
      authorize((context as RequestContext).actor, 'watchBalance', { customerId: args.customerId });
      return ticks(args.every);
    },
  })
  ticks(
    @Root() number: number,
    @Ctx() context: RequestContext,
    @Arg('customerId', () => ID) customerId: string,
    @Arg('every', () => Int) every: number,
  ): Tick {
    if (every === 1) throw new Error('password=hunter2');
    if (revoked.has(customerId)) throw new RequestError('FORBIDDEN', 'Not any more.');
    const tick = Object.assign(new Tick(), { number, loaders: serialOf(context) });
    return Object.assign(tick, { self: tick });
  }
}

/** Counts up every so many milliseconds; ends at once when it is told to. */
function ticks(every: number): AsyncIterableIterator<number> {
  const ending = new AbortController();
  let number = 0;
  streams.opened += 1;
  const end = async () => {
    if (!ending.signal.aborted) streams.closed += 1;
    ending.abort();
    return { value: undefined, done: true as const };
  };
  const iterator: AsyncIterableIterator<number> = {
    next: async () => {
      await pause(every, undefined, { signal: ending.signal }).catch(() => {});
      if (ending.signal.aborted) return { value: undefined, done: true };
      number += 1;
      return { value: number, done: false };
    },
    return: end,
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

const frozen = Object.freeze({ id: 'frozen' });

/** Not async on purpose: what it throws, it throws synchronously. */
function findCustomer({ id }: Representation): Promise<object | null> {
  if (id === 'sync') throw new Error('thrown at once');
  if (id === 'late') return Promise.reject(new RequestError('FORBIDDEN', 'Not yours.'));
  if (id === 'nobody') return Promise.resolve(null);
  return Promise.resolve(id === 'frozen' ? frozen : { id });
}

export const graph: Graph<RequestContext> = {
  resolvers: [CustomerFields, Roots],
  orphanedTypes: [Customer],
  references: { Customer: findCustomer },
  directives: {
    Mood: '@tag(name: "enum")',
    'Mood.SAD': '@inaccessible @tag(name: "value")',
    Anything: '@tag(name: "union")',
    Stars: '@tag(name: "scalar")',
  },
};
