const { CUSTOMERS, ORDERS } = require('./data');

/** A platform event as POST /events takes it. The same id told twice changes nothing. */
function platformEvent(type, subject, data) {
  const id = `${type}:${subject}`;
  return {
    specversion: '1.0',
    source: '/platform',
    id,
    type,
    datacontenttype: 'application/json',
    data,
  };
}

/** `more` is what else a registration may say, such as the code of the link it came through. */
function registered({ id, email, program, organizationId }, more) {
  return platformEvent('customer.registered', id, {
    customerId: id,
    email,
    program,
    organizationId,
    billingAccountId: `${organizationId}-billing`,
    ...more,
  });
}

function placed({ id, customerId, netTotal }, placedAt) {
  const { amount: net, currency } = netTotal;
  return platformEvent('order.placed', id, { orderId: id, customerId, net, currency, placedAt });
}

const paid = ({ id }) => platformEvent('order.paid', id, { orderId: id });
const delivered = ({ id }) => platformEvent('order.delivered', id, { orderId: id });

/** All that has happened so far: who registered, and the orders that came to their end. */
function history() {
  const done = ORDERS.filter(({ status }) => status === 'DELIVERED');
  return [
    ...CUSTOMERS.map((one) => registered(one, { registeredAt: '2026-01-12T09:00:00Z' })),
    ...done.flatMap((order) => [
      placed(order, '2026-02-03T10:00:00Z'),
      paid(order),
      delivered(order),
    ]),
  ];
}

module.exports = { history, registered, placed, paid, delivered };
