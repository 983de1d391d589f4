import { Dashboard } from './dashboard';
import { changesOf, readOrganization, type Source } from './gateway';

/**
 * An organisation's dashboard in a terminal: its members and totals, and a line for each change as it comes.
 *
 *   GATEWAY_URL=http://localhost:4000/graphql ORGANIZATION=acme TOKEN=… node dist/main.js
 */
async function main(): Promise<void> {
  const { GATEWAY_URL = 'http://localhost:4000/graphql', ORGANIZATION = 'acme' } = process.env;
  const { TOKEN } = process.env;
  if (!TOKEN) {
    throw new Error(
      'TOKEN is missing: a partner’s, with the scope rewards:partner and organization_id.',
    );
  }
  const source: Source = { url: GATEWAY_URL, token: TOKEN, organization: ORGANIZATION };
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => ending.abort());
  const organization = await readOrganization(source);
  if (!organization) throw new Error(`Nobody of ${ORGANIZATION} is a member.`);
  for (const { program, members, value, expiringIn30Days, tiers } of organization.totals) {
    const held = tiers.map(({ tier, members: count }) => `${count} ${tier.code}`).join(', ');
    const worth = `worth ${value.amount} ${value.currency}`;
    console.log(`${program.code}: ${members} members (${held}), ${worth}`);
    console.log(`${expiringIn30Days} X-Points expire within 30 days`);
  }
  const dashboard = new Dashboard(organization.members.nodes);
  for (const line of dashboard.shown()) {
    console.log(`${line.name}, ${line.tier}: ${line.available} available, ${line.held} held`);
  }
  printTotal(dashboard);
  const waiting = new Set(dashboard.shown().map(({ id }) => id));
  for await (const change of changesOf(source, ending.signal)) {
    const isNews = dashboard.take(change);
    if (waiting.delete(change.customer.id) && waiting.size === 0) console.log('Following all');
    if (!isNews) continue;
    const { kind, availableChange } = change.entry ?? { kind: 'as of now', availableChange: 0 };
    console.log(`${change.customer.id} #${change.sequence} ${kind} ${availableChange}`);
    printTotal(dashboard);
  }
}

function printTotal(dashboard: Dashboard): void {
  const { available, held, owed } = dashboard.total();
  console.log(`Together ${available} available, ${held} held, ${owed} owed`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
