/** Tells from which sources `tsc` makes dist, and whether dist fits them as they are now. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './command.mjs';
import { filesBelow, fingerprint, isFresh } from './fresh.mjs';

/** Where the fingerprint of the sources of the last compilation is. */
export const compiledStamp = join(root, '.cache/setup/compiled');

/** The fingerprint of the sources as they are, the files that they are compiled to, and whether these are theirs. */
export function compiledState() {
  const settings = [join(root, 'tsconfig.json'), join(root, 'package-lock.json')];
  /** @type {{ include: string[] }} */
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const folders = include.map((folder) => join(root, folder));
  const sources = filesBelow(folders, ['.ts']);
  const wanted = fingerprint(root, [...settings, ...sources]);
  const outputs = sources.map((source) => join(root, 'dist', relative(root, source)).replace(/\.ts$/, '.js'));
  return { wanted, outputs, isFresh: isFresh(compiledStamp, wanted, outputs) };
}
