import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SRC = join(__dirname, '../../src');

test('the contract names every type of message, and no other (R9.2)', () => {
  const code = readFileSync(join(SRC, 'ledger/message.ts'), 'utf8');
  const types = [...code.matchAll(/\| '([a-z.]+)'/g)].map(([, type]) => type!);
  const text = readFileSync(join(SRC, 'outbox/README.md'), 'utf8');
  const rows = /## Types\n([\s\S]*?)\n## /.exec(text)![1]!;
  const named = [...rows.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell]) => {
    const names = [...cell!.matchAll(/`([a-z.]+)`/g)].map(([, name]) => name!);
    const group = names[0]?.split('.')[0] ?? '';
    return names.map((name) => (name.startsWith('.') ? `${group}${name}` : name));
  });
  expect(types.length).toBeGreaterThan(20);
  expect(named.filter((name) => name !== 'rewards.').sort()).toEqual([...types].sort());
});
