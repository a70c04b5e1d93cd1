/** `npm pack` makes a package that another project can use as it is: complete, small and with nothing to run at installation. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installedHeaders } from '../../scripts/addon.mjs';
import { built } from '../support/built.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const addon = process.env.MAILPORT_ADDON ?? join(root, 'native/build/Release/mailport.node');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

let project = '';
let packed: string[] = [];

beforeAll(() => {
  built('actors/index.js');
  project = mkdtempSync(join(tmpdir(), 'mailport-package-'));
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, 'mailport'), { recursive: true });
  const [made] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  packed = made.files.map((file: { path: string }) => file.path);
  execFileSync('tar', ['xzf', join(project, made.filename), '--strip-components=1', '-C', join(modules, 'mailport')]);
  for (const name of Object.keys(manifest.dependencies)) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
});

afterAll(() => {
  rmSync(project, { recursive: true, force: true });
});

/** Runs a module of the other project and gives what it printed. */
function run(code: string): string {
  const file = join(project, 'main.js');
  writeFileSync(file, code);
  return execFileSync(process.execPath, [file], {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, MAILPORT_ADDON: addon },
  });
}

test('holds every entry that its exports name, with types', () => {
  const entries = Object.values<string | Record<string, string>>(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  );
  expect(packed).toEqual(expect.arrayContaining(entries.map((entry) => entry.replace('./', ''))));
});

test.each(['node16', 'bundler'])(
  'its declarations compile under %s, without skipLibCheck, without the types of xstate, and in TypeScript 5.6',
  (resolution) => {
    const imports = Object.keys(manifest.exports).filter((path) => path !== './package.json');
    const lines = imports.map((path, index) => `export * as m${index} from '${path.replace('.', 'mailport')}';`);
    writeFileSync(join(project, 'all.ts'), lines.join('\n'));
    for (const name of ['@types', 'undici-types'])
      if (!existsSync(join(project, 'node_modules', name)))
        symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
    const options = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--skipLibCheck',
      'false',
      '--types',
      'node',
      '--target',
      'es2023',
    ];
    const listed = execFileSync(
      process.execPath,
      [
        join(root, 'node_modules/typescript/bin/tsc'),
        ...['--noEmit', '--listFiles', ...options],
        ...['--moduleResolution', resolution, '--module', resolution === 'bundler' ? 'esnext' : resolution, 'all.ts'],
      ],
      { cwd: project, encoding: 'utf8' },
    );
    const declarations = listed.split('\n').filter((file) => file.includes('/mailport/'));
    expect(declarations.length).toBeGreaterThan(imports.length);
    expect(listed).not.toContain('xstate');
    // Arrays of bytes have no parameter before TypeScript 5.7.
    expect(declarations.filter((file) => /\b(Uint(8|16|32)Array|Buffer|DataView)</.test(readFileSync(file, 'utf8')))).toEqual([]);
  },
);

test('its source maps hold their sources', () => {
  const map = JSON.parse(readFileSync(join(project, 'node_modules/mailport/dist/actors/index.js.map'), 'utf8'));
  expect(map.sourcesContent).toEqual([readFileSync(join(root, 'actors/index.ts'), 'utf8')]);
});

test('the links of its documents lead to files that it holds', () => {
  const documents = packed.filter((path) => path.endsWith('.md') && !path.startsWith('node_modules/'));
  const broken = documents.flatMap((document) => {
    const text = readFileSync(join(root, document), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target = '']) => join(dirname(document), target));
    return targets
      .filter((target) => !packed.some((path) => path === target || path.startsWith(`${target}/`)))
      .map((target) => `${document}: ${target}`);
  });
  expect(broken).toEqual([]);
});

test('holds what is needed to build the addon, and no tests, benchmarks or build results', () => {
  expect(packed).toEqual(expect.arrayContaining(['LICENSE', 'native/binding.gyp', 'native/src/addon/addon.cc']));
  expect(packed.filter((path) => /^(test|bench|scripts|dist\/bench|native\/(build|test))\//.test(path))).toEqual([]);
});

test('runs nothing at installation', () => {
  expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
  // npm builds a package by itself if this file is at its top.
  expect(packed).not.toContain('binding.gyp');
});

test('its actors talk to each other in another project', () => {
  const printed = run(`
    import { mainActor, send, spawn } from 'mailport';
    const self = mainActor();
    const echo = spawn(async (actor) => {
      const [from, text] = await actor.receive();
      send(from, text);
    });
    send(echo, [self.pid, 'hello']);
    console.log(await self.receive());
  `);
  expect(printed).toBe('hello\n');
});

test('its sockets open and close in another project', () => {
  const printed = run(`
    import { mainActor } from 'mailport';
    import { sctp } from 'mailport/sctp';
    const socket = await sctp.open(mainActor(), 0, { ip: '127.0.0.1' });
    console.log(socket.port > 0);
    socket.close();
  `);
  expect(printed).toBe('true\n');
});

test('the addon is built there as the README says: all that its build needs is found', () => {
  const [, packages = '', folder = ''] =
    /npm install --save-dev ([\w -]+)\n\s+npx node-gyp rebuild -C (\S+)/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ??
    [];
  for (const name of packages.split(' ')) symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
  expect(Object.keys(manifest.dependencies)).toContain('node-addon-api');
  const headers = installedHeaders();
  const options = headers === undefined ? [] : [`--nodedir=${headers}`];
  // Compiling it takes too long for a test, and is what `npm run build` does.
  const gyp = ['node_modules/node-gyp/bin/node-gyp.js', 'configure', '-C', folder, ...options];
  execFileSync(process.execPath, gyp, { cwd: project, stdio: 'pipe' });
  expect(existsSync(join(project, folder, 'build/Makefile'))).toBe(true);
  expect(readFileSync(join(project, folder, 'build/mailport.target.mk'), 'utf8')).toContain('node-addon-api');
});
