const { CUSTOMERS, ORGANIZATIONS } = require('./data');

const customer = (id) => CUSTOMERS.find((one) => one.id === id) ?? null;
const organization = (id) => ORGANIZATIONS.find((one) => one.id === id) ?? null;

/** The platform's customers: who they are and where they work. A stub: it does not ask who reads. */
module.exports = {
  Query: {
    customer: (_root, { id }) => customer(id),
    customers: () => CUSTOMERS,
  },
  Customer: {
    __resolveReference: async ({ id }) => customer(id),
    organization: ({ organizationId }) => organization(organizationId),
  },
};
