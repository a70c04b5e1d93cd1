/** A build is repeated when, and only when, something that it is made from has changed. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { filesBelow, fingerprint, installedAsLocked, isFresh, touchChanged, writeStamp } from '../../scripts/fresh.mjs';

let root = '';
const sources = () => filesBelow([join(root, 'src')], ['.ts']);
const now = (settings: string[] = []) => fingerprint(root, sources(), settings);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mailport-fresh-'));
  mkdirSync(join(root, 'src/deep'), { recursive: true });
  writeFileSync(join(root, 'src/a.ts'), 'a');
  writeFileSync(join(root, 'src/deep/b.ts'), 'b');
  writeFileSync(join(root, 'src/notes.md'), 'n');
});

afterEach(() => rmSync(root, { recursive: true }));

describe('fingerprint', () => {
  test('stays when files are only touched or others change', () => {
    const before = now();
    utimesSync(join(root, 'src/a.ts'), 1, 1);
    writeFileSync(join(root, 'src/notes.md'), 'changed');
    expect(now()).toBe(before);
  });

  test.each<[string, () => void]>([
    ['a file changes', () => writeFileSync(join(root, 'src/a.ts'), 'A')],
    ['a file comes', () => writeFileSync(join(root, 'src/c.ts'), '')],
    ['a file goes', () => rmSync(join(root, 'src/deep/b.ts'))],
    ['a file is renamed', () => renameSync(join(root, 'src/a.ts'), join(root, 'src/z.ts'))],
  ])('changes when %s', (_, change) => {
    const before = now();
    change();
    expect(now()).not.toBe(before);
  });

  test('changes when text moves from one file to its neighbour', () => {
    writeFileSync(join(root, 'src/a.ts'), 'xy');
    const before = now();
    writeFileSync(join(root, 'src/a.ts'), 'x');
    writeFileSync(join(root, 'src/deep/b.ts'), 'yb');
    expect(now()).not.toBe(before);
  });

  test('changes with the settings of the build', () => {
    expect(now(['-O2'])).not.toBe(now(['-O3']));
    expect(now(['ab', 'c'])).not.toBe(now(['a', 'bc']));
  });
});

describe('isFresh', () => {
  test('holds after the stamp is written and while the outputs are there', () => {
    const stamp = join(root, 'cache/stamp');
    const output = join(root, 'out.js');
    expect(isFresh(stamp, now(), [])).toBe(false);
    writeStamp(stamp, now());
    expect(isFresh(stamp, now(), [])).toBe(true);
    expect(isFresh(stamp, now(), [output])).toBe(false);
    writeFileSync(output, '');
    expect(isFresh(stamp, now(), [output])).toBe(true);
    writeFileSync(join(root, 'src/a.ts'), 'changed');
    expect(isFresh(stamp, now(), [output])).toBe(false);
  });
});

test('touchChanged makes files newer than the last build whose contents are others, and leaves the rest as they are', () => {
  const stamp = join(root, 'cache/stamp');
  const longAgo = new Date(1_000_000);
  const time = (name: string) => statSync(join(root, name)).mtimeMs;
  const write = (name: string, text: string) => {
    writeFileSync(join(root, name), text);
    utimesSync(join(root, name), longAgo, longAgo);
  };
  write('src/a.ts', 'a');
  touchChanged(root, stamp, now());
  expect(time('src/a.ts')).toBe(longAgo.getTime());
  writeStamp(stamp, now());
  write('src/deep/b.ts', 'B');
  write('src/c.ts', 'c');
  touchChanged(root, stamp, now());
  expect(time('src/a.ts')).toBe(longAgo.getTime());
  expect(time('src/deep/b.ts')).toBeGreaterThan(time('cache/stamp') - 1);
  expect(time('src/c.ts')).toBeGreaterThan(time('cache/stamp') - 1);
});

describe('installedAsLocked', () => {
  const lock = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/mac': { version: '2.0.0', optional: true },
    },
  };

  test('takes what the lock names, without what another platform needs', () => {
    expect(installedAsLocked(lock, { packages: { 'node_modules/a': { version: '1.0.0' } } })).toBe(true);
    expect(
      installedAsLocked(lock, { packages: { 'node_modules/a': { version: '1.0.0' }, 'node_modules/mac': { version: '2.0.0' } } }),
    ).toBe(true);
  });

  test.each([
    ['one is missing', {}],
    ['one is older', { 'node_modules/a': { version: '0.9.0' } }],
    ['one is left over', { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0' } }],
    ['an optional one is older', { 'node_modules/a': { version: '1.0.0' }, 'node_modules/mac': { version: '1.0.0' } }],
  ])('refuses the installation when %s', (_, packages) => {
    expect(installedAsLocked(lock, { packages })).toBe(false);
  });
});
