const { CUSTOMERS, NEWCOMERS, OLDTIMERS, ORGANIZATIONS } = require('./data');

const EVERYBODY = [...CUSTOMERS, ...NEWCOMERS, ...OLDTIMERS];
const customer = (id) => EVERYBODY.find((one) => one.id === id) ?? null;
const organization = (id) => ORGANIZATIONS.find((one) => one.id === id) ?? null;

/** The platform's customers: who they are and where they work. A stub: it does not ask who reads. */
module.exports = {
  Query: {
    customer: (_root, { id }) => customer(id),
    customers: () => EVERYBODY,
  },
  Customer: {
    __resolveReference: async ({ id }) => customer(id),
    organization: ({ organizationId }) => organization(organizationId),
  },
};
