/**
 * Tells whether what was built still fits its sources. Contents are compared, never times: a checkout touches files, and a copied tree has
 * any times at all. Reads and writes stamps; builds nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { requirePresent } from './command.mjs';

/**
 * All files below `directories` whose names end as wanted, sorted, so that equal trees give equal lists.
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
 * One hash over names and contents of files and over whatever else the result depends on (versions, flags).
 *
 * @param {string} root names count relative to it, so that a moved checkout stays fresh
 * @param {string[]} files absolute paths
 * @param {string[]} [settings]
 */
export function fingerprint(root, files, settings = []) {
  const hash = createHash('sha256');
  for (const setting of settings) hash.update(`${setting}\0`);
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * @param {string} stampFile what `writeStamp` wrote after the last build that succeeded
 * @param {string} wanted fingerprint of the sources now
 * @param {string[]} outputs files that the build makes
 */
export function isFresh(stampFile, wanted, outputs) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted && outputs.every((output) => existsSync(output));
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
 * Whether node_modules holds what package-lock.json asks for. npm keeps a lock of its own inside node_modules that lists what it put there.
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
