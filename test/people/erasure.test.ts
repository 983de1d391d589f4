import { readClaims } from '../../src/abuse/abuse.reads';
import { waiveClaim } from '../../src/abuse/decide-claim';
import { readAndVoidLots, readAndVoidReferral } from '../../src/abuse/read-and-void';
import { shardOf } from '../../src/kernel/ids';
import { exportMember, PERSONAL_DATA } from '../../src/ledger/personal-data';
import { suspendMember } from '../../src/members/suspend';
import { terminateMembership } from '../../src/members/terminate';
import { redeem } from '../../src/redemption/redeem';
import { reviewReferral } from '../../src/referrals/review';
import { decideTransfer, requestTransfer, transferPoints } from '../../src/transfers/transfer';
import { type Books, complete, openBooks, placed, registered } from '../ledger/stories';

/** What of somebody is found wherever it is kept: no two of these share a word with anything else. */
const MARKS = {
  email: 'gone.person@example.org',
  locale: 'pl-XG',
  changedLocale: 'pl-XH',
  team: 'team-of-gone',
  bill: 'bill-of-gone',
  evidence: 'evidence of gone',
  colleagues: 'evidence about gone',
  note: 'note on gone',
  suspicion: 'suspicion about gone',
  review: 'review of gone',
  statement: 'statement of gone',
  resolution: 'resolution for gone',
  correction: 'correction for gone',
  approval: 'approval for gone',
  claim: 'claim against gone',
  voiding: 'voiding at gone',
  voidedReferral: 'voiding of the referral of gone',
  waiver: 'waiver for gone',
  asked: 'asked by gone',
  bounced: 'bounced for gone',
};
const HASHES = { emailHash: 'hash-e-gone', phoneHash: 'hash-p-gone', paymentHash: 'hash-c-gone' };
const PROFILE = {
  ...{ organizationId: MARKS.team, billingAccountId: MARKS.bill },
  ...{ email: MARKS.email, locale: MARKS.locale, ...HASHES },
};

/**
 * Columns of text or JSON that say nothing of a person: ids of the platform's, codes, names of states, hashes, what a program's
 * terms or the desk's staff are called. Any other has to be in the list of personal data.
 */
const NOT_PERSONAL: Readonly<Record<string, readonly string[]>> = {
  // What an operator says of the books is not about the person.
  accounts: [
    ...['id', 'program', 'stage', 'referral_code', 'terms_ahead', 'campaign_points'],
    ...['frozen_reason', 'frozen_by'],
  ],
  adjustments: ['account_id', 'state', 'requested_by', 'decided_by'],
  audit_log: ['step', 'actor', 'operation', 'ids', 'customer_ids', 'outcome', 'request_id'],
  allocations: ['account_id', 'from_state', 'to_state'],
  allocations_archive: ['account_id', 'from_state', 'to_state'],
  // Of operators.
  archive_runs: ['program', 'actor', 'reason'],
  answers: ['account_id', 'operation', 'key', 'fingerprint'],
  campaigns: [
    ...['program', 'code', 'kind', 'tiers', 'tag', 'names', 'reason', 'started_by', 'ended_by'],
  ],
  claims: [
    ...['account_id', 'redeemer_id', 'lots', 'order_id', 'discount_code', 'currency', 'state'],
    ...['opened_by', 'decided_by'],
  ],
  voidings: ['account_id', 'kind', 'referee_id', 'discount_code', 'lots', 'voided_by'],
  discount_codes: ['account_id', 'code', 'order_id'],
  entries: ['account_id', 'kind', 'order_id', 'cause', 'actor', 'arithmetic'],
  entries_archive: ['account_id', 'kind', 'order_id', 'cause', 'actor', 'arithmetic'],
  expiry_notices: ['program'],
  inbox: ['source', 'event_id', 'digest', 'type', 'answer', 'customer_id'],
  integrity_walks: ['place', 'breaches'],
  interventions: ['account_id', 'kind', 'actor', 'reason', 'details'],
  lots: ['account_id', 'source', 'source_ref', 'origin_account'],
  members: [
    ...['account_id', 'changed_before', 'referred_by_code'],
    ...['email_hash', 'phone_hash', 'payment_hash'],
  ],
  notifications: ['account_id', 'kind', 'channel', 'mail_state'],
  objections: [
    ...['account_id', 'about', 'order_id', 'discount_code', 'state', 'raised_by', 'decided_by'],
  ],
  orders: [
    ...['id', 'customer_id', 'currency', 'tags', 'waiting', 'discount_code', 'campaigns'],
    'excluded_by',
  ],
  outbox: ['account_id', 'type', 'traceparent'],
  program_endings: ['program', 'reason', 'announced_by', 'cursor_id'],
  redemptions: ['account_id', 'order_id', 'state'],
  referral_codes: ['code', 'account_id', 'program'],
  referrals: ['account_id', 'referrer_id', 'code', 'state', 'flags', 'order_id', 'reviewer'],
  rollup_entries: ['program', 'grain', 'kind', 'tier_before', 'tier_after'],
  rollup_moves: [...['program', 'grain', 'kind', 'source', 'campaign', 'from_state', 'to_state']],
  rollup_remaining: ['program', 'source', 'campaign'],
  // Which account a walk came to, by its id.
  rollup_progress: ['cluster', 'building'],
  set_aside: [...['source', 'event_id', 'digest', 'type', 'reason', 'order_id', 'customer_id']],
  terms: ['program', 'document', 'published_by'],
  webhook_deliveries: ['account_id', 'endpoint', 'state', 'last_error', 'log'],
  webhook_endpoints: ['name', 'types'],
  transfers: ['id', 'from_id', 'to_id', 'reason', 'state', 'requested_by', 'decided_by'],
};

