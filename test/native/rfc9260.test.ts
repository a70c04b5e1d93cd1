/** `docs/rfc9260.md` names the function that obeys each demand of RFC 9260, and the tests that would fail without it: both have to be there. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(root, 'docs/rfc9260.md'), 'utf8');

/** The rows of the demands: section, demand, functions, tests. */
const rows = page
  .split('\n')
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
  .filter((cells) => cells.length === 4 && /^\d/.test(cells[0] ?? ''));

/** The files of a folder, and of those in it, whose names end so. */
const filesOf = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => ending.test(file))
    .map((file) => join(root, folder, file));
const sources = ['native/src/sctp', 'native/src/io']
  .flatMap((folder) => filesOf(folder, /\.(h|cc)$/))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

const titles = new Map(
  filesOf('native/test', /_test\.cc$/).map((file) => [
    basename(file, '_test.cc'),
    [...readFileSync(file, 'utf8').matchAll(/^TEST\("(.*)"\) \{/gm)].map(([, title = '']) => title),
  ]),
);

/** Whether the sources have that name: of a class the class and the member, otherwise the word. */
function isThere(name: string): boolean {
  return name.split('::').every((word) => new RegExp(`\\b${word}\\b`).test(sources));
}

/** The tests of a cell: `file` and the beginning of a title, with "; " between. */
function citations(cell: string): { file: string; title: string }[] {
  return [...cell.matchAll(/`(\w+)`: (.*?)(?=; `|$)/g)].map(([, file = '', title = '']) => ({ file, title }));
}

test('the page has a row for each of some three hundred demands', () => {
  expect(rows.length).toBeGreaterThan(300);
});

test('each function that a row names is in the sources', () => {
  const named = rows.flatMap(([, , functions = '']) => [...functions.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  expect(named.length).toBeGreaterThan(300);
  expect(named.filter((name) => !isThere(name))).toEqual([]);
});

test('each test that a row names is there', () => {
  const named = rows.flatMap(([, , , tests = '']) => citations(tests));
  expect(named.length).toBeGreaterThan(300);
  expect(named.filter(({ file, title }) => !titles.get(file)?.some((each) => each.startsWith(title)))).toEqual([]);
});

test('a row without a test says why, or names a deviation', () => {
  const bare = rows.filter(([, , , tests = '']) => tests.trim() === '');
  expect(bare.filter(([, , functions = '']) => functions.includes('`') || functions === '')).toEqual([]);
});

test('each deviation that a row names is explained, and each that is explained is named', () => {
  const named = new Set(rows.flatMap(([, , functions = '']) => [...functions.matchAll(/\bD\d+\b/g)].map(([name]) => name)));
  const explained = new Set([...page.matchAll(/^\| (D\d+) \|/gm)].map(([, name = '']) => name));
  expect([...named].sort()).toEqual([...explained].sort());
});
