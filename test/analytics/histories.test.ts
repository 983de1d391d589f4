import fc from 'fast-check';
import { rollUpStep } from '../../src/analytics/roll-up';
import { type Instant, parseInstant } from '../../src/kernel/time';
import { MemoryBooks } from '../../src/ledger/memory-books';
import { rulesOf } from '../../src/ledger/rules';
import { type Books, openBooks } from '../ledger/stories';
import { changeRules, isRuleStep } from '../properties/rule-steps';
import { type Step, story } from '../properties/story';
import { Teller } from '../properties/teller';
import { expectEqual, rollingOf, rollUpAll, tailOf } from './rolling';

let books: Books;
let clock: Instant = parseInstant('2025-07-10T10:00:00Z')!;
let number = 0;
/** Both sides draw the same codes, since both decide the same commands in the same order. */
const drawn = { door: 0, memory: 0 };
const codesOf = (side: keyof typeof drawn) => () => {
  drawn[side] += 1;
  return `CODE-${number}-${drawn[side]}`;
};

beforeAll(async () => {
  books = await openBooks({ newCode: codesOf('door') });
});
afterAll(() => books.close());

/** Plays a story through the door; memory tells what there is to do next. */
async function play(steps: readonly Step[]): Promise<void> {
  number += 1;
  Object.assign(drawn, { door: 0, memory: 0 });
  await books.at(clock);
  const world = new MemoryBooks({ ...rulesOf(books.programs), newCode: codesOf('memory') });
  const teller = new Teller(number, world);
  for (const step of steps) {
    if (step.kind === 'wait') {
      clock += step.ms;
      await books.at(clock);
    } else if (isRuleStep(step)) await changeRules(books, step);
    else {
      for (const { command } of teller.tell(step)) {
        world.run(command, clock);
        await books.ledger.execute(command);
      }
    }
  }
}

test('random histories add up in every grain, however they are cut into steps', async () => {
  const size = fc.integer({ min: 1, max: 20 });
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(story, size, async (steps, entries) => {
      await play(steps);
      await rollUpStep(rollingOf(books), entries);
      await expectEqual(books);
      await rollUpAll(books, entries);
      compared = await expectEqual(books);
      expect((await tailOf(books.database)).tail).toBe(0);
    }),
    { numRuns: Number(process.env.REWARDS_PROPERTY_RUNS ?? 12) },
  );
  expect(compared).toBeGreaterThan(0);
}, 600_000);
