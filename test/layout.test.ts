/** Every file of the checkout keeps to the layout that docs/architecture.md describes, and the checker sees each kind of breach. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { circleViolations } from './support/circles.js';
import type { SourceFile } from './support/imports.js';
import { layoutViolations } from './support/layout.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const notOurs = new Set(['node_modules', 'dist', 'build', 'prebuilds', 'coverage', '.git', '.cache']);
const binary = /\.(png|pcap|pcapng|bin|node|tgz)$/;

function checkout(folder = ''): SourceFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !notOurs.has(entry.name) && !binary.test(entry.name))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return checkout(path);
      return entry.isFile() ? [{ path, text: readFileSync(join(root, path), 'utf8') }] : [];
    });
}

test('every file of the checkout keeps to the layout', () => {
  const files = checkout();
  expect(files.map((file) => file.path)).toContain('runtime/port.ts');
  expect(layoutViolations(files)).toEqual([]);
});

test('imports go round in no circle', () => {
  expect(circleViolations(checkout())).toEqual([]);
});

const imports = (path: string, specifier: string) => layoutViolations([{ path, text: `\nimport { x } from '${specifier}';\n` }]);
const includes = (path: string, header: string) => layoutViolations([{ path, text: `// c\n#include ${header}\n` }]);

describe('imports', () => {
  test.each([
    ['runtime/mailbox.ts', '../actors/index.js', 'runtime must not import actors (../actors/index.js)'],
    ['runtime/mailbox.ts', '../native/contract/batch.js', 'runtime must not import native (../native/contract/batch.js)'],
    ['runtime/mailbox.ts', 'node:dgram', 'runtime knows nothing of sockets, yet imports node:dgram'],
    ['native/addon.ts', '../runtime/index.js', 'native must not import runtime (../runtime/index.js)'],
    ['actors/sctp/socket.ts', '../../examples/sessions.js', 'actors must not import examples (../../examples/sessions.js)'],
    ['actors/sctp/socket.ts', '../../test/support/setup.js', 'actors must not import test (../../test/support/setup.js)'],
    ['actors/sctp/socket.ts', '../../native/addon.js', 'only a stacks.ts touches the addon (../../native/addon.js)'],
    ['actors/socket/owner.ts', '../../native/index.js', 'only a stacks.ts touches the addon (../../native/index.js)'],
    [
      'actors/tcp/socket.ts',
      '../../native/contract/sctp.js',
      'actors/tcp is no party to the contract of sctp (../../native/contract/sctp.js)',
    ],
    [
      'actors/socket/demultiplexer.ts',
      '../../native/contract/sctp.js',
      'actors/socket is no party to the contract of sctp (../../native/contract/sctp.js)',
    ],
    [
      'actors/server/drain.ts',
      '../../native/contract/batch.js',
      'actors/server is no party to the contract of batch (../../native/contract/batch.js)',
    ],
    ['actors/sctp/socket.ts', '../tcp/index.js', 'transports never import each other (../tcp/index.js)'],
    ['actors/sctp/socket.ts', 'mailport/udp', 'transports never import each other (mailport/udp)'],
    ['actors/socket/owner.ts', '../sctp/index.js', 'what transports share must not know sctp (../sctp/index.js)'],
    ['actors/sctp/socket.ts', '../socket/owner.js', 'outsiders import actors/socket/index.ts, not ../socket/owner.js'],
    ['actors/sctp/socket.ts', '../../runtime/pid.js', 'outsiders import runtime/index.ts, not ../../runtime/pid.js'],
    ['examples/sessions.ts', '../actors/sctp/socket.js', 'outsiders import actors/sctp/index.ts, not ../actors/sctp/socket.js'],
    ['examples/sessions.ts', '../runtime/index.js', 'examples must not import runtime (../runtime/index.js)'],
    ['bench/run.ts', '../native/addon.js', 'bench must not import native (../native/addon.js)'],
  ])('%s must not import %s', (path, specifier, what) => {
    expect(imports(path, specifier)).toEqual([`${path}:2: ${what}`]);
  });

  test.each([
    ['actors/sctp/stacks.ts', '../../native/addon.js'],
    ['actors/sctp/events.ts', '../../native/contract/sctp.js'],
    ['actors/tcp/socket.ts', '../../native/contract/batch.js'],
    ['actors/socket/demultiplexer.ts', '../../native/contract/batch.js'],
    ['actors/sctp/socket.ts', '../socket/index.js'],
    ['actors/sctp/socket.ts', '../../runtime/index.js'],
    ['actors/socket/owner.ts', '../../runtime/ports.js'],
    ['actors/sctp/options/read.ts', '../events.js'],
    ['actors/index.ts', '../runtime/index.js'],
    ['examples/sessions.ts', 'mailport/sctp'],
    ['bench/cases/flood.ts', 'mailport'],
    ['bench/cases/udp.ts', 'node:dgram'],
    ['test/runtime/mailbox.test.ts', '../../runtime/mailbox.js'],
  ])('%s may import %s', (path, specifier) => {
    expect(imports(path, specifier)).toEqual([]);
  });

  test.each([
    ["import type { Pid } from '../actors/index.js';"],
    ["import '../actors/index.js';"],
    ["export * from '../actors/index.js';"],
    ["const late = await import('../actors/index.js');"],
    ["import {\n  a,\n  b,\n} from '../actors/index.js';"],
  ])('sees %j', (text) => {
    expect(layoutViolations([{ path: 'runtime/pid.ts', text }])).toHaveLength(1);
  });

  test('takes no notice of imports in a docstring', () => {
    const text = "/**\n * import { spawn } from '../actors/index.js';\n */\n";
    expect(layoutViolations([{ path: 'runtime/pid.ts', text }])).toEqual([]);
  });
});

