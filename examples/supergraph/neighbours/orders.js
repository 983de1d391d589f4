const { ORDERS, order } = require('./data');

/** The platform's orders: what they cost and how far they are. A stub: it does not ask who reads. */
module.exports = {
  Query: {
    order: (_root, { id }) => order(id),
  },
  Order: {
    __resolveReference: async ({ id }) => order(id),
    customer: ({ customerId }) => ({ id: customerId }),
  },
  Customer: {
    orders: ({ id }) => ORDERS.filter((one) => one.customerId === id),
  },
};
