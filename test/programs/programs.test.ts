import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source';
import { loadShippedPrograms, Programs } from '../../src/programs/programs';
import { readShippedPrograms } from '../../src/programs/shipped-programs';
import type { TermsShape } from '../../src/programs/terms-schema';
import { asOwner, freshDatabase } from '../support/database';
import { type ProgramFile, shippedFile, shippedTerms } from './documents';

const SHIPPED = join(__dirname, '../../src/programs/shipped');
const START_EU = Date.parse('2024-07-31T22:00:00Z');
const START_TR = Date.parse('2025-01-20T21:00:00Z');
const START_V2 = Date.parse('2026-12-31T23:00:00Z');

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let database: DataSource;
let dir: string;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await createDataSource(fresh.url).initialize();
  dir = await mkdtemp(join(tmpdir(), 'programs-'));
  await cp(SHIPPED, dir, { recursive: true });
});

afterEach(async () => {
  await database.destroy();
  await fresh.drop();
  await rm(dir, { recursive: true });
});

/** Writes a program file; `eu.json` with a second version where nothing else is said. */
async function ship(name: string, file: ProgramFile): Promise<void> {
  await writeFile(join(dir, name), JSON.stringify(file));
}

function withSecondVersion(changes: Partial<TermsShape> = {}): ProgramFile {
  const file = shippedFile('eu');
  const first = file.versions[0]!;
  return {
    ...file,
    versions: [first, { ...first, version: 2, effectiveOn: '2027-01-01', ...changes }],
  };
}

function thirdProgram(): ProgramFile {
  const eu = shippedFile('eu').versions[0]!;
  const tiers = eu.tiers.map((tier) => ({ ...tier, from: tier.from.replace('.00', '') }));
  const terms = { ...eu, currency: 'JPY', zone: 'Asia/Tokyo', pointValue: '1', tiers };
  return { code: 'JP', versions: [terms] };
}

async function storedVersions(): Promise<string[]> {
  const rows = await database.query<{ name: string }[]>(
    "select program || ' ' || version as name from terms order by name",
  );
  return rows.map((row) => row.name);
}

describe('R1.1: the programs of the files', () => {
  test('are published with their terms', async () => {
    const programs = await Programs.load(database);
    expect(programs.terms('EU', 1)).toEqual(shippedTerms('eu'));
    expect(programs.terms('TR', 1)).toEqual(shippedTerms('tr'));
    const rows = await database.query(
      'select program, effective_at as at from terms order by program',
    );
    expect(rows).toEqual([
      { program: 'EU', at: START_EU },
      { program: 'TR', at: START_TR },
    ]);
  });

  test('a third one is added by a file', async () => {
    await ship('jp.json', thirdProgram());
    await loadShippedPrograms(database, dir);
    const programs = await Programs.load(database);
    expect(programs.terms('JP', 1)).toMatchObject({
      currency: 'JPY',
      pointValueMinor: 1n,
      startsAt: Date.parse('2024-07-31T15:00:00Z'),
    });
    expect(programs.terms('JP', 1).tiers.map((tier) => tier.from)).toEqual([0n, 20_000n, 70_000n]);
  });

  test('are published once, however often and by however many at once they are loaded', async () => {
    await asOwner(fresh, 'delete from terms');
    await ship('eu.json', withSecondVersion());
    await ship('jp.json', thirdProgram());
    const others = await Promise.all(
      Array.from({ length: 4 }, () => createDataSource(fresh.url, { poolSize: 2 }).initialize()),
    );
    await Promise.all(
      [database, ...others].flatMap((one) => [
        loadShippedPrograms(one, dir),
        loadShippedPrograms(one, dir),
      ]),
    );
    await Promise.all(others.map((one) => one.destroy()));
    await loadShippedPrograms(database, dir);
    expect(await storedVersions()).toEqual(['EU 1', 'EU 2', 'JP 1', 'TR 1']);
  });

  test('are refused together, with all mistakes, where files are wrong', async () => {
    await ship('jp.json', { ...thirdProgram(), code: 'jp' });
    await ship('tr2.json', shippedFile('tr'));
    await writeFile(join(dir, 'us.json'), '{');
    const refusal = readShippedPrograms(dir);
    await expect(refusal).rejects.toThrow(/jp\.json: .*\n- code: must be a code/);
    await expect(refusal).rejects.toThrow(/tr2\.json: Program TR has a file already/);
    await expect(refusal).rejects.toThrow(/us\.json: .*JSON/);
  });

  test('a folder without program files is refused', async () => {
    await rm(join(dir, 'eu.json'));
    await rm(join(dir, 'tr.json'));
    await expect(loadShippedPrograms(database, dir)).rejects.toThrow('No program file (*.json)');
  });
});

