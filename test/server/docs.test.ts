/** docs/servers.md tells of every option and every counter that there is, and of no other. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The names in the first column of the table under that head. */
function listed(head: string): string[] {
  const [table = ''] = (read('docs/servers.md').split(head)[1] ?? '').split('\n\n');
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)/g)].map(([, name = '']) => name)).toSorted();
}

/** The fields of an interface in a source file. */
function fields(path: string, name: string): string[] {
  const [body = ''] = (read(path).split(`interface ${name}`)[1] ?? '').split('\n}');
  return [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, field = '']) => field).toSorted();
}

test('the table of options has every option of the specification, and no other', () => {
  expect(listed('| option | what it is |')).toEqual(fields('actors/server/spec.ts', 'ServerSpec'));
});

test('the table of counters has every field of the info, and no other', () => {
  expect(listed('| field | what it says |')).toEqual(fields('actors/server/service.ts', 'ServerInfo'));
});
