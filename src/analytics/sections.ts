import type { App } from '../app';
import type { Instant } from '../kernel/time';
import type { Answer } from './answer';
import {
  type OrdersWithoutTurnover,
  type RedemptionShare,
  redemptionShare,
} from './redemption-share';
import { readOrdersWithoutTurnover } from './redemption-share.reads';
import { type ReferralCount, type ReferralCounts, referralCounts } from './referral-funnel';
import { readReferralCounts } from './referral-funnel.reads';
import { type TierCounts, tierCounts } from './tier-report';
import { readTierSteps } from './tier-report.reads';

/**
 * What of an answer is counted besides its sums: members, referrals and orders, each read once for all buckets, and after the
 * sums: nobody whom these tell of is missing.
 */
export class Sections {
  private tiers: Promise<readonly TierCounts[]> | null = null;
  private referrals: Promise<readonly ReferralCount[]> | null = null;
  private orders: Promise<readonly OrdersWithoutTurnover[]> | null = null;

  private constructor(
    private readonly app: Pick<App, 'database' | 'programs'>,
    private readonly answer: Answer,
  ) {}

  private static readonly made = new WeakMap<Answer, Sections>();

  /** Those of an answer, the same for all its fields. */
  static of(app: Pick<App, 'database' | 'programs'>, answer: Answer): Sections {
    const made = Sections.made.get(answer) ?? new Sections(app, answer);
    Sections.made.set(answer, made);
    return made;
  }

  /** Members by tier at the end of the bucket that starts at `start`. */
  async tierCounts(start: Instant): Promise<TierCounts> {
    this.tiers ??= this.readTiers();
    return (await this.tiers)[this.place(start)]!;
  }

  /** What came of referral links, but for bonuses, in the bucket that starts at `start`; null: in all of them. */
  async referralCounts(start: Instant | null): Promise<ReferralCounts> {
    this.referrals ??= this.edges().then((edges) =>
      readReferralCounts(this.app, this.answer.asked.question.program, edges),
    );
    return referralCounts(this.in(start, await this.referrals));
  }

  /** Which share of orders was paid with points in the bucket that starts at `start`; null: in all of them. */
  async redemptionShare(start: Instant | null): Promise<RedemptionShare> {
    this.orders ??= this.edges().then((edges) =>
      readOrdersWithoutTurnover(this.app, this.answer.asked.question.program, edges),
    );
    const period = start === null ? await this.answer.whole() : await this.answer.period(start);
    return redemptionShare(period.sums.entries, this.in(start, await this.orders));
  }

  private async readTiers(): Promise<readonly TierCounts[]> {
    const { app, answer } = this;
    const { question } = answer.asked;
    const { program, basis } = question;
    const recordedBy = basis === 'RECORDED' ? question.asOf : null;
    const sums = await answer.sums();
    const steps = await readTierSteps(app, program, (await this.edges()).slice(1), recordedBy);
    const buckets = (await answer.periods()).map(({ start, at }) => {
      const terms = app.programs.inForceAt(program, at);
      return { start, lowest: terms.tiers[0]!.code };
    });
    return tierCounts(sums.entries, steps, buckets);
  }

  /** Where the first bucket begins, then where each ends, or how far the answer goes where that is earlier. */
  private async edges(): Promise<Instant[]> {
    const { question, starts, basis, asOf } = this.answer.asked;
    const { now } = await this.answer.sums();
    // What is known now is known up to the moment at which the sums were read.
    const last = (basis === 'KNOWN' && question.asOf === null ? now : asOf) + 1;
    const ends = starts.map((_, i) => Math.min(starts[i + 1] ?? question.to, last));
    return [question.from, ...ends];
  }

  private in<Row extends { readonly period: number }>(
    start: Instant | null,
    rows: readonly Row[],
  ): readonly Row[] {
    if (start === null) return rows;
    const place = this.place(start);
    return rows.filter(({ period }) => period === place);
  }

  private place(start: Instant): number {
    return this.answer.asked.starts.indexOf(start);
  }
}
