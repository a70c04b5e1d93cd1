/**
 * Tells whether what was built still fits its sources. A stamp says of which contents the last build was made. Times are not compared: a
 * checkout touches files that stay the same, and the files of a copied tree may have any time.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { requirePresent } from './command.mjs';

/**
 * All files below `directories` that have one of the extensions, sorted, so that equal trees give equal lists.
 *
 * @param {string[]} directories absolute, all of them there
 * @param {string[]} extensions with the dot, `.ts`
 * @returns {string[]} absolute paths
 */
export function filesBelow(directories, extensions) {
  requirePresent(directories);
  const found = [];
  for (const directory of directories) {
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && extensions.some((extension) => entry.name.endsWith(extension))) {
        found.push(join(entry.parentPath, entry.name));
      }
    }
  }
  return found.sort();
}

/**
 * All that a build depends on: a line for the settings (versions, flags), then a line for each file, with the hash of its contents and its name.
 *
 * @param {string} root names are relative to it, so that a moved checkout stays fresh
 * @param {string[]} files absolute paths
 * @param {string[]} [settings]
 */
export function fingerprint(root, files, settings = []) {
  const lines = files.map((file) => `${createHash('sha256').update(readFileSync(file)).digest('hex')} ${relative(root, file)}`);
  return [JSON.stringify(settings), ...lines].join('\n');
}

/**
 * @param {string} stampFile written by `writeStamp` after the last build that succeeded
 * @param {string} wanted fingerprint of the sources now
 * @param {string[]} outputs files that the build makes
 */
export function isFresh(stampFile, wanted, outputs) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted && outputs.every((output) => existsSync(output));
}

/**
 * Makes times say what contents say, for `make`, which compares times. Sources that have changed since the last build become newer than that build. If
 * no header has changed, the objects of the other sources become newer than these, which a checkout may have touched. Without a stamp nothing is
 * known of the objects, and times stay as they are.
 *
 * @param {string} root
 * @param {string} stampFile
 * @param {string} wanted
 * @param {(source: string) => string} objectOf the object of a .cc file, both absolute
 */
export function alignTimes(root, stampFile, wanted, objectOf) {
  if (!existsSync(stampFile)) return;
  const builtMs = statSync(stampFile).mtimeMs;
  const before = new Set(readFileSync(stampFile, 'utf8').split('\n'));
  const [settings = '', ...lines] = wanted.split('\n');
  const files = lines.map((line) => ({ file: join(root, line.slice(line.indexOf(' ') + 1)), same: before.has(line) }));
  const now = new Date();
  for (const { file, same } of files) if (!same && statSync(file).mtimeMs <= builtMs) utimesSync(file, now, now);
  const sameFolder = before.has(settings) && before.size === lines.length + 1;
  if (!sameFolder || files.some(({ file, same }) => !same && !file.endsWith('.cc'))) return;
  const objects = files.filter(({ file, same }) => same && file.endsWith('.cc')).map(({ file }) => objectOf(file));
  for (const object of objects) if (existsSync(object)) utimesSync(object, now, now);
}

/**
 * @param {string} stampFile
 * @param {string} built
 */
export function writeStamp(stampFile, built) {
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, built);
}

/**
 * @typedef {{ version?: string, optional?: boolean, link?: boolean }} LockedPackage
 * @typedef {{ packages: Record<string, LockedPackage> }} Lock
 */

/**
 * Whether node_modules holds the packages of package-lock.json. npm lists in a file inside node_modules which packages it has put there.
 *
 * @param {Lock} lock package-lock.json
 * @param {Lock} installed node_modules/.package-lock.json
 */
export function installedAsLocked(lock, installed) {
  const complete = Object.entries(lock.packages).every(
    ([path, { version, optional }]) => path === '' || optional || installed.packages[path]?.version === version,
  );
  return complete && Object.entries(installed.packages).every(([path, { version }]) => lock.packages[path]?.version === version);
}
