import { type FormEvent, useEffect, useRef, useState } from 'react';
import { less, money, points, time, worth } from './amounts';
import { type Standing, useAttempt } from './attempt';
import type { AmountFragment, CheckoutOrderFragment } from './generated/operations';

interface Props {
  readonly customerId: string;
  readonly order: CheckoutOrderFragment;
  /** What one point pays; null where rewards cannot be asked. */
  readonly pointValue: AmountFragment | null;
  /** An answer came: what is shown may be out of date. */
  readonly onAnswered: () => void;
  readonly onBack: () => void;
}

/** The checkout of one order. Without rewards it is a checkout all the same. */
export function Checkout({ customerId, order, pointValue, onAnswered, onBack }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const quote = order.xPointsQuote;
  return (
    <section className="card" aria-labelledby="checkout">
      <h2 id="checkout" ref={heading} tabIndex={-1}>
        Check out order {order.number}
      </h2>
      {quote && pointValue ? (
        <WithPoints {...{ customerId, order, pointValue, quote, onAnswered }} />
      ) : (
        <>
          <dl className="sums">
            <Sum label="To pay" amount={order.netTotal} />
          </dl>
          <p role="status">Points cannot be used at the moment. The order can be paid without.</p>
        </>
      )}
      <button type="button" className="plain" onClick={onBack}>
        Back to your orders
      </button>
    </section>
  );
}

interface Paying {
  readonly customerId: string;
  readonly order: CheckoutOrderFragment;
  readonly pointValue: AmountFragment;
  readonly quote: NonNullable<CheckoutOrderFragment['xPointsQuote']>;
  readonly onAnswered: () => void;
}

function WithPoints({ customerId, order, pointValue, quote, onAnswered }: Paying) {
  const { standing, use } = useAttempt(customerId, order.id, onAnswered);
  const [text, setText] = useState('');
  const isBusy = standing.kind === 'sending' || standing.kind === 'unknown';
  const count = isBusy ? standing.points : Number(text);
  // What an attempt without an answer did is not known: only the quote is shown then.
  const isShown = !isBusy && Number.isSafeInteger(count) && count > 0 && count <= quote.payable;
  const wanted = isShown ? count : 0;
  const isDone = standing.kind === 'done';

  function submit(event: FormEvent): void {
    event.preventDefault();
    void use(count);
  }

  return (
    <form onSubmit={submit}>
      <dl className="sums">
        <Sum label={isDone ? 'Left to pay' : 'To pay'} amount={quote.net} />
        {!isDone && wanted > 0 && (
          <>
            <Sum label={`${points(wanted)} points`} amount={worth(wanted, pointValue)} minus />
            <Sum label="Left to pay" amount={less(quote.net, worth(wanted, pointValue))} strong />
          </>
        )}
      </dl>
      <p className="quiet">Paid in money, it earns {points(quote.earns)} points.</p>
      {!isDone && (
        <div className="field">
          <label htmlFor="points">Points to use</label>
          <p className="quiet" id="most">
            {quote.payable === 0
              ? 'No points can be used for this order.'
              : `Up to ${points(quote.payable)}, worth ${money(quote.payableValue)}.`}
          </p>
          <div className="row">
            <input
              id="points"
              type="number"
              inputMode="numeric"
              min={1}
              step={1}
              required
              disabled={isBusy}
              aria-describedby="most"
              value={isBusy ? String(standing.points) : text}
              onChange={(event) => setText(event.target.value)}
            />
            <button
              type="button"
              className="plain"
              disabled={isBusy || quote.payable === 0}
              onClick={() => setText(String(quote.payable))}
            >
              As many as possible
            </button>
          </div>
          <button type="submit" disabled={standing.kind === 'sending'}>
            {standing.kind === 'unknown' ? 'Try again' : 'Use points'}
          </button>
        </div>
      )}
      <Outcome standing={standing} />
    </form>
  );
}

/** Always in the page, so that what appears in it is read out. */
function Outcome({ standing }: { standing: Standing }) {
  return (
    <div role="status" aria-live="polite" className={`outcome ${standing.kind}`}>
      {standing.kind === 'sending' && <p>One moment …</p>}
      {standing.kind === 'refused' && <p>{standing.message}</p>}
      {standing.kind === 'unknown' && (
        <p>
          No answer came, so your points may or may not be used. Try again: they are used only once.
        </p>
      )}
      {standing.kind === 'done' && (
        <p>
          {points(standing.success.redemption.points)} points, worth{' '}
          {money(standing.success.redemption.value)}, are set aside for this order
          {standing.success.redemption.heldUntil &&
            ` until ${time(standing.success.redemption.heldUntil)}`}
          . They are used when the rest is paid.
        </p>
      )}
    </div>
  );
}

interface SumProps {
  readonly label: string;
  readonly amount: AmountFragment | null | undefined;
  readonly minus?: boolean;
  readonly strong?: boolean;
}

function Sum({ label, amount, minus = false, strong = false }: SumProps) {
  if (!amount) return null;
  return (
    <div className={strong ? 'strong' : undefined}>
      <dt>{label}</dt>
      <dd>
        {minus && '− '}
        {money(amount)}
      </dd>
    </div>
  );
}
