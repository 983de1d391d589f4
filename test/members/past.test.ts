import fc from 'fast-check';
import { clockSql } from '../../src/database/clock';
import { DAY_MS, formatInstant, type Instant, parseInstant } from '../../src/kernel/time';
import { MemoryBooks } from '../../src/ledger/memory-books';
import { rulesOf } from '../../src/ledger/rules';
import { type MemberView, readMembers } from '../../src/members/member.loaders';
import { readPastMembers } from '../../src/members/past.loaders';
import { type Books, openBooks } from '../ledger/stories';
import { changeRules, isRuleStep } from '../properties/rule-steps';
import { type Step, story } from '../properties/story';
import { Teller } from '../properties/teller';

let books: Books;
let clock: Instant = parseInstant('2025-01-10T10:00:00Z')!;
let number = 0;
const drawn = { door: 0, memory: 0 };
const codesOf = (side: keyof typeof drawn) => () => {
  drawn[side] += 1;
  return `CODE-${number}-${drawn[side]}`;
};

beforeAll(async () => {
  books = await openBooks({ newCode: codesOf('door') });
});
afterAll(() => books.close());

/** What a member's `xPoints` and tier show, but what is an estimate and what depends on when something was booked. */
function shown({ account, terms, lots, at }: MemberView): object {
  const { available, held, owed, turnover } = account;
  const { lifetimeEarned, lifetimeRedeemed, lifetimeExpired } = account;
  const open = [...(lots?.values() ?? [])]
    .filter((lot) => lot.held > 0 || (lot.remaining > 0 && lot.expiresAt > at))
    .sort((a, b) => a.number - b.number);
  return {
    ...{ available, held, owed, turnover, lifetimeEarned, lifetimeRedeemed, lifetimeExpired },
    ...{ terms: terms.version, open },
  };
}

function presentOf(ids: readonly string[]): Promise<Map<string, MemberView>> {
  const { database, programs } = books;
  return readMembers({ database, programs, clock: clockSql(true) }, ids, {
    ...{ pending: true, book: true },
  });
}

function pastOf(ids: readonly string[], at: Instant): Promise<Map<string, MemberView>> {
  return readPastMembers(books, ids, at, { pending: true });
}

/** How many entries of an account had become true by an instant. */
async function sequenceAt(id: string, at: Instant): Promise<number> {
  const [row] = await books.database.query<{ count: number }[]>(
    'select count(*) from entries where account_id = $1 and occurred_at <= $2',
    [id, formatInstant(at)],
  );
  return Number(row!.count);
}

test('the past of any member at any instant is what was shown when it was the present', async () => {
  const numRuns = Number(process.env.REWARDS_PROPERTY_RUNS ?? 25);
  const seed = Number(process.env.REWARDS_PROPERTY_SEED ?? Date.now() % 2 ** 31);
  let compared = 0;
  const play = async (steps: readonly Step[]): Promise<void> => {
    number += 1;
    Object.assign(drawn, { door: 0, memory: 0 });
    clock += DAY_MS;
    await books.at(clock);
    const world = new MemoryBooks({ ...rulesOf(books.programs), newCode: codesOf('memory') });
    const teller = new Teller(number, world);
    const seen: { readonly at: Instant; readonly views: Map<string, MemberView> }[] = [];
    const ids = () => [...world.accounts.keys()];
    for (const step of [...steps, { kind: 'wait' as const, ms: DAY_MS }]) {
      if (step.kind === 'wait') {
        seen.push({ at: clock, views: await presentOf(ids()) });
        // Somewhere in between, too, where nothing happens but what falls due.
        clock += Math.floor(step.ms / 2);
        await books.at(clock);
        seen.push({ at: clock, views: await presentOf(ids()) });
        clock += Math.ceil(step.ms / 2);
        await books.at(clock);
      } else if (isRuleStep(step)) {
        await changeRules(books, step);
      } else {
        for (const { command } of teller.tell(step)) {
          const expected = world.run(command, clock);
          const answer = await books.ledger.execute(command);
          expect('refused' in answer).toBe('refused' in expected);
        }
      }
    }
    for (const { at, views } of seen) {
      const past = await pastOf(ids(), at);
      expect(new Map([...views].map(([id, view]) => [id, shown(view)]))).toEqual(
        new Map([...past].filter(([id]) => views.has(id)).map(([id, view]) => [id, shown(view)])),
      );
      for (const [id, view] of past) {
        compared += 1;
        expect(view.account.sequence).toBe(await sequenceAt(id, at));
        expect(view.at).toBe(at);
      }
    }
  };
  await fc.assert(fc.asyncProperty(story, play), { numRuns, seed });
  expect(compared).toBeGreaterThan(numRuns);
  process.stdout.write(`${compared} instants compared, REWARDS_PROPERTY_SEED=${seed}\n`);
}, 600_000);