describe('circles of imports', () => {
  const circles = (files: Record<string, string>) =>
    circleViolations(Object.entries(files).map(([path, text]) => ({ path, text })));

  test('by value: names the files on the shortest way round, and those caught in it', () => {
    const files = {
      'runtime/a.ts': "import { b } from './b.js';\n",
      'runtime/b.ts': "export { c } from './c.js';\n",
      'runtime/c.ts': "import './a.js';\nimport {\n  d,\n} from './d.js';\n",
      'runtime/d.ts': "export const late = () => import('./c.js');\n",
      'runtime/e.ts': "import { a } from './a.js';\n",
    };
    expect(circles(files)).toEqual([
      'circle by value: runtime/c.ts -> runtime/d.ts -> runtime/c.ts; caught in it: runtime/a.ts, runtime/b.ts',
    ]);
  });

  test('by type: one type is enough to close it', () => {
    const files = {
      'actors/a.ts': "import { type B, b } from './b.js';\n",
      'actors/b.ts': "import type {\n  A,\n  Other,\n} from './a.js';\n",
    };
    expect(circles(files)).toEqual(['circle by type: actors/a.ts -> actors/b.ts -> actors/a.ts']);
  });

  test.each([
    ["import type { A } from './a.js';"],
    ["export type { A } from './a.js';"],
    ["import type * as a from './a.js';"],
    ["type A = typeof import('./a.js');"],
  ])('by type, and not by value: %j', (text) => {
    expect(circles({ 'actors/a.ts': "import { b } from './b.js';\n", 'actors/b.ts': text })[0]).toMatch(/^circle by type: /);
  });

  test.each([
    ["import { a } from './a.js';"],
    ["import * as a from './a.js';"],
    ["import a, { type A } from './a.js';"],
    ["import { type A } from './a.js';"],
    ["import './a.js';"],
    ["export * from './a.js';"],
    ["const a = await import('./a.js');"],
  ])('by value: %j', (text) => {
    expect(circles({ 'actors/a.ts': "import { b } from './b.js';\n", 'actors/b.ts': text })[0]).toMatch(/^circle by value: /);
  });

  test('across folders, and by the names of packages', () => {
    const files = {
      'actors/index.ts': "export { b } from './b.js';\n",
      'actors/b.ts': "import { a } from 'mailport';\n",
      'scripts/a.mjs': "import { b } from './lab/b.mjs';\n",
      'scripts/lab/b.mjs': "import { a } from '../a.mjs';\n",
    };
    expect(circles(files)).toHaveLength(2);
  });

  test('of headers, beside each other or below the folders of sources', () => {
    const files = {
      'native/src/sctp/a.h': '#pragma once\n#include "b.h"\n',
      'native/src/sctp/b.h': '#include <vector>\n#include "tx/c.h"\n',
      'native/src/sctp/tx/c.h': '#include "sctp/a.h"\n',
      'native/src/sctp/a.cc': '#include "a.h"\n',
    };
    const round = 'native/src/sctp/a.h -> native/src/sctp/b.h -> native/src/sctp/tx/c.h -> native/src/sctp/a.h';
    expect(circles(files)).toEqual([`circle by value: ${round}`]);
  });

  test('Process alone is known to what a process is made of, and alone as a type', () => {
    const process = "import { x } from './x.js';\n";
    const by = (text: string) => circles({ 'runtime/process.ts': process, 'runtime/x.ts': text });
    expect(by("import type { Process } from './process.js';")).toEqual([]);
    expect(by("import type { Handler } from './process.js';")).toHaveLength(1);
    expect(by("import type { Handler, Process } from './process.js';")).toHaveLength(1);
    expect(by("import { Process } from './process.js';")).toHaveLength(1);
  });

  test('none, where files import each other in one direction alone, or in a docstring', () => {
    const files = {
      'actors/a.ts': "import { b } from './b.js';\nimport { c } from './c.js';\n",
      'actors/b.ts': "import { c } from './c.js';\n",
      'actors/c.ts': "/**\n * import { a } from './a.js';\n */\n// import './b.js';\n",
    };
    expect(circles(files)).toEqual([]);
  });
});

