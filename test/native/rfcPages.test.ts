/** `docs/rfc4895.md` and `docs/rfc5061.md` name the function that obeys each demand, and the tests that would fail without it: both have to be there. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

const filesOf = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => ending.test(file))
    .map((file) => join(root, folder, file));
const sources = filesOf('native/src/sctp', /\.(h|cc)$/)
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');
const titles = new Map(
  filesOf('native/test', /_test\.cc$/).map((file) => [
    basename(file, '_test.cc'),
    [...readFileSync(file, 'utf8').matchAll(/^TEST\("(.*)"\) \{/gm)].map(([, title = '']) => title),
  ]),
);

/** Whether the sources have that name: of a class the class and the member, otherwise the word. */
const isThere = (name: string): boolean => name.split('::').every((part) => new RegExp(`\\b${part}\\b`).test(sources));
const citations = (cell: string) =>
  [...cell.matchAll(/`(\w+)`: (.*?)(?=; `|$)/g)].map(([, file = '', title = '']) => ({ file, title }));

describe.each([
  ['docs/rfc4895.md', 20],
  ['docs/rfc5061.md', 25],
])('%s', (path, least) => {
  const rows = readFileSync(join(root, path), 'utf8')
    .split('\n')
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
    .filter((cells) => cells.length === 4 && cells[0] !== '---');
  const demands = rows.filter(([section = '']) => /^\d/.test(section));

  test('has a row for each demand, and in each row functions of the sources', () => {
    expect(demands.length).toBeGreaterThanOrEqual(least);
    const named = demands.flatMap(([, , functions = '']) => [...functions.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
    expect(named.filter((name) => !isThere(name))).toEqual([]);
    const silent = demands.filter(([, , functions = '']) => !/`|deviation \d/.test(functions));
    expect(silent).toEqual([]);
  });

  test('names tests that are there, in every row but those of a deviation alone', () => {
    const named = rows.flatMap(([, , , tests = '']) => citations(tests));
    expect(named.filter(({ file, title }) => !titles.get(file)?.some((each) => each.startsWith(title)))).toEqual([]);
    const bare = demands.filter(([, , functions = '', tests = '']) => citations(tests).length === 0 && functions.includes('`'));
    expect(bare).toEqual([]);
  });
});
