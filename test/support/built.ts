/** Files of dist, for tests that run programs: never what was built of other sources, which would pass or fail for what is no longer there. */
import { fileURLToPath } from 'node:url';
import { compiledState } from '../../scripts/compiled.mjs';

let isFresh: boolean | undefined;

/**
 * @param path below dist
 * @returns the absolute path of the file
 * @throws Error if dist is not there, or does not fit the sources
 */
export function built(path: string): string {
  isFresh ??= compiledState().isFresh;
  if (!isFresh)
    throw new Error('dist is missing or does not fit the sources, so this would test something else: run `npm run build`');
  return fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
}
