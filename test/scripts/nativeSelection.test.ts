/** A run of one C++ test compiles the test, the sources that implement what it includes, and nothing else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { selection } from '../../scripts/nativeSelection.mjs';

let native = '';

beforeEach(() => {
  native = mkdtempSync(join(tmpdir(), 'mailport-selection-'));
  write({
    'test/check.h': '',
    'test/main.cc': '#include "check.h"',
    'test/path_test.cc': '#include "path.h"\n#include "check.h"\n\nTEST("a path fails") {\n}\nTEST("says \\"no\\"") {\n}',
    'test/udp_test.cc': '#include "../src/io/udp.h"\n\nTEST("a path over UDP") {\n}',
    'src/sctp/path.h': '',
    'src/sctp/path.cc': '#include "path.h"\n#include "tx/window.h"',
    'src/sctp/path_timers.cc': '#include <vector>\n\n#include "path.h"',
    'src/sctp/tx/window.h': '#include <vector>',
    'src/sctp/tx/window.cc': '#include "window.h"\n#include "path.h"',
    'src/sctp/cookie.h': '',
    'src/sctp/cookie.cc': '#include "cookie.h"\n#include "path.h"',
    'src/io/udp.h': '#include "../sctp/cookie.h"',
    'src/io/udp.cc': '#include <cerrno>\n#include "calls.h"\n#include "udp.h"',
    'src/io/calls.h': '',
    'src/kernel_sctp/socket.h': '#include "../io/calls.h"',
    'src/kernel_sctp/socket.cc': '#include "socket.h"',
  });
});

afterEach(() => rmSync(native, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(native, name)), { recursive: true });
    writeFileSync(join(native, name), `${text}\n`);
  }
}

const path = ['src/sctp/path.cc', 'src/sctp/path_timers.cc', 'src/sctp/tx/window.cc'];

test('a file of tests brings the sources of the headers that it reaches', () => {
  expect(selection(native, 'path_test')).toEqual([...path, 'test/main.cc', 'test/path_test.cc']);
});

test('a part of a name chooses the files with such a test, in the words of the runner', () => {
  expect(selection(native, 'fails')).toEqual([...path, 'test/main.cc', 'test/path_test.cc']);
  expect(selection(native, 'path_test.cc: a path')).toContain('test/path_test.cc');
  expect(selection(native, 'says "no"')).toContain('test/path_test.cc');
  expect(selection(native, 'a path')).toEqual(expect.arrayContaining(['test/path_test.cc', 'test/udp_test.cc']));
});

test('a source belongs to the header of its own name too, wherever it includes it', () => {
  expect(selection(native, 'udp_test')).toEqual([
    'src/io/udp.cc',
    'src/sctp/cookie.cc',
    ...path,
    'test/main.cc',
    'test/udp_test.cc',
  ]);
});

test('a filter that no test has leaves the program that says so', () => {
  expect(selection(native, 'nothing')).toEqual(['test/main.cc']);
});

test('all tests of this checkout reach every file of tests', () => {
  const all = selection(fileURLToPath(new URL('../../native', import.meta.url)), '');
  expect(all.filter((file) => file.endsWith('_test.cc')).length).toBeGreaterThan(50);
  expect(all).not.toContain('src/io/udp_carrier.cc');
});
