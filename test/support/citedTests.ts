/** Tests as documents name them, `folder/file: title`, and whether a test of that very title is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

export const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, root)), 'utf8');

export const isThere = (path: string): boolean => existsSync(new URL(path, root));

const scenarios = readdirSync(new URL('test/differential/processes/scenarios', root)).map((file) =>
  read(`test/differential/processes/scenarios/${file}`),
);

/** A title as it stands in a source file, whichever quotes are around it. */
function holds(source: string, title: string): boolean {
  return source.replaceAll("\\'", "'").includes(title);
}

function exists(file: string, title: string): boolean {
  if (file === 'scenario') return scenarios.some((source) => holds(source, title));
  const path = `test/${file}.test.ts`;
  return isThere(path) && holds(read(path), title);
}

/** The rows of the table with that head, without the line below the head. */
export function rowsUnder(document: string, head: string): string[] {
  const [, table = ''] = document.split(`${head}\n`);
  const lines = table.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(0, end < 0 ? lines.length : end).filter((line) => !line.startsWith('| ---'));
}

/** What is wrong with the last cells of rows, which name tests: a row that names none, and each test that is not there. */
export function wrongCitations(rows: readonly string[]): string[] {
  return rows.flatMap((row) => {
    const tests = row.split(' | ').at(-1) ?? '';
    const named = [...tests.matchAll(/`([\w/]+): ([^`]+)`/g)];
    if (named.length === 0) return [row];
    return named.filter(([, file = '', title = '']) => !exists(file, title)).map(([whole]) => whole);
  });
}
