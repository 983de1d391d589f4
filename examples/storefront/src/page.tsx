import { useState } from 'react';
import { useQuery } from 'urql';
import { Balance } from './balance';
import { Checkout } from './checkout';
import { type CheckoutOrderFragment, StorefrontPageDocument } from './generated/operations';
import { OrderList } from './order-list';

const OPEN: readonly CheckoutOrderFragment['status'][] = ['QUOTED', 'PLACED'];

/** A member's page of the shop: points, orders, and the checkout of the order that was chosen. */
export function Page({ customerId }: { customerId: string }) {
  const locale = document.documentElement.lang;
  const [{ data, error, fetching }, reload] = useQuery({
    query: StorefrontPageDocument,
    variables: { customerId, locale },
  });
  const [chosen, choose] = useState<string | null>(null);
  const refresh = () => reload({ requestPolicy: 'network-only' });
  const customer = data?.customer;
  if (!customer) {
    return (
      <main>
        <p role="status">{fetching ? 'One moment …' : 'Your page is not available right now.'}</p>
        {error && (
          <button type="button" onClick={refresh}>
            Try again
          </button>
        )}
      </main>
    );
  }
  const orders = customer.orders ?? [];
  const order = orders.find(({ id }) => id === chosen);
  const pointValue = customer.membership?.program.pointValue ?? null;
  return (
    <>
      <header>
        <p className="shop">Partshop</p>
        <p>
          {customer.name}
          {customer.organization && <span className="quiet"> · {customer.organization.name}</span>}
        </p>
      </header>
      <main>
        <h1>
          Your orders and <span className="whole">X-Points</span>
        </h1>
        <Balance customer={customer} onRetry={refresh} />
        {order ? (
          <Checkout
            key={order.id}
            customerId={customerId}
            order={order}
            pointValue={pointValue}
            onAnswered={refresh}
            onBack={() => {
              choose(null);
              refresh();
            }}
          />
        ) : (
          <>
            <OrderList
              title="To be paid"
              orders={orders.filter(({ status }) => OPEN.includes(status))}
              onChoose={choose}
            />
            <OrderList
              title="Earlier orders"
              orders={orders.filter(({ status }) => !OPEN.includes(status))}
            />
          </>
        )}
      </main>
    </>
  );
}
