/** Reads the logs of AddressSanitizer and LeakSanitizer, and keeps the reports about our code. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './command.mjs';

const ours = new RegExp(`mailport\\.node|/src/(${readdirSync(join(root, 'native/src')).join('|')})/`);
const nodes = /\/node\+0x/;

/**
 * The texts of the reports that count: every error, and every leak of memory that our code allocated.
 *
 * @param {string} log of one process
 * @returns {string[]}
 */
export function reportsThatCount(log) {
  const reports = [];
  const [errors = '', leaks = ''] = log.split(/^.*ERROR: LeakSanitizer: detected memory leaks.*$/m);
  if (/ERROR: AddressSanitizer/.test(errors)) reports.push(errors.trim());
  for (const leak of leaks.split(/\n\s*\n/)) {
    if (/^(Direct|Indirect) leak of/m.test(leak) && isOurs(leak)) reports.push(leak.trim());
  }
  return reports;
}

/**
 * Whether our code allocated the memory. Node does not free all of its own memory at its end, on purpose, and allocates some of it within calls of
 * ours. So the nearest frame of ours has to be nearer to the allocation than the nearest of Node.
 *
 * @param {string} leak
 */
function isOurs(leak) {
  const frames = leak.split('\n');
  const first = frames.findIndex((frame) => ours.test(frame));
  const firstOfNode = frames.findIndex((frame) => nodes.test(frame));
  return first !== -1 && (firstOfNode === -1 || first < firstOfNode);
}
