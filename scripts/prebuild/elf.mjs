/** What a shared object for Linux asks of its system, and what it shows to others: read by readelf, which knows the objects of all processors. */
import { execFileSync } from 'node:child_process';

/**
 * The versions of libraries that the file asks for and that are newer than they may be.
 *
 * @param {string} file
 * @param {Record<string, string>} newest for each family of versions, such as GLIBC
 * @returns {string[]} such as 'GLIBC_2.32'
 */
export function newerThan(file, newest) {
  const asked = new Set(dynamicSymbols(file).flatMap(({ version }) => version ?? []));
  return [...asked].filter((version) => {
    const [family = '', number = ''] = version.split('_');
    const most = newest[family];
    return most !== undefined && compare(number, most) > 0;
  });
}

/**
 * The symbols that other objects can see.
 *
 * @param {string} file
 */
export const exportedNames = (file) => dynamicSymbols(file).flatMap(({ name, isDefined }) => (isDefined ? name : []));

/** @param {string} file */
function dynamicSymbols(file) {
  const lines = execFileSync('readelf', ['--dyn-syms', '--wide', file], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split(
    '\n',
  );
  return lines.flatMap((line) => {
    const found = /^\s*\d+:\s+\S+\s+\d+\s+\S+\s+(?:GLOBAL|WEAK)\s+\S+\s+(\S+)\s+([^\s@]+)(?:@+(\S+))?/.exec(line);
    if (found === null) return [];
    const [, section, name = '', version] = found;
    return [{ name, version, isDefined: section !== 'UND' }];
  });
}

/**
 * @param {string} one
 * @param {string} other
 * @returns {number} positive if `one` is the newer version
 */
function compare(one, other) {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  for (let at = 0; at < Math.max(a?.length ?? 0, b?.length ?? 0); at += 1) {
    const difference = (a?.[at] ?? 0) - (b?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
