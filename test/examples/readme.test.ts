/** The programs that the documents show are those of examples/, and print what the documents say. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Program } from './program.js';

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

it('an actor for each association, in docs/sctp.md, is examples/workers.ts, and prints what is said', async () => {
  const [, ...code] = read('examples/workers.ts').trimEnd().split('\n');
  expect(read('docs/sctp.md')).toContain(`\`\`\`ts\n${code.join('\n')}\n\`\`\``);
  const program = new Program('workers');
  expect(await program.status()).toBe(0);
  expect(program.output).toMatch(
    /^workers listen on port (\d+)\nhello on stream 2 with 3 from 127\.0\.0\.1:\1\ncomm_lost: User Initiated Abort\n$/,
  );
});

it("the README's example is examples/echo.ts, and prints what is said", async () => {
  const text = read('examples/echo.ts');
  expect(read('README.md')).toContain(`\`\`\`ts\n${text.slice(text.indexOf('import ')).trimEnd()}\n\`\`\``);
  const program = new Program('echo');
  expect(await program.status()).toBe(0);
  expect(program.output).toMatch(
    /^echo listens on port \d+ of TCP, (\d+) of UDP, \d+ of SCTP\nhello by TCP\nhello by UDP from 127\.0\.0\.1:\1\nhello by SCTP on stream 0\n$/,
  );
});
