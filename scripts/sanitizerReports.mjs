/** Reads what AddressSanitizer and LeakSanitizer wrote and keeps what is about our code. */

const ours = /mailport\.node|\/src\/(addon|io|sctp)\//;
const nodes = /\/node\+0x/;

/**
 * The reports that count, each as its own text: every error, and those leaks that our code allocated.
 *
 * @param {string} log what one process wrote
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
 * Node leaves a good deal behind at its end, on purpose, and some of it was allocated in calls of ours. So our code has to be nearer to the
 * allocation than Node's.
 *
 * @param {string} leak
 */
function isOurs(leak) {
  const frames = leak.split('\n');
  const first = frames.findIndex((frame) => ours.test(frame));
  const firstOfNode = frames.findIndex((frame) => nodes.test(frame));
  return first !== -1 && (firstOfNode === -1 || first < firstOfNode);
}
