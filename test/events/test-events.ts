import { platformEventReader } from '../../src/events/platform-events';
import { eventCommand } from '../../src/orders/event-command';
import type { RunningApp } from './test-app';

let lastId = 0;

/** Reports an event to the ledger, as the route does. */
export async function report(app: RunningApp, type: string, data: object): Promise<void> {
  lastId += 1;
  const reading = platformEventReader(app.config.signalKey)({
    ...{ source: 'shop', id: `e${lastId}`, type, data },
  });
  if ('rejected' in reading) throw new Error(reading.rejected);
  await app.ledger.execute(eventCommand(reading.received));
}
