import { lastDay, money, points } from './amounts';
import type { StorefrontPageQuery } from './generated/operations';

type Customer = NonNullable<StorefrontPageQuery['customer']>;

/** What a member has, where they stand, and what expires. The page lives without it: every part may be null. */
export function Balance({ customer, onRetry }: { customer: Customer; onRetry: () => void }) {
  const { xPoints, tier } = customer;
  const timeZone = customer.membership?.program.timeZone ?? 'UTC';
  if (!xPoints) {
    return (
      <section className="card" aria-label="X-Points">
        <p role="status">Your points cannot be shown at the moment. You can go on shopping.</p>
        <button type="button" className="plain" onClick={onRetry}>
          Try again
        </button>
      </section>
    );
  }
  return (
    <section className="card balance" aria-label="X-Points">
      <div>
        <h2>You can spend</h2>
        <p className="figure" data-testid="available">
          {points(xPoints.available)} <small>points</small>
        </p>
        <p className="quiet">worth {money(xPoints.value)} on your next order</p>
        <Others xPoints={xPoints} />
      </div>
      {tier && <Tier tier={tier} />}
      <Expiring xPoints={xPoints} timeZone={timeZone} />
    </section>
  );
}

function Others({ xPoints }: { xPoints: NonNullable<Customer['xPoints']> }) {
  const others = [
    [xPoints.held, 'set aside for orders'],
    [xPoints.pending, 'expected from open orders'],
    [xPoints.owed, 'owed after a cancellation'],
  ] as const;
  return (
    <ul className="plain-list quiet">
      {others
        .filter(([count]) => count > 0)
        .map(([count, what]) => (
          <li key={what}>
            {points(count)} {what}
          </li>
        ))}
    </ul>
  );
}

function Tier({ tier: { tier, next } }: { tier: NonNullable<Customer['tier']> }) {
  return (
    <div>
      <h2>Your tier</h2>
      <p className="figure">{tier.name}</p>
      {next ? (
        <>
          <progress value={next.progress} max={1} aria-label={`On the way to ${next.tier.name}`} />
          <p className="quiet">
            {money(next.missing)} to {next.tier.name}, where orders earn {next.tier.pointsPerUnit}{' '}
            points instead of {tier.pointsPerUnit}
          </p>
        </>
      ) : (
        <p className="quiet">The highest there is.</p>
      )}
    </div>
  );
}

interface ExpiringProps {
  readonly xPoints: NonNullable<Customer['xPoints']>;
  readonly timeZone: string;
}

function Expiring({ xPoints, timeZone }: ExpiringProps) {
  return (
    <div>
      <h2>Good until</h2>
      {xPoints.expirySchedule.length === 0 && <p className="quiet">Nothing expires.</p>}
      <ul className="plain-list">
        {xPoints.expirySchedule.map((row) => (
          <li key={row.expiresAt ?? 'later'}>
            {row.expiresAt ? lastDay(row.expiresAt, timeZone) : 'Later'}
            <span className="quiet"> · {points(row.points)} points</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
