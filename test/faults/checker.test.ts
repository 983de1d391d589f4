import { check } from './checker';
import { Fabricated, type Spoilable } from './fabricated';

/** Ada and Bo have points, spend some, and move some. */
function story(): Fabricated {
  return new Fabricated()
    .member('ada')
    .member('bo')
    .redeem('k1', 'ada', 120)
    .ask({ kind: 'transfer', key: 't1', fromId: 'bo', toId: 'ada', points: 70 })
    .redeem('k2', 'bo', 500)
    .redeem('k3', 'ada', 40);
}

/** The promises that a history is found to break, once each. */
function broken(change: (evidence: Spoilable) => void): string[] {
  const evidence = story().evidence();
  change(evidence);
  const { violations } = check(evidence);
  return [...new Set(violations.map(({ promise }) => promise))].sort();
}

const at = <T>(items: T[], holds: (item: T) => boolean): T => {
  const found = items.find(holds);
  if (!found) throw new Error('The story has nothing like that.');
  return found;
};

const isOf = (key: string) => (it: { asked: { kind: string } }) =>
  'key' in it.asked && it.asked.key === key;

describe('a history without a fault', () => {
  it('is found whole', () => {
    const { violations, ...figures } = check(story().evidence());
    expect(violations).toEqual([]);
    expect(figures).toEqual({ acknowledged: 21, lost: 0, duplicated: 0, unknownResolved: 0 });
  });

  it('is whole too where an answer was lost and asked for again, and events came twice', () => {
    const found = broken(({ history }) => {
      const redeemed = at(history, isOf('k1'));
      history.push({
        ...redeemed,
        start: redeemed.start - 400,
        end: Number.POSITIVE_INFINITY,
        ending: 'unknown',
        answer: null,
      });
      const placed = at(
        history,
        ({ asked }) => asked.kind === 'event' && asked.id === 'ada-0-placed',
      );
      history.push({ ...placed, end: placed.end + 300, answer: { outcome: 'DUPLICATE' } });
    });
    expect(found).toEqual([]);
  });
});

describe('what is answered', () => {
  it('must be there', () => {
    const found = broken(({ rows }) => {
      rows.answers = rows.answers.filter(({ cause }) => cause !== 'redeemXPoints k3');
      rows.entries.pop();
    });
    expect(found).toContain('acknowledged');
  });

  it('must be there even where the database has forgotten every trace of it', () => {
    const before = new Fabricated().member('ada').member('bo').redeem('k1', 'ada', 120);
    const after = new Fabricated()
      .member('ada')
      .member('bo')
      .redeem('k1', 'ada', 120)
      .redeem('k9', 'bo', 1);
    const evidence = { ...before.evidence(), history: after.evidence().history };
    const { violations, lost } = check(evidence);
    expect(lost).toBe(2);
    expect(new Set(violations.map(({ promise }) => promise))).toEqual(new Set(['acknowledged']));
  });

  it('must have been asked for', () => {
    expect(broken((it) => it.history.splice(it.history.findIndex(isOf('k3')), 1))).toContain(
      'asked',
    );
    const declined = broken(({ history }) => {
      Object.assign(at(history, isOf('k2')), { ending: 'declined', answer: null });
    });
    expect(declined).toContain('asked');
  });

  it('must not stay unknown', () => {
    const found = broken(({ history }) => {
      Object.assign(at(history, isOf('k1')), { ending: 'unknown', answer: null });
    });
    expect(found).toEqual(['resolved']);
  });

  it('must be the same every time', () => {
    const found = broken(({ history }) => {
      const first = at(history, isOf('k1'));
      history.push({
        ...first,
        start: first.start + 600,
        end: first.end + 600,
        answer: { ...first.answer, available: 31 },
      });
    });
    expect(found).toEqual(['same answer']);
  });

  it('must be done once', () => {
    const twice = broken(({ rows }) => {
      rows.answers.push({ ...at(rows.answers, ({ cause }) => cause === 'redeemXPoints k1') });
    });
    expect(twice).toContain('once');
    const applied = broken(({ history }) => {
      const first = at(history, ({ asked }) => asked.kind === 'event' && asked.id === 'ada-0-paid');
      history.push({ ...first, end: first.end + 100 });
    });
    expect(applied).toEqual(['once']);
  });

  it('must refuse another content under a used key', () => {
    const found = broken(({ history }) => {
      const first = at(history, isOf('k1'));
      history.push({ ...first, start: first.start + 600, end: first.end + 600, forged: true });
    });
    expect(found).toEqual(['once']);
    const refused = broken(({ history }) => {
      const answer = { refused: 'IDEMPOTENCY_CONFLICT' };
      history.push({ ...at(history, isOf('k1')), forged: true, answer });
    });
    expect(refused).toEqual([]);
  });
});

