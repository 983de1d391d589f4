import { signToken } from '../../src/auth/dev-token';
import { anyWish, customerId, type Signing, type Wish } from '../customers';
import { callFor, type Load } from '../load';
import { work } from '../worker';
import { HttpConnection } from './http-client';

/** What is asked: redemptions, each by its own member, or questions with their expected answers. */
export type Asked =
  | { readonly kind: 'redemptions'; readonly accounts: number; readonly signing: Signing }
  | {
      readonly kind: 'questions';
      readonly token: string | null;
      /** Lists by name; one is chosen per load. */
      readonly lists: Readonly<Record<string, readonly { body: string; expected: string }[]>>;
    };

const MUTATION = `mutation Redeem($input: RedeemXPointsInput!) {
  redeemXPoints(input: $input) {
    __typename
    ... on RedeemXPointsSuccess {
      redemption { id state points captured }
      balance { sequence available held owed }
    }
  }
}`;

/** Callers over HTTP, one kept-alive connection each, in a process of their own. */
work(async ({ port, asked }: { port: number; asked: Asked }) => {
  const connections: HttpConnection[] = [];
  // Anew each time: the server closes what was silent while others were measured.
  const connectAll = async (count: number) => {
    for (const connection of connections.splice(0)) connection.close();
    while (connections.length < count) connections.push(await HttpConnection.open(port));
  };
  const tokens = asked.kind === 'redemptions' ? await signAll(asked) : new Map<string, string>();
  const fulfil = async (caller: number, { customerId, orderId, points, key }: Wish) => {
    const input = { customerId, orderId, points, idempotencyKey: key };
    const body = JSON.stringify({ query: MUTATION, variables: { input } });
    const answer = await connections[caller]!.post(body, tokens.get(customerId)!);
    if (!answer.includes('"RedeemXPointsSuccess"')) throw new Error(answer);
  };
  const ask = async (caller: number, list: string) => {
    if (asked.kind !== 'questions') throw new Error('There are no questions');
    const questions = asked.lists[list]!;
    const { body, expected } = questions[Math.floor(Math.random() * questions.length)]!;
    const answer = await connections[caller]!.post(body, asked.token);
    if (answer.trimEnd() !== expected) throw new Error(`Got ${answer}\nnot ${expected}`);
  };
  return {
    answer: async (question: (Load & { list?: string }) | { wishes: Wish[] }) => {
      await connectAll('callers' in question ? question.callers : 1);
      if ('wishes' in question) {
        for (const wish of question.wishes) await fulfil(0, wish);
        return;
      }
      const { list } = question;
      return callFor(question, (caller) =>
        asked.kind === 'questions'
          ? ask(caller, list ?? '')
          : fulfil(caller, anyWish(asked.accounts)),
      );
    },
    close: async () => {
      for (const connection of connections) connection.close();
    },
  };
});

/** A token of each member's own, as the platform's identity provider signs them. */
async function signAll(
  asked: Extract<Asked, { kind: 'redemptions' }>,
): Promise<Map<string, string>> {
  const { issuer, audience } = asked.signing;
  const secret = Buffer.from(asked.signing.secret, 'utf8');
  const tokens = new Map<string, string>();
  for (let n = 1; n <= asked.accounts; n += 1) {
    const sub = customerId(n);
    tokens.set(sub, await signToken(secret, { sub, issuer, audience }));
  }
  return tokens;
}
