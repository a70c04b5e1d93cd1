/** What `tsc` makes dist of, and whether dist was made of the sources as they are now. */
import { join, relative } from 'node:path';
import { root } from './command.mjs';
import { filesBelow, fingerprint, isFresh } from './fresh.mjs';

/** Folders that `tsc` compiles into dist; the same list as tsconfig.json's `include`. */
const folders = ['runtime', 'native', 'actors', 'examples', 'bench'];

/** Where the fingerprint of the sources of the last compilation is. */
export const compiledStamp = join(root, '.cache/setup/compiled');

/** The fingerprint of the sources as they are, the files that they are compiled to, and whether these are theirs. */
export function compiledState() {
  const sources = filesBelow(
    folders.map((folder) => join(root, folder)),
    ['.ts'],
  );
  const settings = [join(root, 'tsconfig.json'), join(root, 'package-lock.json')];
  const wanted = fingerprint(root, [...settings, ...sources]);
  const outputs = sources.map((source) => join(root, 'dist', relative(root, source)).replace(/\.ts$/, '.js'));
  return { wanted, outputs, isFresh: isFresh(compiledStamp, wanted, outputs) };
}
