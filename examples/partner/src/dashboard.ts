import type { ChangesSubscription, DashboardQuery } from './generated/operations';

type Organization = NonNullable<DashboardQuery['rewardsOrganization']>;
type Shown = Organization['members']['nodes'][number];
/** One change of one member; its entry is null in a snapshot. */
export type Change = ChangesSubscription['organizationXPointsChanged'];

/** A member's line. */
export interface Line {
  readonly id: string;
  readonly name: string;
  readonly tier: string;
  readonly available: number;
  readonly held: number;
  readonly owed: number;
  /** Number of the change it shows. */
  readonly sequence: number;
}

/** What stands on the screen: read once, then kept right by each change. */
export class Dashboard {
  private readonly lines = new Map<string, Line>();

  constructor(members: readonly Shown[]) {
    for (const { customerId, customer, tier, ...figures } of members) {
      const { available, held, owed, sequence } = figures;
      this.lines.set(customerId, {
        ...{ id: customerId, name: customer.name ?? customerId, tier: tier.tier.code },
        ...{ available, held, owed, sequence },
      });
    }
  }

  /** Whether it was news: a change carries the balance after it, so one that is no newer than what is shown says nothing. */
  take({ customer, sequence, balance }: Change): boolean {
    const shown = this.lines.get(customer.id);
    if (shown && sequence <= shown.sequence) return false;
    const { available, held, owed } = balance;
    this.lines.set(customer.id, {
      ...(shown ?? { id: customer.id, name: customer.id, tier: '' }),
      ...{ available, held, owed, sequence },
    });
    return true;
  }

  /** The lines, most points first. */
  shown(): Line[] {
    return [...this.lines.values()].sort(
      (a, b) => b.available - a.available || a.id.localeCompare(b.id),
    );
  }

  /** What all of them can spend, hold and owe. */
  total(): Pick<Line, 'available' | 'held' | 'owed'> {
    const total = { available: 0, held: 0, owed: 0 };
    for (const { available, held, owed } of this.lines.values()) {
      total.available += available;
      total.held += held;
      total.owed += owed;
    }
    return total;
  }
}
