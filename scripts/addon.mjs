/** Builds the addon with node-gyp, without a download where Node brought its headers along, and once more under the sanitizers for CI. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { root, runQuietly, StepFailed } from './command.mjs';
import { filesBelow, fingerprint, isFresh, writeStamp } from './fresh.mjs';

const nodeGyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js');

/** Last on the compiler's line, so they win over what binding.gyp says. */
const sanitizerFlags = '-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g -O1';

/**
 * Where `node-gyp --nodedir` finds the headers of this very Node, or undefined if they were not installed with it.
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

/** Builds native/build/Release/mailport.node if its sources have changed. */
export async function buildAddon() {
  const binary = join(root, 'native/build/Release/mailport.node');
  const stamp = join(root, '.cache/setup/addon');
  const wanted = addonFingerprint('release');
  if (isFresh(stamp, wanted, [binary])) return;
  requireTools();
  await runQuietly('building the addon', gyp(), { cwd: join(root, 'native') });
  writeStamp(stamp, wanted);
}

/**
 * Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer beside the ordinary one.
 *
 * @returns {Promise<string>} the binary, for MAILPORT_ADDON
 */
export async function buildSanitizedAddon() {
  const directory = join(root, '.cache/sanitized');
  const binary = join(directory, 'build/Release/mailport.node');
  const stamp = join(root, '.cache/setup/addon-sanitized');
  const wanted = addonFingerprint(sanitizerFlags);
  if (isFresh(stamp, wanted, [binary])) return binary;
  requireTools();
  // node-gyp always builds in `build` beside binding.gyp, so this one gets a place of its own, with the same sources.
  mkdirSync(directory, { recursive: true });
  copyFileSync(join(root, 'native/binding.gyp'), join(directory, 'binding.gyp'));
  rmSync(join(directory, 'src'), { force: true });
  symlinkSync(join(root, 'native/src'), join(directory, 'src'));
  const env = { CFLAGS: sanitizerFlags, CXXFLAGS: sanitizerFlags, LDFLAGS: sanitizerFlags };
  await runQuietly('building the addon with sanitizers', gyp(), { cwd: directory, env });
  writeStamp(stamp, wanted);
  return binary;
}

/** @param {string} flavour */
function addonFingerprint(flavour) {
  const sources = [join(root, 'native/binding.gyp'), ...filesBelow([join(root, 'native/src')], ['.h', '.cc', '.cpp', '.c'])];
  const api = readFileSync(join(root, 'node_modules/node-addon-api/package.json'), 'utf8');
  return fingerprint(root, sources, [flavour, api, process.version, process.arch]);
}

function gyp() {
  const headers = installedHeaders();
  const options = headers === undefined ? [] : [`--nodedir=${headers}`];
  return [process.execPath, nodeGyp, 'configure', 'build', ...options, '-j', String(availableParallelism())];
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
