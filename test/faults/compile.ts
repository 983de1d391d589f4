import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Options, transformSync } from '@swc/core';

const ROOT = resolve(__dirname, '../..');

const COMPILER: Options = {
  module: { type: 'commonjs', ignoreDynamic: true },
  sourceMaps: 'inline',
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    keepClassNames: true,
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
};

/** A text of a source file, and what is put in its place. */
export interface Patch {
  /** Below the project's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The service, compiled into a folder of its own: restarts take a second, and a copy may be sabotaged. */
export interface Compiled {
  readonly root: string;
  /** What a server process is started with. */
  readonly main: string;
  /** Loaded before it: shifts the process's clock (skewed-clock.ts). */
  readonly skewedClock: string;
  remove(): void;
}

/**
 * Compiles src/ and migrations/ into a temporary folder, patched. Throws where the text of a patch is not there exactly
 * once: a sabotage that changes nothing would prove nothing.
 */
export function compile(patches: readonly Patch[] = []): Compiled {
  const root = mkdtempSync(join(tmpdir(), `rewards-faults-code-${process.pid}-`));
  const remove = () => rmSync(root, { recursive: true, force: true });
  try {
    fill(root, patches);
  } catch (error) {
    remove();
    throw error;
  }
  return {
    root,
    main: join(root, 'src/main.js'),
    skewedClock: join(root, 'test/faults/skewed-clock.js'),
    remove,
  };
}

function fill(root: string, patches: readonly Patch[]): void {
  const left = new Set(patches);
  for (const folder of ['src', 'migrations']) {
    const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    for (const file of names.map((name) => join(folder, name))) {
      if (/\.tsx?$/.test(file)) write(root, file, patched(file, left));
      else if (file.endsWith('.json')) {
        mkdirSync(dirname(join(root, file)), { recursive: true });
        cpSync(join(ROOT, file), join(root, file));
      }
    }
  }
  write(root, 'test/faults/skewed-clock.ts', read('test/faults/skewed-clock.ts'));
  cpSync(join(ROOT, 'package.json'), join(root, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  for (const { file } of left) throw new Error(`${file} is not there to be patched.`);
}

function patched(file: string, left: Set<Patch>): string {
  let text = read(file);
  for (const patch of left) {
    if (patch.file !== file) continue;
    const parts = text.split(patch.find);
    if (parts.length !== 2) {
      throw new Error(
        `${file} has "${patch.find}" ${parts.length - 1} times; expected once. Bring the patch up to date.`,
      );
    }
    text = parts.join(patch.replace);
    left.delete(patch);
  }
  return text;
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function write(root: string, file: string, text: string): void {
  const target = join(root, file.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, transformSync(text, { ...COMPILER, filename: file }).code);
}