describe('the books', () => {
  it('number their entries without gaps, each continuing the one before', () => {
    expect(broken(({ rows }) => rows.entries.splice(1, 1))).toContain('sequence');
    const changed = broken(({ rows }) => {
      rows.entries[1]!.availableAfter += 1;
    });
    expect(changed).toContain('sequence');
  });

  it('hold no effect twice, however it is numbered', () => {
    const found = broken(({ rows }) => {
      const own = rows.entries.filter(({ accountId }) => accountId === 'ada');
      const spent = at(own, ({ cause }) => cause === 'redeemXPoints k1');
      const last = own.at(-1)!;
      const sequence = last.sequence + 1;
      const availableAfter = last.availableAfter + spent.availableChange;
      rows.entries.splice(rows.entries.indexOf(last) + 1, 0, {
        ...spent,
        sequence,
        availableAfter,
      });
    });
    expect(found).toContain('once');
  });

  it('are what memory comes to: a lot spent before its turn shows', () => {
    const found = broken(({ rows }) => {
      const [first, second] = rows.lots.filter(({ accountId }) => accountId === 'ada');
      first!.what.redeemed -= 10;
      first!.what.remaining += 10;
      second!.what.redeemed += 10;
      second!.what.remaining -= 10;
    });
    expect(found).toEqual(['replay']);
  });

  it.each(['accounts', 'orders', 'redemptions'] as const)(
    'are what memory comes to: %s',
    (table) => {
      expect(broken(({ rows }) => rows[table].pop())).toEqual(['replay']);
      const changed = broken(({ rows }) => {
        const [row] = rows[table];
        Object.assign('what' in row! ? row.what : row!, { shard: -1, points: -1 });
      });
      expect(changed).toEqual(['replay']);
    },
  );

  it('follow the real order of what was answered and asked', () => {
    const found = broken(({ history }) => {
      // Answered before the one that got the lower number was even asked.
      const later = at(history, isOf('k3'));
      const earlier = at(history, isOf('k1'));
      const [start, end] = [later.start, later.end];
      Object.assign(later, { start: earlier.start, end: earlier.end });
      Object.assign(earlier, { start, end });
    });
    expect(found).toContain('real time');
  });

  it('tell a refusal that no state of the account explains', () => {
    const found = broken(({ history, rows }) => {
      const answer = { refused: 'INSUFFICIENT_X_POINTS', available: 81 };
      at(history, isOf('k2')).answer = answer;
      at(rows.answers, ({ cause }) => cause === 'redeemXPoints k2').answer = answer;
    });
    expect(found).toEqual(['replay']);
  });

  it('are replayed in the one order that explains a refusal, whatever the clock leaves open', () => {
    const orderId = 'small';
    const data = { orderId, customerId: 'ada', net: '20.00', currency: 'EUR' };
    const redeem = { kind: 'redeem', customerId: 'ada', holdSeconds: null } as const;
    const told = new Fabricated()
      .member('ada')
      .member('bo')
      .event('large', 'order.placed', { ...data, orderId: 'large', net: '900.00' })
      .standStill()
      .ask({ ...redeem, key: 'all', orderId: 'large', points: null }, { start: 1e6, end: 9e6 })
      .ask({ kind: 'event', id: 'late', type: 'order.placed', data }, { start: 0, end: 5e6 - 1 })
      // Nothing is left: only between the two around it.
      .ask({ ...redeem, key: 'refused', orderId, points: 36 }, { start: 5e6, end: 6e6 })
      .ask(
        { kind: 'transfer', key: 'more', fromId: 'bo', toId: 'ada', points: 45 },
        { start: 2e6, end: 7e6 },
      );
    const { rows, ...rest } = told.evidence();
    expect(rows.answers.at(-2)!.answer).toEqual({ refused: 'INSUFFICIENT_X_POINTS', available: 0 });
    const last = rows.answers.splice(-4);
    for (const [a, b, c, d] of [
      [0, 3, 1, 2],
      [3, 2, 1, 0],
      [0, 1, 2, 3],
    ] as const) {
      const answers = [...rows.answers, last[a]!, last[b]!, last[c]!, last[d]!];
      expect(check({ ...rest, rows: { ...rows, answers } }).violations).toEqual([]);
    }
  });

  it('keep their invariants', () => {
    expect(broken(({ rows }) => rows.broken.push('L4: 1 rows, of ada'))).toEqual(['invariant']);
  });
});

describe('subscribers', () => {
  it.each([
    ['a gap', (seen: { sequence: number }[]) => seen.splice(1, 1)],
    ['a repetition', (seen: { sequence: number }[]) => seen.splice(1, 0, seen[0]!)],
    ['an exchange', (seen: { sequence: number }[]) => seen.splice(0, 2, seen[1]!, seen[0]!)],
    ['an end too early', (seen: { sequence: number }[]) => seen.pop()],
    ['a balance that never was', (seen: object[]) => Object.assign(seen[0]!, { available: 7 })],
    ['something that is not there', (seen: { sequence: number }[]) => seen.push({ sequence: 99 })],
  ])('must not see %s', (_, spoil) => {
    const found = broken(({ watches }) => {
      spoil(watches[0]!.seen);
    });
    expect(found).toEqual(['subscription']);
  });

  it('may begin in the middle', () => {
    const found = broken(({ watches }) => {
      watches[0]!.after = 1;
      watches[0]!.seen.shift();
    });
    expect(found).toEqual([]);
  });
});

describe('the platform', () => {
  it('must be told everything, in the order of each account', () => {
    expect(broken(({ received }) => received!.pop())).toEqual(['webhook']);
    expect(broken(({ received }) => received!.splice(0, 2, received![1]!, received![0]!))).toEqual([
      'webhook',
    ]);
    const dead = broken(({ rows }) => {
      rows.messages[0]!.state = 'DEAD';
    });
    expect(dead).toEqual(['webhook']);
  });

  it('may be told twice', () => {
    expect(broken(({ received }) => received!.push(received![0]!))).toEqual([]);
  });
});
