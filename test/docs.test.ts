/** Every test that a document names exists, by its very title, and so does every file that a document links to. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');
const scenarios = readdirSync(new URL('./differential/processes/scenarios', import.meta.url)).map((file) =>
  read(`test/differential/processes/scenarios/${file}`),
);

/** A title as it stands in a source file, whichever quotes are around it. */
function holds(source: string, title: string): boolean {
  return source.replaceAll("\\'", "'").includes(title);
}

function exists(file: string, title: string): boolean {
  if (file === 'scenario') return scenarios.some((source) => holds(source, title));
  const path = `test/${file}.test.ts`;
  return existsSync(new URL(`../${path}`, import.meta.url)) && holds(read(path), title);
}

test('every promise of processes.md names tests that exist', () => {
  const [, table = ''] = read('docs/processes.md').split('| promise | tests |');
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
  expect(rows.length).toBeGreaterThan(30);
  const missing = rows.flatMap((row) => {
    const tests = row.split(' | ').at(-1) ?? '';
    const named = [...tests.matchAll(/`([\w/]+): ([^`]+)`/g)];
    if (named.length === 0) return [row];
    return named.filter(([, file = '', title = '']) => !exists(file, title)).map(([whole]) => whole);
  });
  expect(missing).toEqual([]);
});

test.each([
  'README.md',
  'docs/processes.md',
  'docs/behaviours.md',
  'docs/servers.md',
  'docs/glossary.md',
  'docs/sctp.md',
  'docs/tcp.md',
  'docs/tls.md',
  'docs/udp.md',
  'docs/differences.md',
  'docs/rules.md',
  'docs/rules-tcp-udp.md',
  'docs/architecture.md',
])('every file that %s links to is there', (document) => {
  const folder = document.startsWith('docs/') ? 'docs/' : '';
  const links = [...read(document).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => path);
  const missing = links.filter((link) => !existsSync(new URL(`../${folder}${link}`, import.meta.url)));
  expect(missing).toEqual([]);
});

const code = ['runtime', 'actors', 'native', 'examples', 'bench', 'test', 'scripts', '.ci'].flatMap((folder) => [
  `/${folder}`,
  ...readdirSync(new URL(`../${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('build'))
    .map((path) => `/${folder}/${path.replaceAll('\\', '/')}`),
]);

/** Whether a name of the architecture stands for something: a file or folder of the checkout, or names that the sources hold. */
function standsFor(name: string, sources: string): boolean {
  if (/[<>]/.test(name)) return true;
  if (/[/]|\.(h|cc|ts|mjs|md)$/.test(name)) return code.some((path) => path.endsWith(`/${name.replace(/\/$/, '')}`));
  return name.split(/::|\.|\(|\)/).every((part) => new RegExp(`\\b${part}\\b`).test(sources));
}

test('every file, type and function that architecture.md names is there', () => {
  const sources = code
    .filter((path) => /^\/(runtime|actors|native)\/.*\.(ts|h|cc)$/.test(path))
    .map((path) => read(path.slice(1)))
    .join('\n');
  const text = read('docs/architecture.md').replace(/```.*?```/gs, '');
  const names = [...text.matchAll(/`([^`\n]+)`/g)].map(([, name = '']) => name);
  expect(names.length).toBeGreaterThan(100);
  expect(names.filter((name) => !standsFor(name, sources))).toEqual([]);
  expect(standsFor('Association::HandleNothing', sources) || standsFor('actors/nothing.ts', sources)).toBe(false);
});