interface Column {
  readonly table: string;
  readonly column: string;
}

let books: Books;
beforeEach(async () => {
  books = await openBooks();
  await books.at('2025-06-15T10:00:00Z');
});
afterEach(() => books.close());

/** Every column of the database that can hold text. */
function textColumns(): Promise<Column[]> {
  return books.database.query(
    `select table_name as "table", column_name as "column" from information_schema.columns c
      join information_schema.tables t using (table_schema, table_name)
      where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'migrations'
        and udt_name in ('text', 'varchar', 'bpchar', 'json', 'jsonb', 'xml', 'bytea', '_text', '_varchar', '_jsonb')
      order by 1, 2`,
  );
}

/** The columns that the list of personal data erases. */
function erasedColumns(): Column[] {
  return PERSONAL_DATA.flatMap(({ erase = '' }) => {
    const [, table = '', set = ''] = /^update (\w+) set (.*?)\s+where /s.exec(erase) ?? [];
    return [...set.matchAll(/(?:^|, )(\w+) = /g)].map(([, column = '']) => ({ table, column }));
  });
}

/** Where any of the marks stands: `table.column mark`. */
async function found(marks: Readonly<Record<string, string>> = MARKS): Promise<string[]> {
  const places: string[] = [];
  for (const { table, column } of await textColumns()) {
    const rows: { name: string }[] = await books.database.query(
      `select name from unnest($1::text[], $2::text[]) as m (name, mark)
        where exists (select from ${table} where strpos(${column}::text, mark) > 0)`,
      [Object.keys(marks), Object.values(marks)],
    );
    places.push(...rows.map(({ name }) => `${table}.${column} ${name}`));
  }
  return places;
}

/** Somebody of whom everything is kept that can be: `gone`, referred by ada, a colleague of bo's. */
async function live(): Promise<void> {
  await books.send(registered('ada'));
  await complete(books, 'a1', 'ada', '100.00');
  const [{ code }] = await books.database.query(
    `select referral_code as code from accounts where id = 'ada'`,
  );
  await books.send({
    type: 'customer.updated',
    customerId: 'gone',
    changes: { locale: MARKS.changedLocale },
  });
  await books.send(registered('gone', { ...PROFILE, program: 'XX' }), 'unknown-program');
  await books.send(registered('gone', { ...PROFILE, referralCode: code }), 'registration');
  await books.send(registered('gone', { ...PROFILE, referralCode: null }), 'registration');
  await books.send({ type: 'customer.updated', customerId: 'gone', changes: PROFILE });
  const colleague = { organizationId: MARKS.team, billingAccountId: MARKS.bill };
  for (const id of ['bo', 'cy']) await books.send(registered(id, colleague));
  await complete(books, 'g1', 'gone', '100.00');
  await complete(books, 'g3', 'gone', '20.00');
  await complete(books, 'b1', 'bo', '100.00');
  await books.send(placed('g2', 'gone', '50.00'));
  const own = { customerId: 'gone', actor: 'customer:gone', idempotencyKey: 'k' };
  await done(redeem({ ...own, orderId: 'g2', points: 10, holdMs: null }));
  await transfers();
  await done(
    reviewReferral({
      ...{ refereeId: 'gone', referrerId: 'ada', accept: true, note: MARKS.review },
      ...{ actor: 'desk:dan', idempotencyKey: 'k' },
    }),
  );
  await done(suspendMember({ ...own, actor: 'desk:dan', reason: MARKS.suspicion }));
  await cases();
}

