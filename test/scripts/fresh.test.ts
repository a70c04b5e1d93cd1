/** A build is repeated when, and only when, something that it is made from has changed. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { alignTimes, filesBelow, fingerprint, installedAsLocked, isFresh, writeStamp } from '../../scripts/fresh.mjs';

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

describe('alignTimes', () => {
  const stamp = () => join(root, 'cache/stamp');
  const files = () => filesBelow([join(root, 'native')], ['.cc', '.h']);
  const wanted = (settings: string[] = []) => fingerprint(root, files(), settings);
  const longAgo = new Date(1_000_000);
  const isOld = (name: string) => statSync(join(root, name)).mtimeMs === longAgo.getTime();
  const write = (name: string, text: string) => {
    writeFileSync(join(root, name), text);
    utimesSync(join(root, name), longAgo, longAgo);
  };
  const align = (settings?: string[]) =>
    alignTimes(root, stamp(), wanted(settings), (source) => source.replace('/native/', '/objects/').replace('.cc', '.o'));

  beforeEach(() => {
    for (const folder of ['native', 'objects']) mkdirSync(join(root, folder));
    for (const name of ['native/a.cc', 'native/b.cc', 'native/b.h', 'objects/a.o', 'objects/b.o']) write(name, name);
  });

  test('makes a source that has changed newer than the build, and the objects of the others newer than these', () => {
    writeStamp(stamp(), wanted());
    write('native/b.cc', 'changed');
    align();
    expect(['native/a.cc', 'native/b.h', 'objects/b.o'].filter(isOld)).toHaveLength(3);
    expect(['native/b.cc', 'objects/a.o'].filter(isOld)).toEqual([]);
  });

  test.each<[string, () => void, string[]?]>([
    ['a header has changed', () => write('native/b.h', 'changed')],
    ['a header has come', () => write('native/c.h', '')],
    ['a header has gone', () => rmSync(join(root, 'native/b.h'))],
    ['a setting has changed', () => {}, ['-O2']],
  ])('leaves the objects to make if %s', (_, change, settings) => {
    writeStamp(stamp(), wanted());
    change();
    align(settings);
    expect(['objects/a.o', 'objects/b.o'].filter(isOld)).toHaveLength(2);
  });

  test('leaves all times after a build that failed', () => {
    align();
    expect(['native/a.cc', 'native/b.cc', 'objects/a.o', 'objects/b.o'].filter(isOld)).toHaveLength(4);
  });
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
