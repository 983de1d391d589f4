import { connect } from './connect';
import { FileStore } from './file-store';
import { follow } from './follow';

/**
 * The app without its screen: follows one member's balance and keeps it on the device.
 *
 *   GATEWAY_URL=ws://localhost:4000/graphql CUSTOMER_ID=ada TOKEN=… STATE_FILE=ada.json node dist/app.js
 */
async function main(): Promise<void> {
  const { GATEWAY_URL = 'ws://localhost:4000/graphql', CUSTOMER_ID = 'ada', TOKEN } = process.env;
  const { STATE_FILE = `${CUSTOMER_ID}.json`, PING_MS } = process.env;
  if (!TOKEN) throw new Error('TOKEN is missing: `npm run supergraph` prints one of Ada’s.');
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => ending.abort());
  const store = new FileStore(STATE_FILE);
  const client = connect(
    GATEWAY_URL,
    async () => TOKEN,
    PING_MS === undefined ? undefined : Number(PING_MS),
  );
  console.log(`Following ${CUSTOMER_ID} from ${store.place() ?? 'the beginning'}`);
  await follow({
    client,
    customerId: CUSTOMER_ID,
    store: {
      place: () => store.place(),
      async keep(change) {
        await store.keep(change);
        console.log(`${change.sequence}: ${change.balance.available} points`);
      },
    },
    signal: ending.signal,
    onInterruption: (reason) => console.log('Again, after:', reason),
  });
  await client.dispose();
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
