/**
 * The examples of the documents can be pasted. Each example that begins with an import has correct types against the build, and each that says what it
 * prints, prints that. (The README's first example and docs/sctp.md's listener are programs of examples/: readme.test.ts.)
 */
import { execFile, execSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { built } from '../support/built.js';
import { plainEnvironment } from '../support/plainEnvironment.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
// In the checkout, so that `mailport` is found as in a project that has it as a package.
const folder = `${root}.cache/documents`;
const documents = [
  'README.md',
  ...['servers', 'processes', 'behaviours', 'tcp', 'udp', 'tls', 'sctp', 'connector', 'repy', 'messaging', 'interfaces'].map(
    (name) => `docs/${name}.md`,
  ),
];

const blocks = documents.flatMap((document) =>
  [...readFileSync(root + document, 'utf8').matchAll(/```(ts|js)\n(import .*?)```/gs)].map(([, kind, code = ''], n) => ({
    file: `${document.replace(/.*\/|\.md/g, '')}${n}.${kind === 'js' ? 'mjs' : 'mts'}`,
    code,
  })),
);

const options = {
  target: 'ES2022',
  lib: ['ES2022', 'ESNext.Disposable'],
  types: ['node'],
  module: 'NodeNext',
  moduleDetection: 'force',
  strict: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
};

/** The output of a program, whatever its status. */
function output(...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

/** The example whose code holds that text, as it was compiled. */
function example(text: string): string {
  const found = blocks.filter(({ code }) => code.includes(text));
  expect(found).toHaveLength(1);
  return `out/${found[0]!.file.replace('.mts', '.mjs')}`;
}

/** What the command in docs/tls.md makes. */
function certificate(): void {
  const [, command = ''] = /\n {4}(openssl req [\s\S]*?)\n\n/.exec(readFileSync(`${root}docs/tls.md`, 'utf8')) ?? [];
  execSync(command, { cwd: `${folder}`, stdio: 'ignore', env: plainEnvironment() });
}

beforeAll(() => {
  built('examples/echo.js');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(`${folder}/out`, { recursive: true });
  for (const { file, code } of blocks) writeFileSync(`${folder}/${file}`, code);
  for (const { file } of blocks.filter(({ file }) => file.endsWith('.mjs')))
    copyFileSync(`${folder}/${file}`, `${folder}/out/${file}`);
  writeFileSync(
    `${folder}/tsconfig.json`,
    JSON.stringify({ compilerOptions: { ...options, outDir: 'out' }, include: ['*.mts'] }),
  );
});

test('they have correct types, and print what they say', async () => {
  expect(blocks.length).toBeGreaterThan(15);
  expect(await output(`${root}node_modules/typescript/bin/tsc`, '-p', folder)).toBe('');
  expect(await output(example('a script; an actor gets its own'))).toBe('hello\n');
  expect(await output(example('const polite ='))).toBe('hello\nbye\n');
  expect(await output(example("packet: 'line' }),\n  session: async (_self, socket) => {\n    // One"))).toBe('hello\n\n');
  expect(await output(example('packet: 2, active: 3'))).toBe('ready\ngot one\ngot two\ngot three\ngot four\n');
  expect(await output(example('the worker got'))).toBe('main got login\nthe worker got one\nthe worker got two\n');
  expect(await output(example("web.emit('connection', duplex)"))).toBe('hello from a session\n\n');
  expect(await output(example('three datagrams'))).toBe('three datagrams, 11 bytes\n');
  expect(await output(example('you said'))).toBe('you said hello\n');
  expect(await output(example('you wrote: '))).toBe('hello 127.0.0.1, you wrote: good morning\n');
  expect(await output(example('the square is'))).toBe('the square is 144\n');
  expect(await output(example('const louder'))).toBe('BY A SOCKET\nBY A CONNECTOR\nBY MESSAGES\nBY A SANDBOX\n');
  certificate();
  expect(await output(example('const [key, cert]'))).toBe('TLSv1.3\nsecret\n\n');
  expect(await output(example('each of 100 seeds got its answer'))).toBe('each of 100 seeds got its answer\n');
  expect(await output(example('each of 100 seeds got its message'))).toBe('each of 100 seeds got its message\n');
}, 60_000);
