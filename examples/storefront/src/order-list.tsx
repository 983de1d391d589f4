import { money, points } from './amounts';
import type { CheckoutOrderFragment } from './generated/operations';

interface Props {
  readonly title: string;
  readonly orders: readonly CheckoutOrderFragment[];
  /** Left out where there is nothing to pay. */
  readonly onChoose?: (orderId: string) => void;
}

/** Orders with what points mean to each of them. */
export function OrderList({ title, orders, onChoose }: Props) {
  if (orders.length === 0) return null;
  return (
    <section className="card" aria-label={title}>
      <h2>{title}</h2>
      <ul className="orders">
        {orders.map((order) => (
          <li key={order.id}>
            <strong>Order {order.number}</strong>
            <span className="amount">{order.netTotal && money(order.netTotal)}</span>
            <span className="quiet">{inPoints(order)}</span>
            {onChoose && (
              <button type="button" onClick={() => onChoose(order.id)}>
                Check out<span className="unseen"> order {order.number}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function inPoints({ xPoints, xPointsQuote }: CheckoutOrderFragment): string {
  const said = [
    xPoints && xPoints.earned > 0 && `earned ${points(xPoints.earned)} points`,
    xPoints && xPoints.redeemed > 0 && `paid ${points(xPoints.redeemed)} points`,
    xPoints && xPoints.held > 0 && `${points(xPoints.held)} points set aside`,
    xPointsQuote && xPointsQuote.earns > 0 && `earns ${points(xPointsQuote.earns)} points`,
  ];
  return said.filter(Boolean).join(', ');
}
