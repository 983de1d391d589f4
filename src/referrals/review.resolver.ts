import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import { actorName } from '../auth/actor';
import { authorize } from '../auth/permissions';
import { type Connection, toConnection } from '../federation/connection.graphql';
import { Customer } from '../federation/customer';
import { Cost, For, Paged } from '../federation/directives';
import { idInput, textInput } from '../federation/input';
import { Order } from '../federation/order';
import { toPlainRefusal } from '../federation/refusal.graphql';
import { refuse } from '../kernel/errors';
import { shardOf } from '../kernel/ids';
import { Cursors, pageOf, pageSize } from '../kernel/pagination';
import type { RequestContext } from '../server/context';
import { type ReferralPlace, readReviewable } from './referral.reads';
import { reviewReferral } from './review';
import {
  ReferralReview,
  ReferralReviewConnection,
  ReferralReviewsArgs,
  ReviewReferralInput,
  ReviewReferralResult,
  toReferralReview,
} from './review.graphql';

const PAGE = 20;
const NOTE_MAX = 500;
const CURSORS = new Cursors<ReferralPlace>('referralReviews', ['instant', 'int4', 'text']);

@Resolver()
export class ReviewCommands {
  @For('desk')
  @Cost(20)
  @Mutation(() => ReviewReferralResult, {
    description:
      'Decide on a referral (R5.5), flagged or not; it may be decided again, the other way. Rejected: its bonus is taken back, an unused discount code voided. Accepted after that: it waits again, or is rewarded at once where its order was completed meanwhile. For the desk. Refused, in this order: REFERRAL_NOT_FOUND, REFERRAL_NOT_REVIEWABLE (lost, voided, or rejected already).',
  })
  async reviewReferral(
    @Arg('input', () => ReviewReferralInput, { description: 'Which one, how and why.' })
    input: ReviewReferralInput,
    @Ctx() { app, actor, loaders }: RequestContext,
  ): Promise<typeof ReviewReferralResult> {
    authorize(actor, 'reviewReferral');
    const { accept } = input;
    const refereeId = idInput('refereeId', input.refereeId);
    const note = textInput('note', input.note, NOTE_MAX);
    const idempotencyKey = idInput('idempotencyKey', input.idempotencyKey);
    const known = await loaders.referrals.referral.load(refereeId);
    if (!known) return toPlainRefusal(refuse('REFERRAL_NOT_FOUND'));
    const { referrerId } = known;
    const decision = { refereeId, referrerId, accept, note, idempotencyKey };
    const command = reviewReferral({ ...decision, actor: actorName(actor) });
    const answer = await app.ledger.execute(command);
    loaders.clear();
    if ('refused' in answer) return toPlainRefusal(answer);
    return { __typename: 'ReviewReferralSuccess', referral: toReferralReview(answer.referral) };
  }
}

@Resolver(() => ReferralReview)
export class ReviewResolver {
  @For('desk')
  @Cost(5)
  @Paged()
  @Query(() => ReferralReviewConnection, {
    description:
      'Referrals that are flagged, rejected (R5.5) or voided (R8.1), oldest registration first. For the desk.',
  })
  async referralReviews(
    @Args(() => ReferralReviewsArgs) { first, after, state = null }: ReferralReviewsArgs,
    @Ctx() { app, actor }: RequestContext,
  ): Promise<Connection<ReferralReview>> {
    authorize(actor, 'readDeskLists');
    const size = pageSize(first, PAGE);
    const page = { state, after: CURSORS.decode(after), limit: size + 1 };
    return toConnection(
      pageOf(await readReviewable(app.database, page), size),
      after,
      ({ registeredAt, refereeId }) =>
        CURSORS.encode([registeredAt, shardOf(refereeId), refereeId]),
      toReferralReview,
    );
  }

  @FieldResolver(() => Customer, { description: 'The referred customer.' })
  referee(
    @Root() { refereeId }: ReferralReview,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.customer(refereeId, info);
  }

  @FieldResolver(() => Customer, { description: 'Who referred them.' })
  referrer(
    @Root() { referrerId }: ReferralReview,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Customer> {
    return loaders.customer(referrerId, info);
  }

  @FieldResolver(() => Order, {
    nullable: true,
    description: 'The order that completed it, or would have where it is rejected; null before.',
  })
  async order(
    @Root() { orderId }: ReferralReview,
    @Ctx() { loaders }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Order | null> {
    return orderId === null ? null : loaders.order(orderId, info);
  }
}
