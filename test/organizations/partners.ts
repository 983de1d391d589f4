import type { Scope } from '../../src/auth/actor';
import { signToken } from '../../src/auth/dev-token';
import type { RunningServer } from '../../src/server/server';
import { startServer } from '../../src/server/start';
import { desk, World } from '../federation/world';
import { type Answer, ask } from '../server/running';

const AUTH = {
  ...{ jwksUrl: null, secret: 'a shared secret of at least 32 bytes', algorithms: ['HS256'] },
  ...{ issuer: 'https://id.example', audience: 'rewards' },
};

/** Whoever may ask: a partner of an organisation, somebody with another scope, or a customer. */
export type Asker =
  | { readonly partnerOf: string }
  | { readonly scope: Scope; readonly organizationId?: string }
  | { readonly customerId: string; readonly organizationId?: string }
  | null;

export const DESK: Asker = { scope: 'rewards:desk' };

export interface Member {
  readonly customerId: string;
  readonly available: number;
  readonly held: number;
  readonly owed: number;
  readonly expiringIn30Days: number;
  readonly expiringIn90Days: number;
}

export interface Page<N> {
  readonly nodes: readonly N[];
  readonly edges?: readonly { readonly cursor: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** A world with a real server before it, asked over HTTP with tokens as the platform signs them. */
export class Partners {
  private constructor(
    readonly world: World,
    readonly server: RunningServer,
  ) {}

  static async open(at: string): Promise<Partners> {
    const world = await World.open(at);
    const { app } = world;
    const config = { ...app.config, port: 0, auth: AUTH, routerSecrets: [] };
    return new Partners(world, await startServer({ ...app, config }));
  }

  async close(): Promise<void> {
    await this.server.stop();
    await this.world.close();
  }

  async ask(asker: Asker, query: string, variables: object = {}): Promise<Answer['body']> {
    const token = asker && { token: await tokenOf(asker) };
    return (await ask(this.server, query, { variables, ...token })).body;
  }

  /** What of an organisation is asked for; fails on errors. */
  async organization<T>(id: string, fields: string, asker: Asker = { partnerOf: id }): Promise<T> {
    const query = `query Q($id: ID!) { rewardsOrganization(id: $id) { ${fields} } }`;
    const { data, errors } = await this.ask(asker, query, { id });
    expect(errors).toBeUndefined();
    return data?.rewardsOrganization as T;
  }

  /** A list of an organisation in pages of `first`; what happens `between` the pages. */
  async walk<N>(
    id: string,
    list: { readonly name: string; readonly args?: string; readonly fields: string },
    first: number,
    between: (number: number) => Promise<void> = async () => undefined,
  ): Promise<N[]> {
    const found: N[] = [];
    const query = `query Walk($id: ID!, $after: String) { rewardsOrganization(id: $id) {
      list: ${list.name}(first: ${first}, after: $after ${list.args ?? ''}) {
        nodes { ${list.fields} } edges { cursor } pageInfo { hasNextPage endCursor } } } }`;
    for (let after: string | null = null, number = 1; ; number += 1) {
      const { data, errors } = await this.ask({ partnerOf: id }, query, { id, after });
      expect(errors).toBeUndefined();
      const organization = data?.rewardsOrganization as { readonly list: Page<N> };
      const { nodes, edges, pageInfo } = organization.list;
      expect(edges?.at(-1)?.cursor ?? null).toBe(pageInfo.endCursor);
      found.push(...nodes);
      if (!pageInfo.hasNextPage) return found;
      expect(nodes).toHaveLength(first);
      after = pageInfo.endCursor;
      await between(number);
    }
  }

  /** An order of a program's currency that is placed, paid and delivered at the present instant. */
  async earn(orderId: string, customerId: string, net: string, currency = 'EUR'): Promise<void> {
    await this.world.place(orderId, customerId, net, currency);
    await this.world.tell({ type: 'order.paid', orderId, xPoints: null });
    await this.world.tell({ type: 'order.delivered', orderId });
  }

  /** Runs a mutation that has to succeed, as the desk. */
  async run(name: string, input: object, fields = ''): Promise<Record<string, unknown>> {
    const { data, errors } = await this.world.command(desk, name, input, fields);
    if (errors.length > 0 || !/Success$/.test(String(data.answer.__typename))) {
      throw new Error(`${name}: ${JSON.stringify({ data, errors })}`);
    }
    return data.answer;
  }

  /** Moves a customer to another organisation; null: to none. */
  async moves(customerId: string, organizationId: string | null): Promise<void> {
    await this.world.tell({
      type: 'customer.updated',
      customerId,
      changes: { organizationId, billingAccountId: organizationId && `${organizationId}-1` },
    });
  }

  /** The referral code of a member whose first order is completed. */
  async codeOf(customerId: string): Promise<string> {
    const query = `{ rewardsMember(customerId: "${customerId}") { referral { link { code } } } }`;
    const { data } = await this.world.ask<{
      rewardsMember: { referral: { link: { code: string } } };
    }>(desk, query);
    return data.rewardsMember.referral.link.code;
  }
}

/** Where somebody works, as the platform says when they register. */
export const at = (organizationId: string) => ({
  organizationId,
  billingAccountId: `${organizationId}-1`,
});

function tokenOf(asker: NonNullable<Asker>): Promise<string> {
  const claims =
    'partnerOf' in asker
      ? { scope: 'rewards:partner' }
      : 'scope' in asker
        ? { scope: asker.scope }
        : {};
  const organizationId = 'partnerOf' in asker ? asker.partnerOf : asker.organizationId;
  return signToken(Buffer.from(AUTH.secret), {
    ...{ sub: 'customerId' in asker ? asker.customerId : 'dora' },
    ...{ issuer: AUTH.issuer, audience: AUTH.audience },
    ...claims,
    ...(organizationId === undefined ? {} : { organizationId }),
  });
}
