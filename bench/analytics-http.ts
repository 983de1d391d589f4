import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Period } from '../src/analytics/answer';
import { flowsOf } from '../src/analytics/flows';
import type { Wish } from '../src/analytics/question';
import { signToken } from '../src/auth/dev-token';
import { formatInstant } from '../src/kernel/time';
import type { Side } from './harness';
import type { Load } from './load';
import { measureOver } from './redeemers';
import type { ScaleServer } from './scale-server';
import { Worker } from './worker';

const FLOWS = ['issued', 'redeemed', 'restored', 'expired', 'reversed', 'forfeited', 'voided'];

const QUERY = `query ($program: ProgramCode!, $from: DateTime!, $to: DateTime!) {
  rewardsAnalytics(program: $program, from: $from, to: $to, by: MONTH) {
    buckets {
      start
      end
      flows { ${FLOWS.map((flow) => `${flow} { points }`).join(' ')} }
      liability {
        outstanding { points value { amount currency } }
        available
        held
        owed { points }
        byExpiry { month points }
      }
      breakage { realised { points } expected rate }
    }
  }
}`;

interface Shown {
  readonly flows: Readonly<Record<string, { readonly points: number }>>;
  readonly liability: {
    readonly available: number;
    readonly held: number;
    readonly byExpiry: readonly object[];
  };
}

/** The README's query, asked of the service; every answer must be the first one, and that one the sum of all entries. */
export async function overHttp(
  name: string,
  server: ScaleServer,
  url: string,
  wish: Wish,
  periods: readonly Period[],
) {
  const secret = randomBytes(32).toString('hex');
  const signing = { secret, issuer: 'https://id.example', audience: 'rewards' };
  const claims = { ...signing, sub: 'analyst', scope: 'rewards:analytics' };
  const token = await signToken(Buffer.from(secret), claims);
  const variables = {
    program: wish.program,
    ...{ from: formatInstant(wish.from), to: formatInstant(wish.to) },
  };
  const body = JSON.stringify({ query: QUERY, variables });
  const { worker: service, answer } = await Worker.start<{ port: number }>('subgraph.ts', {
    ...{ url: server.asApplication(url), ...signing },
  });
  const response = await fetch(`http://127.0.0.1:${answer.port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body,
  });
  const expected = (await response.text()).trimEnd();
  checkShown(expected, periods);
  const lists = { year: [{ body, expected }] };
  const { worker: client } = await Worker.start('http-load.ts', {
    ...{ port: answer.port, asked: { kind: 'questions', token, lists } },
  });
  const side: Side = {
    name,
    measure: (load: Load) => measureOver(service, client, { ...load, list: 'year' }),
  };
  const stop = async () => {
    await client.stop();
    await service.stop();
  };
  return { side, stop };
}

function checkShown(text: string, periods: readonly Period[]): void {
  const { data } = JSON.parse(text) as { data?: { rewardsAnalytics: { buckets: Shown[] } } };
  const should = periods.map(({ sums, standing }) => {
    const flows = flowsOf(sums.moves);
    return {
      flows: FLOWS.map((flow) => flows[flow as keyof typeof flows]),
      ...{ available: standing.available, held: standing.held, byExpiry: standing.byExpiry },
    };
  });
  const is = data?.rewardsAnalytics.buckets.map(({ flows, liability }) => ({
    flows: FLOWS.map((flow) => flows[flow]!.points),
    ...{ available: liability.available, held: liability.held, byExpiry: liability.byExpiry },
  }));
  if (!isDeepStrictEqual(is, should)) throw new Error(`The service answered ${text}`);
}