/** Of every case that the desk has with gone one, and what gone and bo were told, as rows. */
async function cases(): Promise<void> {
  const [decided, at] = [{ decided_by: 'desk:dan' }, '2025-06-15T10:00:00Z'];
  const objection = {
    ...{ ...decided, number: 901, about: 'CREDIT', statement: MARKS.statement },
    ...{ state: 'REJECTED', note: MARKS.resolution },
    ...{ raised_by: 'customer:gone', raised_at: at, decided_at: at },
  };
  const adjustment = {
    ...{ ...decided, number: 902, points: 5, reason: MARKS.correction, objection: 901 },
    ...{ state: 'DECLINED', note: MARKS.approval },
    ...{ requested_by: 'desk:dan', requested_at: at, decided_at: at },
  };
  await insert('objections', 'gone', objection);
  await insert('adjustments', 'gone', adjustment);
  await voidings();
  const answered = { operation: 'decideObjection', fingerprint: 'f', answered_at: at };
  await insert('answers', 'gone', {
    ...{ ...answered, key: 'k', input: { note: MARKS.asked } },
    answer: {
      objection: { number: 901, statement: MARKS.statement, decision: { note: MARKS.resolution } },
      adjustment: { number: 902, reason: MARKS.correction, decision: null },
      claim: { number: 903, reason: MARKS.claim, decision: { note: MARKS.waiver } },
    },
  });
  const decision = { objection: 901, decision: 'CORRECTED', points: 5, note: MARKS.resolution };
  await tell('gone', 901, 'OBJECTION_DECIDED', decision);
  const transfer = { transferId: 't1', decision: 'APPROVED', points: 5, note: MARKS.note };
  await tell('gone', 902, 'TRANSFER_DECIDED', { ...transfer, direction: 'OUT' });
  await tell('bo', 901, 'TRANSFER_DECIDED', { ...transfer, direction: 'IN' });
  await tell('bo', 902, 'TRANSFER_DECIDED', { ...transfer, transferId: 't3', note: 'note of cy' });
}

/** What gone earned is voided for abuse, the claim for what gone redeemed of it waived; then ada's referral of gone. */
async function voidings(): Promise<void> {
  const desk = { actor: 'desk:dan', idempotencyKey: 'k' };
  const reason = MARKS.voiding;
  const voided = await readAndVoidLots(books, 'gone', [1], { ...desk, reason });
  const [number = 0] = 'refused' in voided ? [] : voided.claims;
  const claims = await readClaims(books.database, [{ accountId: 'gone', number }]);
  const [claim] = [...claims.values()];
  await done(waiveClaim({ ...desk, claim: claim!, note: MARKS.waiver }));
  await readAndVoidReferral(books, 'gone', { ...desk, reason: MARKS.voidedReferral });
}

/** Somebody was told something, and the platform that they were. */
async function tell(accountId: string, number: number, kind: string, data: object): Promise<void> {
  const at = '2025-06-15T10:00:00Z';
  const last_error = accountId === 'gone' ? MARKS.bounced : 'bounced for bo';
  await insert('notifications', accountId, { number, kind, data, created_at: at, last_error });
  await insert('outbox', accountId, {
    ...{ number, type: 'member.notified', sequence: 1, occurred_at: at },
    data: { notification: number, kind, data },
  });
}

async function insert(table: string, accountId: string, row: object): Promise<void> {
  const whole = { shard: shardOf(accountId), account_id: accountId, ...row };
  const columns = Object.keys(whole).join(', ');
  await books.database.query(
    `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, $1)`,
    [JSON.stringify(whole)],
  );
}

/** Gone gives and receives; bo and cy have something between the two of them. */
async function transfers(): Promise<void> {
  const wish = (id: string, fromId: string, toId: string, evidence: string, actor: string) => ({
    ...{ id, fromId, toId, evidence, actor, points: 5, reason: 'OTHER' as const },
    idempotencyKey: id,
  });
  const mine = wish('t1', 'gone', 'bo', MARKS.evidence, 'customer:gone');
  const theirs = wish('t2', 'bo', 'gone', MARKS.colleagues, 'customer:bo');
  await done(requestTransfer({ ...mine, askerId: 'gone' }));
  await done(requestTransfer({ ...theirs, askerId: 'bo' }));
  await done(
    decideTransfer({
      ...{ transferId: 't1', fromId: 'gone', toId: 'bo', approve: true, note: MARKS.note },
      ...{ actor: 'desk:dan', idempotencyKey: 'k' },
    }),
  );
  await done(transferPoints(wish('t3', 'bo', 'cy', 'evidence of cy alone', 'desk:dan')));
}

