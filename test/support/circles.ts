/**
 * Circles of imports. By value: files that load each other, so that one of them runs before its imports are there. By type: files of which none can be understood
 * without all the others, although nothing of that is left when they run. Includes of C++ count as imports by value.
 */
import { importsOf, includesOf, resolveImport, resolveInclude, type SourceFile } from './imports.js';

interface Arrow {
  readonly to: string;
  readonly isType: boolean;
}

type Arrows = ReadonlyMap<string, readonly Arrow[]>;

/**
 * A pid holds its process, so that sending looks nothing up, and a process holds whatever it is made of. So every file that knows a pid knows a process, as a
 * type. That circle stays: an import of the type `Process` alone closes none.
 */
const process = { path: 'runtime/process.ts', type: 'Process' };

/** A line for each circle: of values, and of types where those of values are none. Each shows the shortest way round, and who else is caught in it. */
export function circleViolations(files: readonly SourceFile[]): string[] {
  const arrows = arrowsOf(files);
  const byValue = circlesIn(onlyValues(arrows)).map((circle) => described('value', circle));
  const byAny = circlesIn(arrows).filter(({ way }) => way.some(({ isType }) => isType));
  return [...byValue, ...byAny.map((circle) => described('type', circle))];
}

function arrowsOf(files: readonly SourceFile[]): Arrows {
  const paths = new Set(files.map(({ path }) => path));
  const from = (file: SourceFile) => {
    if (/\.m?[tj]s$/.test(file.path)) return arrowsOfImports(file, paths);
    return /\.(h|cc)$/.test(file.path) ? arrowsOfIncludes(file, paths) : [];
  };
  return new Map(files.map((file) => [file.path, from(file)]));
}

function arrowsOfImports(file: SourceFile, paths: ReadonlySet<string>): Arrow[] {
  return importsOf(file).flatMap(({ specifier, isType, names }) => {
    const to = resolveImport(file.path, specifier);
    if (to === undefined || !paths.has(to)) return [];
    const isProcessAlone = to === process.path && isType && names.length === 1 && names[0] === process.type;
    return isProcessAlone ? [] : [{ to, isType }];
  });
}

function arrowsOfIncludes(file: SourceFile, paths: ReadonlySet<string>): Arrow[] {
  return includesOf(file).flatMap(({ header }) => {
    const to = resolveInclude(file.path, header).find((path) => paths.has(path));
    return to === undefined ? [] : [{ to, isType: false }];
  });
}

function onlyValues(arrows: Arrows): Arrows {
  return new Map([...arrows].map(([from, found]) => [from, found.filter(({ isType }) => !isType)]));
}

interface Circle {
  /** All files that reach each other. */
  readonly files: readonly string[];
  /** The shortest way from the first of them back to it, or from another if that one is shorter. */
  readonly way: readonly Arrow[];
}

/** The sets of files that reach each other, each once. */
function circlesIn(arrows: Arrows): Circle[] {
  const seen = new Set<string>();
  const circles: Circle[] = [];
  for (const from of arrows.keys()) {
    if (seen.has(from)) continue;
    const files = [from, ...reachedFrom(from, arrows)].filter((to) => reachedFrom(to, arrows).has(from));
    for (const file of files) seen.add(file);
    const ways = files.map((file) => wayRound(file, arrows)).filter((way) => way !== undefined);
    const way = ways.toSorted((one, other) => one.length - other.length)[0];
    if (way !== undefined) circles.push({ files: [...new Set(files)], way });
  }
  return circles;
}

function reachedFrom(from: string, arrows: Arrows): Set<string> {
  const reached = new Set<string>();
  const left = [from];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    for (const { to } of arrows.get(file) ?? []) {
      if (reached.has(to)) continue;
      reached.add(to);
      left.push(to);
    }
  }
  return reached;
}

/** The shortest way from a file back to itself, undefined if there is none. */
function wayRound(start: string, arrows: Arrows): readonly Arrow[] | undefined {
  const seen = new Set<string>();
  let ways: (readonly Arrow[])[] = [[]];
  while (ways.length > 0) {
    const longer: (readonly Arrow[])[] = [];
    for (const way of ways) {
      for (const arrow of arrows.get(way.at(-1)?.to ?? start) ?? []) {
        if (arrow.to === start) return [...way, arrow];
        if (seen.has(arrow.to)) continue;
        seen.add(arrow.to);
        longer.push([...way, arrow]);
      }
    }
    ways = longer;
  }
  return undefined;
}

function described(kind: string, { files, way }: Circle): string {
  const start = way.at(-1)!.to;
  const round = [start, ...way.map(({ to }) => to)].join(' -> ');
  const others = files.filter((file) => !way.some(({ to }) => to === file));
  return `circle by ${kind}: ${round}${others.length === 0 ? '' : `; caught in it: ${others.join(', ')}`}`;
}
