import type { Instant } from '../../src/kernel/time';
import { MemoryBooks } from '../../src/ledger/memory-books';
import { rulesOf } from '../../src/ledger/rules';
import { type Books, openBooks } from '../ledger/stories';
import { changeRules, isRuleStep } from '../properties/rule-steps';
import type { Step } from '../properties/story';
import { Teller } from '../properties/teller';

/** Books on which random stories are played one after the other, on a clock that goes on. */
export class PlayedBooks {
  private number = 0;

  private constructor(
    readonly books: Books,
    public clock: Instant,
    private readonly drawn: { door: number; memory: number },
  ) {}

  static async open(clock: Instant): Promise<PlayedBooks> {
    const drawn = { door: 0, memory: 0 };
    const newCode = () => {
      drawn.door += 1;
      return `CODE-${drawn.door}`;
    };
    return new PlayedBooks(await openBooks({ newCode }), clock, drawn);
  }

  /** Plays a story through the door; memory tells what there is to do next. */
  async play(steps: readonly Step[]): Promise<void> {
    const { books, drawn } = this;
    this.number += 1;
    drawn.memory = drawn.door;
    await books.at(this.clock);
    const newCode = () => {
      drawn.memory += 1;
      return `CODE-${drawn.memory}`;
    };
    const world = new MemoryBooks({ ...rulesOf(books.programs), newCode });
    const teller = new Teller(this.number, world);
    for (const step of steps) {
      if (step.kind === 'wait') await this.wait(step.ms);
      else if (isRuleStep(step)) await changeRules(books, step);
      else {
        for (const { command } of teller.tell(step)) {
          world.run(command, this.clock);
          await books.ledger.execute(command);
        }
      }
    }
  }

  async wait(ms: number): Promise<void> {
    this.clock += ms;
    await this.books.at(this.clock);
  }
}