async function done(command: Parameters<Books['ledger']['execute']>[0]): Promise<void> {
  expect(await books.ledger.execute(command)).not.toHaveProperty('refused');
}

const deletion = { type: 'customer.deleted', customerId: 'gone' } as const;

test('every column of text is personal and erased, or says nothing of a person (R2.3)', async () => {
  const known = [
    ...erasedColumns(),
    ...Object.entries(NOT_PERSONAL).flatMap(([table, columns]) =>
      columns.map((column) => ({ table, column })),
    ),
  ].map(({ table, column }) => `${table}.${column}`);
  const all = (await textColumns()).map(({ table, column }) => `${table}.${column}`);
  expect(known.sort()).toEqual(all);
});

test('deleting the account erases the person; the ledger and the keyed hashes stay (R2.3, R5.5)', async () => {
  await live();
  const places = await found();
  for (const name of Object.keys(MARKS)) {
    expect(places.filter((place) => place.endsWith(` ${name}`))).not.toEqual([]);
  }
  const [before] = await books.database.query(
    `select count(*)::int as n, sum(available_change)::int as sum from entries where account_id = 'gone'`,
  );
  expect(await books.send(deletion)).toBe('APPLIED');

  // Colleagues share organisation and billing account; theirs stay.
  const { team: _, bill: __, ...own } = MARKS;
  expect(await found(own)).toEqual([]);
  const [member] = await books.database.query(`select * from members where account_id = 'gone'`);
  expect(member).toMatchObject({
    ...{ email: null, locale: null, organization_id: null, billing_account_id: null },
    ...{ email_hash: 'hash-e-gone', phone_hash: 'hash-p-gone', payment_hash: 'hash-c-gone' },
  });
  expect(Object.keys(await found({ team: MARKS.team }))).not.toContain('inbox.payload team');
  const [after] = await books.database.query(
    `select count(*)::int as n, sum(available_change)::int as sum from entries where account_id = 'gone'`,
  );
  expect(after).toEqual({ n: before.n + 1, sum: 0 });
  expect(await found({ other: 'evidence of cy alone' })).toEqual([
    'answers.answer other',
    'transfers.evidence other',
  ]);
  expect(await books.broken()).toEqual([]);
});

test('the cases of a deleted customer keep their shape, without words (R2.3)', async () => {
  await live();
  await books.send(deletion);
  const kept = (await exportMember(books.database, 'gone'))!;
  expect(kept.objections).toMatchObject([
    { number: 901, state: 'REJECTED', adjustment: null, statement: 'erased', note: 'erased' },
  ]);
  expect(kept.adjustments).toMatchObject([{ number: 902, points: 5, decided_by: 'desk' }]);
  expect(kept.claims).toMatchObject([{ redeemer_id: 'gone', amount_minor: 10, state: 'WAIVED' }]);
  expect(kept.voidings).toMatchObject([
    { kind: 'LOTS', lots: [{ accountId: 'gone', points: 85 }] },
  ]);
  const [{ answer, input }] = await books.database.query(
    `select answer, input from answers where operation = 'decideObjection'`,
  );
  expect({ answer, input }).toEqual({
    answer: {
      objection: { number: 901, statement: 'erased', decision: { note: 'erased' } },
      adjustment: { number: 902, reason: 'erased', decision: null },
      claim: { number: 903, reason: 'erased', decision: { note: 'erased' } },
    },
    input: null,
  });
  const told = await books.database.query(
    `select n.account_id, n.number, n.data, n.last_error, o.data -> 'data' as told from notifications n
      join outbox o using (shard, account_id, number) where number > 900 order by 1 desc, 2`,
  );
  const transfer = { transferId: 't1', decision: 'APPROVED', points: 5, note: 'erased' };
  const other = { ...transfer, transferId: 't3', note: 'note of cy', direction: undefined };
  expect(told).toEqual(
    [
      ['gone', 901, { objection: 901, decision: 'CORRECTED', points: 5, note: 'erased' }, null],
      ['gone', 902, { ...transfer, direction: 'OUT' }, null],
      ['bo', 901, { ...transfer, direction: 'IN' }, 'bounced for bo'],
      ['bo', 902, other, 'bounced for bo'],
    ].map(([account_id, number, data, last_error]) => ({
      ...{ account_id, number, data, last_error },
      told: data,
    })),
  );
});

