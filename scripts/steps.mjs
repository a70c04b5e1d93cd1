/**
 * What has to hold before a change is taken, in the order in which it is checked. `.ci/run` takes all of these steps, `npm run check` takes those
 * that a developer waits for.
 */

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} command run in the checkout
 * @property {boolean} [counts] whether it ends with the line 'N passed, N failed'; if it counts no test, it has failed
 * @property {boolean} [inCiOnly]
 * @property {boolean} [beside] whether it goes on while the steps after it run, at a higher priority than theirs
 * @property {boolean} [maySkip] whether the status `cannotRun` is no failure outside of CI
 */

/** The status of a step on a machine that lacks what the step needs. */
export const cannotRun = 77;

/** @param {string[]} words */
const npmRun = (...words) => ['npm', 'run', '--silent', ...words];

/** @type {Step[]} */
export const steps = [
  { name: 'test peers', command: ['node', 'scripts/peers.mjs'], inCiOnly: true },
  { name: 'build', command: npmRun('build') },
  // It takes longer than all others together, and for the most part one thread.
  { name: 'SCTP of the kernel', command: npmRun('test:lab'), counts: true, inCiOnly: true, beside: true, maySkip: true },
  { name: 'format', command: npmRun('format:check') },
  { name: 'lint', command: npmRun('lint') },
  { name: 'types', command: npmRun('types') },
  { name: 'npm test', command: ['npm', 'test'], counts: true },
  { name: 'engine under ASan and UBSan', command: ['native/test/run.sh', '--sanitize'], counts: true, inCiOnly: true },
  { name: 'fuzzing', command: npmRun('fuzz'), counts: true, inCiOnly: true, maySkip: true },
  { name: 'addon under ASan and UBSan', command: ['node', 'scripts/sanitize.mjs'], counts: true, inCiOnly: true },
];
