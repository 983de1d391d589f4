import type { Call } from './commands';
import type { Seen, SeenRow } from './looks';
import type { CommandData } from './shapes';

/** What amounts are in where a step names no currency. */
const AMOUNTS_IN = 'EUR';

const QUOTE = `query Quote($customerId: ID!, $net: MoneyInput!, $tags: [String!]) {
  answer: xPointsQuote(customerId: $customerId, net: $net, tags: $tags) {
    earns payable tier { code } tierAfter { code } campaigns { code kind points }
  }
}`;

interface QuoteAnswer {
  readonly earns: number;
  readonly payable: number;
  readonly tier: { readonly code: string };
  readonly tierAfter: { readonly code: string };
  readonly campaigns: readonly SeenRow[];
}

/** What an amount would earn, asked by the member. */
export function quote({ customerId, net, currency, tags }: CommandData<'quote'>): Call {
  return {
    sender: { customer: customerId },
    document: QUOTE,
    input: { customerId, net: { amount: net, currency: currency ?? AMOUNTS_IN }, tags },
    isQuestion: true,
    shown: (answer): Seen => {
      const { tier, tierAfter, ...rest } = answer as QuoteAnswer;
      return { ...rest, tier: tier.code, tierAfter: tierAfter.code };
    },
  };
}

const SIMULATION = `query Simulation($input: SimulateXPointsInput!) {
  answer: simulateXPoints(input: $input) {
    __typename
    ... on Refusal { code }
    ... on XPointsSimulation {
      after { available held owed turnover { amount } tier { code } }
      entries { kind availableChange heldChange owedChange }
    }
  }
}`;

interface SimulationAnswer {
  readonly after: {
    readonly available: number;
    readonly held: number;
    readonly owed: number;
    readonly turnover: { readonly amount: string };
    readonly tier: { readonly code: string };
  };
  readonly entries: readonly {
    readonly kind: string;
    readonly availableChange: number;
    readonly heldChange: number;
    readonly owedChange: number;
  }[];
}

/** What an order, a redemption or a cancellation would do, asked by the member. */
export function simulate(data: CommandData<'simulate'>): Call {
  const { customerId, order, redemption, cancellation } = data;
  const money = (amount: string, currency = AMOUNTS_IN) => ({ amount, currency });
  const input = {
    ...{ customerId, redemption },
    ...(order ? { order: { net: money(order.net, order.currency), tags: order.tags } } : {}),
    ...(cancellation ? { cancellation: cancelled(cancellation) } : {}),
  };
  function cancelled({ orderId, net, currency }: NonNullable<typeof cancellation>): object {
    return net === undefined ? { orderId } : { orderId, net: money(net, currency) };
  }
  return {
    sender: { customer: customerId },
    document: SIMULATION,
    input: { input },
    isQuestion: true,
    shown: (answer): Seen => {
      const { after, entries } = answer as SimulationAnswer;
      return {
        ...{ available: after.available, held: after.held, owed: after.owed },
        turnover: after.turnover.amount,
        tier: after.tier.code,
        entries: entries.map(({ kind, availableChange, heldChange, owedChange }) => ({
          ...{ kind, available: availableChange, held: heldChange, owed: owedChange },
        })),
      };
    },
  };
}
