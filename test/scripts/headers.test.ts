/** The build takes Node's headers from beside Node if they are those of this very Node. Otherwise node-gyp finds its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installedHeaders } from '../../scripts/addon.mjs';

let prefix = '';
const node = () => join(prefix, 'bin/node');

beforeEach(() => {
  prefix = mkdtempSync(join(tmpdir(), 'mailport-headers-'));
  mkdirSync(join(prefix, 'bin'));
  mkdirSync(join(prefix, 'include/node'), { recursive: true });
  writeFileSync(node(), '');
  writeFileSync(join(prefix, 'include/node/common.gypi'), '{}');
  writeFileSync(
    join(prefix, 'include/node/node_version.h'),
    '#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 19\n#define NODE_PATCH_VERSION 4\n',
  );
});

afterEach(() => rmSync(prefix, { recursive: true }));

test('finds the headers that came with Node', () => {
  expect(installedHeaders(node(), 'v20.19.4')).toBe(prefix);
});

test('leaves headers of another version alone', () => {
  expect(installedHeaders(node(), 'v20.20.2')).toBeUndefined();
});

test('finds none where Node came without', () => {
  rmSync(join(prefix, 'include/node/node_version.h'));
  expect(installedHeaders(node(), 'v20.19.4')).toBeUndefined();
});