test('whatever is told of a deleted customer afterwards is not kept either (R2.3)', async () => {
  await live();
  await books.send(deletion, 'deletion');
  const { team: _, bill: __, ...own } = MARKS;
  const tellings = [
    () => books.send({ type: 'customer.updated', customerId: 'gone', changes: PROFILE }),
    () => books.send(registered('gone', PROFILE)),
    () => books.send(registered('gone', { ...PROFILE, program: 'XX' })),
    () => books.send(registered('gone', { ...PROFILE, locale: 'xx' }), 'registration'),
    () => books.send({ ...deletion }, 'deletion'),
  ];
  for (const tell of tellings) {
    await tell();
    expect(await found(own)).toEqual([]);
  }
  expect(await books.broken()).toEqual([]);
});

test('deleted before the registration is known, nothing of it is kept (R3.7)', async () => {
  await books.send({ type: 'customer.updated', customerId: 'gone', changes: PROFILE });
  expect(await books.send(deletion)).toBe('WAITING');
  expect(await found()).toEqual([]);
  await books.send(registered('gone', PROFILE));
  expect(await found()).toEqual([]);
  const [member] = await books.database.query(`select * from members where account_id = 'gone'`);
  expect(member.email_hash).toBe('hash-e-gone');
});

test('why a membership was ended before is erased too (R2.3, R2.4)', async () => {
  await books.send(registered('gone'));
  const member = { customerId: 'gone', idempotencyKey: 'k', actor: 'desk:dan' };
  await done(terminateMembership({ ...member, goodCause: true, reason: MARKS.note }));
  await books.send(deletion);
  expect(await found()).toEqual([]);
});

test('two doors that delete colleagues at once erase both', async () => {
  await live();
  const other = await openBooks({ url: books.url });
  const outcomes = await Promise.all([
    books.send(deletion),
    other.send({ type: 'customer.deleted', customerId: 'bo' }),
    other.send({ type: 'customer.deleted', customerId: 'cy' }),
  ]);
  await other.close();
  expect(outcomes).toEqual(['APPLIED', 'APPLIED', 'APPLIED']);
  expect(await found()).toEqual([]);
  expect(await books.broken()).toEqual([]);
});

test('the export has every part of what is kept, and after the deletion nothing personal (R2.3)', async () => {
  await live();
  const kept = (await exportMember(books.database, 'gone'))!;
  expect(Object.keys(kept)).toEqual(PERSONAL_DATA.map(({ name }) => name));
  for (const [part, rows] of Object.entries(kept))
    expect([part, rows.length]).not.toEqual([part, 0]);
  expect(kept.profile).toMatchObject([{ email: MARKS.email, organization_id: MARKS.team }]);
  const transferred = kept.transfers as { id: string; requested_by: string }[];
  expect(transferred.sort((a, b) => (a.id < b.id ? -1 : 1))).toMatchObject([
    { id: 't1', requested_by: 'customer:gone', decided_by: 'desk', evidence: MARKS.evidence },
    { id: 't2', requested_by: 'customer:bo', decided_by: null, evidence: null },
  ]);
  expect(JSON.stringify(kept)).not.toContain('desk:dan');
  expect(kept.orders).toHaveLength(3);
  expect(JSON.stringify(kept)).not.toContain('evidence of cy alone');
  // What the desk noted for itself, and what a colleague wrote to the desk, is not theirs.
  const hiddenOnes = [
    'review',
    'suspicion',
    'correction',
    'approval',
    'claim',
    'waiver',
    'asked',
    'voiding',
    'voidedReferral',
  ];
  for (const hidden of [...hiddenOnes, 'bounced', 'colleagues'] as (keyof typeof MARKS)[]) {
    expect([hidden, JSON.stringify(kept).includes(MARKS[hidden])]).toEqual([hidden, false]);
  }
  await books.send(deletion);
  const left = JSON.stringify(await exportMember(books.database, 'gone'));
  for (const mark of Object.values(MARKS)) expect(left).not.toContain(mark);
  expect(await exportMember(books.database, 'nobody')).toBeNull();
});
