/** What the platform knows: the two neighbours answer from it, and its events tell Rewards the same. */

const ORGANIZATIONS = [
  { id: 'acme', name: 'Acme Robotics GmbH' },
  { id: 'demir', name: 'Demir Makina A.Ş.' },
];

const CUSTOMERS = [
  customer('ada', 'Ada Brandt', 'acme', 'EU'),
  customer('ben', 'Ben Okafor', 'acme', 'EU'),
  customer('cem', 'Cem Demir', 'demir', 'TR'),
];

/** Known to the customers subgraph as the others are; the stories tell of their registration. */
const NEWCOMERS = [customer('dana', 'Dana Roth', 'acme', 'EU')];

/** Came from an older system: known to the customers subgraph, with an id that is longer than Rewards takes. */
const OLDTIMERS = [customer('o'.repeat(300), 'Otto Ammann', 'acme', 'EU')];

const ORDERS = [
  orderOf('order-1001', 'ada', '12500.00', 'EUR', 'DELIVERED'),
  orderOf('order-1002', 'ada', '9000.00', 'EUR', 'DELIVERED'),
  orderOf('order-1003', 'ada', '250.00', 'EUR', 'QUOTED'),
  orderOf('order-1004', 'ada', '120.00', 'EUR', 'QUOTED'),
  orderOf('order-1005', 'ada', '45.50', 'EUR', 'QUOTED'),
  orderOf('order-1006', 'ben', '4000.00', 'EUR', 'DELIVERED'),
  orderOf('order-1007', 'ben', '80.00', 'EUR', 'QUOTED'),
  orderOf('order-1008', 'cem', '310000.00', 'TRY', 'DELIVERED'),
  orderOf('order-1009', 'dana', '640.00', 'EUR', 'QUOTED'),
];

function customer(id, name, organizationId, program) {
  return { id, name, email: `${id}@${organizationId}.example`, organizationId, program };
}

function orderOf(id, customerId, amount, currency, status) {
  const number = id.replace('order-', '#');
  return { id, number, customerId, netTotal: { amount, currency }, status };
}

const order = (id) => ORDERS.find((one) => one.id === id) ?? null;

module.exports = { ORGANIZATIONS, CUSTOMERS, NEWCOMERS, OLDTIMERS, ORDERS, order };
