import { Client } from 'pg';
import { anyWish, type Wish } from '../customers';
import { type Hot, hotWish } from '../hot';
import { callHere, type Load } from '../load';
import { work } from '../worker';

const CALL = {
  name: 'redeem',
  text: `select bench_redeem(shard, id, open_shards[$2], open_ids[$2], $3, $4)
    from bench_customers where n = $1`,
};

const CALL_HOT = {
  name: 'redeem-hot',
  text: `select bench_redeem(shard, account_id, order_shard, order_id, $3, $4)
    from bench_hot where turn = $1 and k = $2`,
};

/** The database's own function, called by one connection per caller: pgbench's part where that is not installed. */
work(async ({ url, accounts }: { url: string; accounts: number }) => {
  const clients: Client[] = [];
  const connectAll = async (count: number) => {
    while (clients.length < count) {
      const client = new Client({ connectionString: url });
      await client.connect();
      clients.push(client);
    }
  };
  const fulfil = (client: Client, { n, k, points, key }: Wish) =>
    client.query({ ...CALL, values: [n, k, points, key] });
  const fulfilHot = (client: Client, hot: Hot) => {
    const { k, points, key } = hotWish(hot);
    return client.query({ ...CALL_HOT, values: [hot.turn, k, points, key] });
  };
  return {
    answer: async (question: Load | { wishes: Wish[] }) => {
      await connectAll('callers' in question ? question.callers : 1);
      if ('callers' in question) {
        const { hot } = question;
        return callHere(question, (caller) =>
          hot ? fulfilHot(clients[caller]!, hot) : fulfil(clients[caller]!, anyWish(accounts)),
        );
      }
      for (const wish of question.wishes) await fulfil(clients[0]!, wish);
    },
    close: async () => {
      for (const client of clients) await client.end();
    },
  };
});
