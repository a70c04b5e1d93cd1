/**
 * Chooses what a run of some C++ tests has to compile: `node scripts/nativeSelection.mjs FILTER` prints the list for native/test/Makefile. The
 * files of tests are those with a test whose "file: name" contains the filter, which is how native/test/main.cc compares. The other sources are
 * found by includes: a source belongs to the header of its own name and to the header that it includes first, and it is compiled if the tests
 * reach one of those headers.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './command.mjs';
import { filesBelow } from './fresh.mjs';

/**
 * @param {string} native the folder with src and test
 * @param {string} filter
 * @returns {string[]} paths relative to `native`, sorted
 */
export function selection(native, filter) {
  // The addon includes the engine's headers and implements none of them.
  const addon = join(native, 'src/addon/');
  const sources = filesBelow([join(native, 'src'), join(native, 'test')], ['.cc']).filter((file) => !file.startsWith(addon));
  const tests = sources.filter((file) => file.endsWith('_test.cc'));
  const others = sources.filter((file) => !file.endsWith('_test.cc'));
  const chosen = new Set(tests.filter((file) => titles(file).some((title) => title.includes(filter))));
  // The program's main function, which no test includes by name.
  chosen.add(join(native, 'test/main.cc'));
  const reached = new Set();
  for (const source of chosen) {
    reach(native, source, reached);
    for (const other of others) if (headersOf(native, other).some((header) => reached.has(header))) chosen.add(other);
  }
  return [...chosen].map((file) => relative(native, file)).sort();
}

/**
 * The tests of a file as the runner names them.
 *
 * @param {string} file
 */
function titles(file) {
  const names = readFileSync(file, 'utf8').matchAll(/^TEST\("((?:[^"\\]|\\.)*)"\)/gm);
  return [...names].map(([, name = '']) => `${basename(file)}: ${name.replace(/\\(.)/g, '$1')}`);
}

/**
 * Adds a file and all that it includes, directly or not, to `reached`.
 *
 * @param {string} native
 * @param {string} file
 * @param {Set<string>} reached
 */
function reach(native, file, reached) {
  if (reached.has(file)) return;
  reached.add(file);
  for (const included of includes(native, file)) reach(native, included, reached);
}

/**
 * The headers whose functions a source may define.
 *
 * @param {string} native
 * @param {string} source
 */
function headersOf(native, source) {
  const [first] = includes(native, source);
  const own = source.replace(/\.cc$/, '.h');
  return first === undefined ? [own] : [own, first];
}

/** @type {Map<string, string[]>} */
const known = new Map();

/**
 * The files that a file includes by `#include "…"`, in order; they are looked for where the compiler looks.
 *
 * @param {string} native
 * @param {string} file
 */
function includes(native, file) {
  const before = known.get(file);
  if (before !== undefined) return before;
  const names = [...readFileSync(file, 'utf8').matchAll(/^#include "([^"]+)"/gm)].map(([, name = '']) => name);
  const found = names.flatMap((name) => {
    const places = [join(dirname(file), name), join(native, 'src/sctp', name)];
    return places.find((place) => existsSync(place)) ?? [];
  });
  known.set(file, found);
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(`SOURCES := ${selection(join(root, 'native'), process.argv[2] ?? '').join(' ')}`);
