import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { App } from '../app';
import { tellGauges } from './gauges';

/** What Prometheus expects. */
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Serves `GET /metrics` on a port of its own, so that no rule of a proxy stands between the world and what the service says of itself;
 * on loopback unless told otherwise. Does nothing where no port is configured.
 */
export async function startOperations(
  app: App,
): Promise<{ url: string | null; stop(): Promise<void> }> {
  const { operations } = app.config;
  if (operations === null) return { url: null, stop: async () => undefined };
  app.metrics.measureProcess();
  tellGauges(app);
  const server = createServer(async (request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    try {
      const text = await app.metrics.text();
      response.writeHead(200, { 'content-type': TEXT }).end(text);
    } catch (error) {
      app.log.error({ err: error }, 'The metrics could not be told');
      response.writeHead(500).end();
    }
  });
  server.listen(operations.port, operations.host);
  await once(server, 'listening');
  const { port, address, family } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  app.log.info({ host: address, port }, 'Metrics are served');
  return {
    url: `http://${host}:${port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
