/** Which test files the lab is given: those whose tests ask for the kernel's SCTP, by themselves or through what they import. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kernelTests } from '../support/kernelTests.js';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mailport-kernel-tests-'));
});

afterEach(() => rmSync(root, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

test('files that ask, or import what asks, over any number of files and in any form', () => {
  write({
    'test/a/asks.test.ts': 'if (kernelProblem() !== undefined) skip();',
    'test/a/other.test.ts': "import { x } from '../../actors/port.js';",
    'test/b/near.test.ts': "import {\n  a,\n  b,\n} from '../deep/subjects.js';",
    'test/b/far.test.ts': "export * from './near.js';\nimport './between.js';",
    'test/b/between.ts': "const later = await import('../deep/subjects.js');",
    'test/deep/subjects.ts': "import { kernelSctpStatus } from '../../native/index.js';",
    'test/deep/notes.md': 'kernelProblem',
    'actors/port.ts': 'export function kernelProblem() {}',
  });
  expect(kernelTests(root)).toEqual(['test/a/asks.test.ts', 'test/b/far.test.ts', 'test/b/near.test.ts']);
});

test('a circle of imports ends', () => {
  write({
    'test/one.test.ts': "import './two.js';",
    'test/two.ts': "import './three.js';",
    'test/three.ts': "import './two.js';",
  });
  expect(kernelTests(root)).toEqual([]);
});

test('of this checkout: the contract suite and the tests of networks', () => {
  const files = kernelTests(fileURLToPath(new URL('../..', import.meta.url)));
  expect(files).toEqual(
    expect.arrayContaining(['test/lab/failover.test.ts', 'test/native/credit.test.ts', 'test/sctp/send.test.ts']),
  );
  expect(files).not.toContain('test/runtime/mailbox.test.ts');
});