describe('includes', () => {
  test.each([
    ['native/src/sctp/tx/outbound.h', '"../association.h"'],
    ['native/src/sctp/rx/inbound.cc', '"../tx/outbound.h"'],
    ['native/src/sctp/packet/data_chunk.h', '"../path.h"'],
    ['native/src/sctp/handshake.cc', '"socket.h"'],
    ['native/src/sctp/shutdown.h', '"tx/outbound.h"'],
    ['native/src/sctp/association.cc', '<napi.h>'],
    ['native/src/io/udp.cc', '<node_api.h>'],
    ['native/src/sctp/association.cc', '<uv.h>'],
    ['native/src/sctp/association.cc', '<sys/socket.h>'],
    ['native/src/sctp/association.cc', '<netinet/in.h>'],
    ['native/src/sctp/association.cc', '<thread>'],
    ['native/src/sctp/association.cc', '<chrono>'],
    ['native/src/sctp/association.cc', '<mutex>'],
    ['native/src/sctp/association.cc', '<random>'],
    ['native/src/sctp/association.cc', '"../io/udp.h"'],
    ['native/src/io/udp.cc', '"addon/batch.h"'],
    ['native/src/io/udp.cc', '"../kernel_sctp/socket.h"'],
    ['native/src/sctp/association.cc', '"../kernel_sctp/socket.h"'],
    ['native/src/kernel_sctp/socket.cc', '<napi.h>'],
    ['native/src/kernel_sctp/socket.cc', '"../sctp/engine.h"'],
    ['native/src/io/udp.cc', '"../sctp/association.h"'],
  ])('%s must not include %s', (path, header) => {
    const violations = includes(path, header);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(`${path}:2: `);
  });

  test.each([
    ['native/src/addon/stack.cc', '<napi.h>'],
    ['native/src/addon/stack.cc', '"io/udp.h"'],
    ['native/src/io/udp.cc', '<uv.h>'],
    ['native/src/io/udp.cc', '"sctp/types.h"'],
    ['native/src/io/udp.cc', '"../sctp/option.h"'],
    ['native/src/io/udp.cc', '"../sctp/packet/wire.h"'],
    ['native/src/kernel_sctp/socket.cc', '"../io/unique_fd.h"'],
    ['native/src/sctp/association.cc', '<vector>'],
    ['native/src/sctp/association.cc', '"tx/outbound.h"'],
    ['native/src/sctp/tx/outbound.h', '"../path_set.h"'],
    ['native/src/sctp/tx/outbound.h', '"segments.h"'],
    ['native/src/sctp/rx/inbound.cc', '"../packet/sack_chunk.h"'],
    ['native/src/sctp/handshake.cc', '"handshake.h"'],
    ['native/src/sctp/handshake.h', '"context.h"'],
    ['native/src/kernel_sctp/send.cc', '"../sctp/packet/wire.h"'],
    ['native/test/association_test.cc', '<random>'],
  ])('%s may include %s', (path, header) => {
    expect(includes(path, header)).toEqual([]);
  });
});

describe('every file', () => {
  test.each(['runtime/utils.ts', 'actors/common/x.ts', 'native/src/sctp/chunk_helpers.h', 'actors/socketManager.ts'])(
    'must not be called %s',
    (path) => {
      expect(layoutViolations([{ path, text: '' }])).toHaveLength(1);
    },
  );

  test.each([`// ${'TO'}DO: later`, `// ${'FIX'}ME`, `open('${'/work'}/x/y')`, `see "${'/home'}/me/x"`])(
    'must not hold %j',
    (line) => {
      expect(layoutViolations([{ path: 'docs/a.md', text: `\n\n${line}\n` }])[0]).toMatch(/^docs\/a\.md:3: /);
    },
  );

  test('the lock names no download address', () => {
    const text = '{\n  "resolved": "https://registry.example/x.tgz"\n}';
    expect(layoutViolations([{ path: 'package-lock.json', text }])).toEqual([
      'package-lock.json:2: the lock must name no download address',
    ]);
  });
});
