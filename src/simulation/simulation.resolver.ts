import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { authorize } from '../auth/permissions';
import { Cost, For } from '../federation/directives';
import { idInput, tagsInput } from '../federation/input';
import { minorOf } from '../federation/money.graphql';
import { toRefusal } from '../federation/refusal.graphql';
import { RequestError } from '../kernel/errors';
import { formatDecimal } from '../kernel/money';
import { MINUTE_MS } from '../kernel/time';
import { toXPointsEntry } from '../ledger/entry.graphql';
import type { RequestContext } from '../server/context';
import { simulate, type Trial } from './simulate';
import {
  SimulateXPointsInput,
  SimulateXPointsResult,
  toSimulatedBalance,
} from './simulation.graphql';

@Resolver()
export class SimulationResolver {
  @For('storefront', 'mobile')
  @Cost(20)
  @Query(() => SimulateXPointsResult, {
    description:
      "What an order, a redemption or a cancellation would do to a member now: entries, arithmetic and balance, by the same decisions as the real thing; nothing is kept. For the member themself, the desk and services. Refused as the real thing; NOT_A_MEMBER for a customer who is none, ORDER_NOT_FOUND also for the cancellation of somebody else's order.",
  })
  async simulateXPoints(
    @Arg('input', () => SimulateXPointsInput, { description: 'What to try out, and for whom.' })
    input: SimulateXPointsInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof SimulateXPointsResult> {
    const { app, actor } = context;
    const customerId = idInput('customerId', input.customerId);
    authorize(actor, 'simulate', { customerId });
    const trial = await trialOf(context, customerId, input);
    const answer = await simulate(app.ledger, customerId, trial);
    if ('refused' in answer) return toRefusal(answer);
    const { before, after, entries } = answer;
    const termsOf = (version: number) => app.programs.terms(before.program, version);
    return {
      __typename: 'XPointsSimulation',
      before: toSimulatedBalance(before, termsOf(before.termsVersion)),
      after: toSimulatedBalance(after, termsOf(after.termsVersion)),
      entries: entries.map((entry) =>
        toXPointsEntry(customerId, entry, termsOf(entry.termsVersion)),
      ),
    };
  }
}

async function trialOf(
  { loaders }: RequestContext,
  customerId: string,
  { order, redemption, cancellation }: SimulateXPointsInput,
): Promise<Trial> {
  if ([order, redemption, cancellation].filter(Boolean).length !== 1) {
    throw new RequestError(
      'BAD_USER_INPUT',
      'Name exactly one of order, redemption and cancellation.',
    );
  }
  if (order) {
    const { currency } = order.net;
    const tags = tagsInput(order.tags);
    return { kind: 'ORDER', net: formatDecimal(minorOf(order.net), currency), currency, tags };
  }
  if (redemption) {
    const holdMs = redemption.holdMinutes == null ? null : redemption.holdMinutes * MINUTE_MS;
    const orderId = idInput('orderId', redemption.orderId);
    return { kind: 'REDEMPTION', orderId, points: redemption.points ?? null, holdMs };
  }
  const orderId = idInput('orderId', cancellation!.orderId);
  const view = await loaders.orderView(orderId);
  const isOwn = view?.customerId === customerId;
  const { net = null } = cancellation!;
  if (net && isOwn && net.currency !== view.order.placed?.currency) {
    throw new RequestError('BAD_USER_INPUT', 'net is in the currency of the order.');
  }
  const amount = net ? formatDecimal(minorOf(net), net.currency) : null;
  return { kind: 'CANCELLATION', orderId, net: amount, isOwn };
}
