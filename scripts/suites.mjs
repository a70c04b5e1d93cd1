/** The parts of test/ that some runs take or leave. Each part has to be there: a run would leave out a folder that was renamed, and pass. */
import { join } from 'node:path';
import { requirePresent, root } from './command.mjs';

/** Folders whose tests load the addon: scripts/sanitize.mjs runs them with an instrumented one. */
const loadingTheAddon = [
  'native',
  'sctp',
  'tcp',
  'udp',
  'tls',
  'server',
  'contract',
  'testing',
  'interop',
  'process',
  'examples',
  'regress',
  'differential/tcp',
  'differential/udp',
];

/** Tests that say nothing about a mistake in the sources of TypeScript: vitest.mutate.config.ts leaves them out. */
const blindToMistakes = {
  folders: ['bench', 'differential/sctp', 'interop', 'lab', 'process', 'rules', 'scripts', 'types'],
  files: ['docs.test.ts', 'layout.test.ts'],
};

/** @returns {string[]} arguments for vitest */
export function sanitizedSuites() {
  return inTest(loadingTheAddon).map((folder) => `${folder}/`);
}

/** @returns {string[]} patterns for vitest's `exclude` */
export function suitesWithoutMutants() {
  return [...inTest(blindToMistakes.folders).map((folder) => `${folder}/**`), ...inTest(blindToMistakes.files)];
}

/**
 * @param {string[]} names below test/
 * @returns {string[]} paths relative to the checkout
 */
export function inTest(names) {
  const paths = names.map((name) => `test/${name}`);
  requirePresent(paths.map((path) => join(root, path)));
  return paths;
}
