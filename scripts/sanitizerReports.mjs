/** Reads what AddressSanitizer and LeakSanitizer wrote and keeps what is about our code. */

/** Node and the programs that tests start leak a little at exit by design; a leak is ours if our code is on its stack. */
const ours = /mailport\.node|\/src\/(addon|io|sctp)\//;

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
    if (/^(Direct|Indirect) leak of/m.test(leak) && ours.test(leak)) reports.push(leak.trim());
  }
  return reports;
}
