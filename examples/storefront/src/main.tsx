import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { cacheExchange, createClient, fetchExchange, Provider } from 'urql';
import { Page } from './page';

/** The shop's own server passes it on to the gateway, as who is signed in. */
const client = createClient({
  url: '/graphql',
  preferGetMethod: false,
  exchanges: [cacheExchange, fetchExchange],
});

async function start(): Promise<void> {
  const { customerId } = (await (await fetch('/session')).json()) as { customerId: string };
  createRoot(document.getElementById('page')!).render(
    <StrictMode>
      <Provider value={client}>
        <Page customerId={customerId} />
      </Provider>
    </StrictMode>,
  );
}

void start();
