/**
 * The interfaces that follow a document of their own: mailport/connector, /repy and /messaging. `docs/<interface>.md` has a table of the sentences that promise
 * something, under the head `| sentence | tests |`, and each row names, as `folder/file: title`, the tests that hold its sentence to be true.
 */
import { expect, test } from 'vitest';
import { isThere, read, rowsUnder, wrongCitations } from '../support/citedTests.js';

const head = '| sentence | tests |';
const interfaces = ['connector', 'repy', 'messaging'].filter((name) => isThere(`actors/${name}/index.ts`));

test.each(interfaces)('every sentence of docs/%s.md names tests that exist', (name) => {
  const rows = rowsUnder(read(`docs/${name}.md`), head);
  expect(rows.length).toBeGreaterThan(10);
  expect(wrongCitations(rows)).toEqual([]);
});

test.each(interfaces)('no sentence stands twice in docs/%s.md', (name) => {
  const sentences = rowsUnder(read(`docs/${name}.md`), head).map((row) => row.split(' | ')[0]);
  expect(sentences.filter((sentence, index) => sentences.indexOf(sentence) !== index)).toEqual([]);
});

test('the checker sees a row that names no test, and a test that is not there', () => {
  const good = '| Something holds. | `rules/interfaces: the checker sees a row that names no test` |';
  const bare = '| Something else holds. | by design |';
  const wrong = '| A third thing holds. | `rules/rules: no such title`, `rules/nowhere: some title` |';
  const rows = rowsUnder(`text\n\n${head}\n| --- | --- |\n${good}\n${bare}\n${wrong}\n\n| other | table |\n`, head);
  expect(rows).toEqual([good, bare, wrong]);
  expect(wrongCitations(rows)).toEqual([bare, '`rules/rules: no such title`', '`rules/nowhere: some title`']);
});
