import { DirectiveLocation, GraphQLDirective } from 'graphql';
import {
  Arg,
  Directive,
  Field,
  FieldResolver,
  Float,
  ID,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import type { Representation } from '../../src/server/entities';
import type { Graph } from '../../src/server/subgraph';

/**
 * The subgraph that Apollo's compatibility suite asks for (its COMPATIBILITY.md), made by the builder that makes
 * Rewards: the suite knows these names and these values, and the federation up to version 2.3.
 */

@ObjectType()
@Directive('@shareable')
class ProductDimension {
  @Field(() => String, { nullable: true }) size!: string | null;
  @Field(() => Float, { nullable: true }) weight!: number | null;
  @Field(() => String, { nullable: true }) @Directive('@inaccessible') unit!: string | null;
}

@ObjectType()
class ProductVariation {
  @Field(() => ID) id!: string;
}

@ObjectType()
class CaseStudy {
  @Field(() => ID) caseNumber!: string;
  @Field(() => String, { nullable: true }) description!: string | null;
}

@ObjectType()
@Directive('@key(fields: "study { caseNumber }")')
class ProductResearch {
  @Field(() => CaseStudy) study!: CaseStudy;
  @Field(() => String, { nullable: true }) outcome!: string | null;
}

@ObjectType()
@Directive('@key(fields: "email")')
class User {
  @Field(() => ID) email!: string;
  @Field(() => String, { nullable: true })
  @Directive('@override(from: "users")')
  name!: string | null;
  @Field(() => Int, { nullable: true }) @Directive('@external') totalProductsCreated!:
    | number
    | null;
  @Field(() => Int) @Directive('@external') yearsOfEmployment!: number;
}

@ObjectType()
@Directive('@key(fields: "sku package")')
class DeprecatedProduct {
  @Field(() => String) sku!: string;
  @Field(() => String) package!: string;
  @Field(() => String, { nullable: true }) reason!: string | null;
  @Field(() => User, { nullable: true }) createdBy!: User | null;
}

@ObjectType()
@Directive('@custom')
@Directive('@key(fields: "id")')
@Directive('@key(fields: "sku package")')
@Directive('@key(fields: "sku variation { id }")')
class Product {
  @Field(() => ID) id!: string;
  @Field(() => String, { nullable: true }) sku!: string | null;
  @Field(() => String, { nullable: true }) package!: string | null;
  @Field(() => ProductVariation, { nullable: true }) variation!: ProductVariation | null;
  @Field(() => ProductDimension, { nullable: true }) dimensions!: ProductDimension | null;
  @Field(() => User, { nullable: true })
  @Directive('@provides(fields: "totalProductsCreated")')
  createdBy!: User | null;
  @Field(() => String, { nullable: true }) @Directive('@tag(name: "internal")') notes!:
    | string
    | null;
  @Field(() => [ProductResearch]) research!: ProductResearch[];
}

@ObjectType()
@Directive('@interfaceObject')
@Directive('@key(fields: "id")')
class Inventory {
  @Field(() => ID) id!: string;
  @Field(() => [DeprecatedProduct]) deprecatedProducts!: DeprecatedProduct[];
}

const user: User = {
  ...{ email: 'support@apollographql.com', name: 'Jane Smith' },
  ...{ totalProductsCreated: 1337, yearsOfEmployment: 10 },
};
const deprecated: DeprecatedProduct = {
  ...{ sku: 'apollo-federation-v1', package: '@apollo/federation-v1' },
  ...{ reason: 'Migrate to Federation V2', createdBy: user },
};
const research: ProductResearch[] = [
  { study: { caseNumber: '1234', description: 'Federation Study' }, outcome: null },
  { study: { caseNumber: '1235', description: 'Studio Study' }, outcome: null },
];
const common = {
  ...{ dimensions: { size: 'small', weight: 1, unit: 'kg' }, createdBy: user, notes: null },
};
const products: Product[] = [
  {
    ...{ id: 'apollo-federation', sku: 'federation', package: '@apollo/federation' },
    ...{ variation: { id: 'OSS' }, research: research.slice(0, 1), ...common },
  },
  {
    ...{ id: 'apollo-studio', sku: 'studio', package: '' },
    ...{ variation: { id: 'platform' }, research: research.slice(1), ...common },
  },
];
const inventory: Inventory = { id: 'apollo-oss', deprecatedProducts: [deprecated] };

@Resolver(() => User)
class UserFields {
  @FieldResolver(() => Int, { nullable: true })
  @Directive('@requires(fields: "totalProductsCreated yearsOfEmployment")')
  averageProductsCreatedPerYear(
    @Root() { totalProductsCreated, yearsOfEmployment }: User,
  ): number | null {
    return totalProductsCreated === null
      ? null
      : Math.round(totalProductsCreated / yearsOfEmployment);
  }
}

@Resolver()
class Roots {
  @Query(() => Product, { nullable: true })
  product(@Arg('id', () => ID) id: string): Product | null {
    return products.find((one) => one.id === id) ?? null;
  }

  @Query(() => DeprecatedProduct, {
    nullable: true,
    deprecationReason: 'Use product query instead',
  })
  deprecatedProduct(
    @Arg('sku', () => String) sku: string,
    @Arg('package', () => String) name: string,
  ): DeprecatedProduct | null {
    return sku === deprecated.sku && name === deprecated.package ? deprecated : null;
  }
}

/** One that has whatever the representation says of it, at any depth. */
function match<T extends object>(all: readonly T[]) {
  return async ({ __typename: _, ...fields }: Representation): Promise<object | null> =>
    all.find((one) => holds(one, fields)) ?? null;
}

function holds(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return value === wanted;
  if (typeof value !== 'object' || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return Object.entries(wanted).every(([name, part]) => holds(fields[name], part));
}

export const graph: Graph<object> = {
  resolvers: [UserFields, Roots],
  orphanedTypes: [User, Product, DeprecatedProduct, ProductResearch, Inventory],
  references: {
    User: async ({ __typename: _, ...fields }) => ({ ...user, ...fields }),
    Product: match(products),
    DeprecatedProduct: match([deprecated]),
    ProductResearch: match(research),
    Inventory: match([inventory]),
  },
  hasKey: () => true,
  federation: '2.3',
  links:
    '@link(url: "https://myspecs.dev/myCustomDirective/v1.0", import: ["@custom"]) @composeDirective(name: "@custom")',
  definitions: [new GraphQLDirective({ name: 'custom', locations: [DirectiveLocation.OBJECT] })],
};