describe('R1.4: a published version', () => {
  test('is refused where the file holds other terms, naming what to do; nothing is published', async () => {
    const file = withSecondVersion();
    file.versions[0]!.tiers[1]!.referralBonus = 7_001;
    await ship('eu.json', file);
    await ship('jp.json', thirdProgram());
    await expect(loadShippedPrograms(database, dir)).rejects.toThrow(
      'Version 1 of program EU is published with other terms than its file holds ' +
        '(tiers.1.referralBonus). A published version is never edited: restore it in the file and add ' +
        'the change as a version of its own, with a later effectiveOn.',
    );
    expect(await storedVersions()).toEqual(['EU 1', 'TR 1']);
  });

  test('is the same whatever the order of the keys in its file', async () => {
    const file = shippedFile('eu');
    file.versions = file.versions.map(
      (version) => Object.fromEntries(Object.entries(version).reverse()) as unknown as TermsShape,
    );
    await ship('eu.json', file);
    await expect(loadShippedPrograms(database, dir)).resolves.toBeUndefined();
  });

  test('keeps its text: the later of two processes with other files is refused', async () => {
    const other = await mkdtemp(join(tmpdir(), 'programs-'));
    await cp(SHIPPED, other, { recursive: true });
    await ship('eu.json', withSecondVersion({ lotValidityMonths: 24 }));
    await writeFile(join(other, 'eu.json'), JSON.stringify(withSecondVersion()));
    const outcomes = await Promise.allSettled([
      loadShippedPrograms(database, dir),
      loadShippedPrograms(database, other),
    ]);
    await rm(other, { recursive: true });
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await storedVersions()).toEqual(['EU 1', 'EU 2', 'TR 1']);
  });

  test('may be missing in the files: it was published elsewhere and stays', async () => {
    await ship('eu.json', withSecondVersion());
    await loadShippedPrograms(database, dir);
    await loadShippedPrograms(database);
    expect(await storedVersions()).toEqual(['EU 1', 'EU 2', 'TR 1']);
  });

  test('must follow on those that are stored', async () => {
    await database.query(
      `insert into terms (program, version, effective_at, document)
       select program, 3, now(), jsonb_set(document, '{version}', '3') from terms where program = 'EU'`,
    );
    await expect(loadShippedPrograms(database)).rejects.toThrow(
      'version 3 stands where version 2 must',
    );
  });
});

describe('the registry', () => {
  test('binds the newest version in effect, from its first instant on', async () => {
    await ship('eu.json', withSecondVersion());
    await loadShippedPrograms(database, dir);
    const programs = await Programs.load(database);
    const versionAt = (at: number) => programs.bindingAt('EU', at)?.version;
    expect(versionAt(START_EU - 1)).toBeUndefined();
    expect(versionAt(START_EU)).toBe(1);
    expect(versionAt(START_V2 - 1)).toBe(1);
    expect(versionAt(START_V2)).toBe(2);
    expect(programs.bindingAt('XX', START_V2)).toBeUndefined();
  });

  test('lists for each program the terms in effect', async () => {
    await ship('eu.json', withSecondVersion());
    await loadShippedPrograms(database, dir);
    const programs = await Programs.load(database);
    const names = (at: number) => programs.current(at).map((t) => `${t.program} ${t.version}`);
    expect(names(START_EU - 1)).toEqual([]);
    expect(names(START_EU)).toEqual(['EU 1']);
    expect(names(START_TR)).toEqual(['EU 1', 'TR 1']);
    expect(names(START_V2)).toEqual(['EU 2', 'TR 1']);
  });

  test('knows programs before they start, and none that is not published', async () => {
    const programs = await Programs.load(database);
    expect([programs.has('EU'), programs.has('eu'), programs.has('XX')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(programs.startsAt('TR')).toBe(START_TR);
    expect(programs.startsAt('XX')).toBeUndefined();
    expect(() => programs.terms('EU', 2)).toThrow(
      'Version 2 of the terms of program EU is unknown',
    );
    expect(() => programs.terms('XX', 1)).toThrow(
      'Version 1 of the terms of program XX is unknown',
    );
  });

  test('learns what another process published, and keeps what it knew', async () => {
    const programs = await Programs.load(database);
    const first = programs.terms('EU', 1);
    await ship('eu.json', withSecondVersion({ lotValidityMonths: 24 }));
    await loadShippedPrograms(database, dir);
    expect(programs.bindingAt('EU', START_V2)?.version).toBe(1);
    await Promise.all([programs.refresh(), programs.refresh()]);
    expect(programs.terms('EU', 2).lotValidityMonths).toBe(24);
    expect(programs.bindingAt('EU', START_V2)?.version).toBe(2);
    expect(programs.terms('EU', 1)).toBe(first);
  });

  test('refuses a stored document that is not valid', async () => {
    await asOwner(fresh, `update terms set document = document - 'contact' where program = 'EU'`);
    await expect(Programs.load(database)).rejects.toThrow('contact: is missing');
  });
});
