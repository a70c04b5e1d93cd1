/** Every test that a document names exists, by its very title, and so does every file that a document links to. */
import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { read, rowsUnder, wrongCitations } from './support/citedTests.js';

test('every promise of processes.md names tests that exist', () => {
  const rows = rowsUnder(read('docs/processes.md'), '| promise | tests |');
  expect(rows.length).toBeGreaterThan(30);
  expect(wrongCitations(rows)).toEqual([]);
});

test.each([
  'README.md',
  'docs/processes.md',
  'docs/behaviours.md',
  'docs/servers.md',
  'docs/glossary.md',
  'docs/messaging.md',
  'docs/sctp.md',
  'docs/tcp.md',
  'docs/tls.md',
  'docs/udp.md',
  'docs/connector.md',
  'docs/repy.md',
  'docs/interfaces.md',
  'docs/interop.md',
  'docs/differences.md',
  'docs/rules.md',
  'docs/rfc6525.md',
  'docs/rfc8260.md',
  'docs/rfc9260.md',
  'docs/rfc9406.md',
  'docs/rfc8899.md',
  'docs/rfc9653.md',
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
