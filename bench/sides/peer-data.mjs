/** What the peers answer entities from: one statement per load, plain pg, a named statement. */
import DataLoader from 'dataloader';
import pg from 'pg';

pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const STATEMENT = {
  name: 'accounts',
  text: `select a.id, a.available, a.held, a.owed, a.sequence, a.turnover_minor
    from unnest($1::smallint[], $2::text[]) as k (shard, id)
    join accounts a on a.shard = k.shard and a.id = k.id where a.program is not null`,
};
const TIERS = [
  { code: 'GOLD', pointsPerUnit: 3, from: 7_000_000 },
  { code: 'SILVER', pointsPerUnit: 2, from: 2_000_000 },
  { code: 'BRONZE', pointsPerUnit: 1, from: 0 },
];

/** The part of the service's schema that is asked for. */
export const SCHEMA = `
  extend type Query { ping: String }
  type Customer @key(fields: "id") { id: ID! xPoints: XPointsBalance tier: RewardsTierStatus }
  type XPointsBalance { available: Float! held: Float! owed: Float! value: Money! sequence: Float! }
  type RewardsTierStatus { tier: RewardsTier! turnover: Money! }
  type RewardsTier { code: String! pointsPerUnit: Int! }
  type Money { amount: String! currency: String! }
`;

/** Statements of `gather` under way at a time, and the ids of one, as the service has them. */
const IN_FLIGHT = 4;
const IDS = 100;

/**
 * Reads over a pool of `size` connections: by a DataLoader, one for each request (`makeLoader`), or together with what
 * other requests of the same turn of the event loop ask (`gather`).
 */
export function openData(url, size) {
  const pool = new pg.Pool({ connectionString: url, max: size });
  const read = async (ids) => {
    const { rows } = await pool.query({ ...STATEMENT, values: [ids.map(shardOf), ids] });
    return new Map(rows.map((row) => [row.id, toCustomer(row)]));
  };
  const load = async (ids) => {
    const found = await read(ids);
    return ids.map((id) => found.get(id) ?? null);
  };
  return { makeLoader: () => new DataLoader(load), gather: gatherer(read) };
}

function gatherer(read) {
  const waiting = [];
  let inFlight = 0;
  let isScheduled = false;
  const send = () => {
    while (inFlight < IN_FLIGHT && waiting.length > 0) {
      const { ids, callers } = waiting.shift();
      inFlight += 1;
      read(ids)
        .then(
          (found) => {
            for (const { own, resolve } of callers) resolve(own.map((id) => found.get(id) ?? null));
          },
          (error) => {
            for (const { reject } of callers) reject(error);
          },
        )
        .finally(() => {
          inFlight -= 1;
          send();
        });
    }
  };
  return (own) =>
    new Promise((resolve, reject) => {
      let batch = waiting.at(-1);
      if (!batch || batch.ids.length + own.length > IDS) {
        batch = { ids: [], callers: [] };
        waiting.push(batch);
      }
      batch.ids.push(...own);
      batch.callers.push({ own, resolve, reject });
      if (isScheduled) return;
      isScheduled = true;
      setImmediate(() => {
        isScheduled = false;
        send();
      });
    });
}

function toCustomer(row) {
  const tier = TIERS.find(({ from }) => from <= row.turnover_minor);
  return {
    __typename: 'Customer',
    id: row.id,
    xPoints: {
      available: row.available,
      held: row.held,
      owed: row.owed,
      value: euro(row.available),
      sequence: row.sequence,
    },
    tier: {
      tier: { code: tier.code, pointsPerUnit: tier.pointsPerUnit },
      turnover: { amount: euro(row.turnover_minor).amount },
    },
  };
}

function euro(minor) {
  return { amount: (minor / 100).toFixed(2), currency: 'EUR' };
}

/** The shard of an id, as the service computes it. */
function shardOf(id) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  }
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & 255;
}

/** In a peer's process: starts with the first message, answers the others with the processor time spent. */
export function serve(start) {
  let peer = null;
  process.on('message', async (setup) => {
    if (!peer) {
      peer = await start(setup.url);
      return process.send({ answer: { port: peer.port } });
    }
    const { user, system } = process.cpuUsage();
    process.send({ answer: user + system });
  });
  process.on('disconnect', () => process.exit());
}
