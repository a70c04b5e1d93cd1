/** The imports of TypeScript and JavaScript files, and the includes of C++ files, read off their text: without syntax trees a whole checkout takes a moment. */
import { dirname, join, normalize } from 'node:path/posix';

export interface SourceFile {
  /** Relative to the checkout, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** As the file writes it, `../runtime/pid.js`. */
  readonly specifier: string;
  /** Where in the text it stands. */
  readonly index: number;
  /** The import is gone when the file runs: `import type`, `export type`, `typeof import()`. */
  readonly isType: boolean;
  /** The imported names, as the other file has them; empty for a whole module. */
  readonly names: readonly string[];
}

/** `from 'x'` with all that stands before it in its statement, `import 'x'`, and `import('x')`. */
const pattern =
  /(?:\b(?:import|export)\s+(?<what>(?:type\b\s*)?[\w$*,\s{}]*?)\bfrom\s+|\bimport\s+|(?<typeOf>\btypeof\s+)?\bimport\(\s*)['"](?<specifier>[^'"\n]+)['"]/g;

export function importsOf({ text }: SourceFile): Import[] {
  const found: Import[] = [];
  for (const match of text.matchAll(pattern)) {
    if (isInsideComment(text, match.index)) continue;
    const { what = '', typeOf, specifier = '' } = match.groups ?? {};
    const isType = typeOf !== undefined || /^type\b/.test(what);
    found.push({ specifier, index: match.index, isType, names: namesIn(what) });
  }
  return found;
}

function namesIn(what: string): string[] {
  const braces = /\{([^}]*)\}/.exec(what)?.[1] ?? '';
  return braces
    .split(',')
    .map((part) => /^\s*(?:type\s+)?([\w$]+)/.exec(part)?.[1])
    .filter((name) => name !== undefined);
}

/** The checkout's file that is meant, undefined for packages and for Node's own modules. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier === 'mailport') return 'actors/index.ts';
  if (specifier.startsWith('mailport/')) return `actors/${specifier.slice('mailport/'.length)}/index.ts`;
  if (!specifier.startsWith('.')) return undefined;
  const path = normalize(join(dirname(from), specifier));
  return /\.m?ts$/.test(from) ? path.replace(/\.js$/, '.ts') : path;
}

const includePattern = /^[ \t]*#[ \t]*include[ \t]*[<"](?<header>[^>"\n]+)[>"]/gm;

export interface Include {
  /** As the file writes it, `packet/wire.h`. */
  readonly header: string;
  /** Where in the text it stands. */
  readonly index: number;
}

export function includesOf({ text }: SourceFile): Include[] {
  return [...text.matchAll(includePattern)].map((match) => ({ header: match.groups?.header ?? '', index: match.index }));
}

/** The places in the checkout where a header may be: beside the file that includes it, or below one of the folders in which compilers look. */
export function resolveInclude(from: string, header: string): string[] {
  return [dirname(from), 'native/src', 'native/src/sctp'].map((folder) => normalize(join(folder, header)));
}

/** Docstrings hold examples with imports in them. Looks at the line alone, which is how comments are written here. */
function isInsideComment(text: string, index: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', index) + 1, index);
  return /^\s*(\*|\/\/|\/\*)/.test(line);
}
