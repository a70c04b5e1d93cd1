/**
 * Builds the addon: node-gyp writes the makefiles, without a download where Node brought its headers along, and make compiles what has changed.
 * CI builds it once more with the sanitizers.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { root, runQuietly, StepFailed } from './command.mjs';
import { alignTimes, filesBelow, fingerprint, isFresh, writeStamp } from './fresh.mjs';

const nodeGyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js');

/** They come last on the compiler's command line, so they win over the flags of binding.gyp. */
const sanitizerFlags = '-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g -O1';

/**
 * The folder for `node-gyp --nodedir` with the headers of the running Node, or undefined if they were not installed with it.
 *
 * @param {string} [execPath]
 * @param {string} [version] as `process.version`
 */
export function installedHeaders(execPath = process.execPath, version = process.version) {
  const prefix = dirname(dirname(realpathSync(execPath)));
  const include = join(prefix, 'include/node');
  const versionHeader = join(include, 'node_version.h');
  if (!existsSync(versionHeader) || !existsSync(join(include, 'common.gypi'))) return undefined;
  const text = readFileSync(versionHeader, 'utf8');
  const found = ['MAJOR', 'MINOR', 'PATCH'].map((part) => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1]);
  return `v${found.join('.')}` === version ? prefix : undefined;
}

/**
 * @typedef {object} Variant
 * @property {string} name of the stamps
 * @property {string} what shown while it is built
 * @property {string} directory with binding.gyp; node-gyp always builds in `build` beside it
 * @property {string} flags for the compiler and the linker, in addition to those of binding.gyp
 */

/** @type {Variant} */
const ordinary = { name: 'addon', what: 'building the addon', directory: join(root, 'native'), flags: '' };

/** @type {Variant} */
const sanitized = {
  name: 'addon-sanitized',
  what: 'building the addon with sanitizers',
  directory: join(root, '.cache/sanitized'),
  flags: sanitizerFlags,
};

/** Builds native/build/Release/mailport.node if its sources have changed. */
export async function buildAddon() {
  await build(ordinary);
}

/**
 * Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer, in a directory of its own with the same sources.
 *
 * @returns {Promise<string>} the binary, for MAILPORT_ADDON
 */
export async function buildSanitizedAddon() {
  mkdirSync(sanitized.directory, { recursive: true });
  copyFileSync(join(root, 'native/binding.gyp'), join(sanitized.directory, 'binding.gyp'));
  rmSync(join(sanitized.directory, 'src'), { force: true });
  symlinkSync(join(root, 'native/src'), join(sanitized.directory, 'src'));
  return build(sanitized);
}

/**
 * @param {Variant} variant
 * @returns {Promise<string>} the binary
 */
async function build({ name, what, directory, flags }) {
  const binary = join(directory, 'build/Release/mailport.node');
  const stamp = join(root, '.cache/setup', name);
  const sources = filesBelow([join(root, 'native/src')], ['.h', '.cc']);
  const settings = makefileSettings(flags, sources);
  const wanted = fingerprint(root, sources, settings);
  if (isFresh(stamp, wanted, [binary])) return binary;
  requireTools();
  const options = { cwd: directory, env: flags === '' ? {} : { CFLAGS: flags, CXXFLAGS: flags, LDFLAGS: flags } };
  const configured = `${stamp}-makefile`;
  if (!isFresh(configured, settings.join('\n'), [join(directory, 'build/Makefile')])) {
    rmSync(configured, { force: true });
    await runQuietly('configuring the addon', configure(), options);
    writeStamp(configured, settings.join('\n'));
  }
  const objects = join(directory, 'build/Release/obj.target/mailport');
  alignTimes(root, stamp, wanted, (source) => join(objects, relative(join(root, 'native'), source)).replace(/\.cc$/, '.o'));
  // A build that fails leaves objects of other contents than those of the stamp.
  rmSync(stamp, { force: true });
  await runQuietly(what, ['make', '-s', '-C', 'build', 'BUILDTYPE=Release', '-j', String(availableParallelism())], options);
  writeStamp(stamp, wanted);
  return binary;
}

/**
 * What the makefiles depend on: they name the compiled files, and do not depend on what is in them.
 *
 * @param {string} flags
 * @param {string[]} sources
 */
function makefileSettings(flags, sources) {
  const compiled = sources.filter((file) => file.endsWith('.cc')).map((file) => relative(root, file));
  const files = ['native/binding.gyp', 'node_modules/node-addon-api/package.json', 'node_modules/node-gyp/package.json'];
  const contents = files.map((file) => readFileSync(join(root, file), 'utf8'));
  return [flags, process.version, process.arch, installedHeaders() ?? '', ...compiled, ...contents];
}

function configure() {
  const headers = installedHeaders();
  const options = headers === undefined ? [] : [`--nodedir=${headers}`];
  return [process.execPath, nodeGyp, 'configure', ...options];
}

function requireTools() {
  const directories = (process.env.PATH ?? '').split(delimiter);
  const missing = ['python3', 'make', 'g++'].filter(
    (tool) => !directories.some((directory) => existsSync(join(directory, tool))),
  );
  if (missing.length > 0) {
    throw new StepFailed(
      `the addon is built from C++ and needs ${missing.join(', ')}. On Debian: apt-get install python3 make g++`,
    );
  }
}
