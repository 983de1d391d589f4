import { Client } from 'pg';
import { callHere, type Load } from '../load';
import { STEPS } from '../orders';
import { work } from '../worker';

const PLACE = { name: 'place', text: 'select bench_place() as n' };
const GO_ON = { name: 'go-on', text: 'select bench_event($1, $2)' };

/** The database's own function for events: the rehearsal, and pgbench's part where that is not installed. */
work(async ({ url }: { url: string }) => {
  const clients: Client[] = [];
  const connectAll = async (count: number) => {
    while (clients.length < count) {
      const client = new Client({ connectionString: url });
      await client.connect();
      clients.push(client);
    }
  };
  const tell = async (client: Client) => {
    const { rows } = await client.query<{ n: number }>(PLACE);
    for (let step = 2; step <= STEPS.length; step += 1) {
      await client.query({ ...GO_ON, values: [rows[0]!.n, step] });
    }
  };
  return {
    answer: async (question: Load | { rehearse: number }) => {
      await connectAll('callers' in question ? question.callers : 1);
      if ('callers' in question) return callHere(question, (caller) => tell(clients[caller]!));
      const numbers: number[] = [];
      for (let n = 0; n < question.rehearse; n += 1) {
        numbers.push((await clients[0]!.query<{ n: number }>(PLACE)).rows[0]!.n);
      }
      for (let step = 2; step <= STEPS.length; step += 1) {
        for (const n of numbers) await clients[0]!.query({ ...GO_ON, values: [n, step] });
      }
    },
    close: async () => {
      for (const client of clients) await client.end();
    },
  };
});
