/** The rules that docs/differences.md lists, each of whose tables has them in its first column. */
import { readFileSync } from 'node:fs';

export function documentedRules(): Set<string> {
  const text = readFileSync(new URL('../../../docs/differences.md', import.meta.url), 'utf8');
  const cells = [...text.matchAll(/^\| ([A-Z]+-\d[^|]*) \|/gm)].map(([, cell]) => cell!);
  return new Set(cells.flatMap(rulesOf));
}

/** `CN-20, CN-30..CN-32` is four rules. */
function rulesOf(cell: string): string[] {
  return cell.split(',').flatMap((part) => {
    const [first, last] = part.trim().split('..');
    const [, subject, from] = /^([A-Z]+)-(\d+)$/.exec(first!) ?? [];
    const to = /\d+$/.exec(last ?? first!)?.[0];
    if (subject === undefined) return [];
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => `${subject}-${Number(from) + index}`);
  });
}
