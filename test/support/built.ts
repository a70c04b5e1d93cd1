/** Files of dist, for tests that run programs. If dist does not fit the sources, it is compiled first, so that no test runs code that is no longer there. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compiledState } from '../../scripts/compiled.mjs';

const build = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));

let isFresh = false;

/**
 * @param path below dist
 * @returns the absolute path of the file
 * @throws Error with what the compiler says, if the sources do not compile
 */
export function built(path: string): string {
  if (!isFresh && !compiledState().isFresh) execFileSync(process.execPath, [build], { stdio: 'pipe' });
  isFresh = true;
  return fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
}
