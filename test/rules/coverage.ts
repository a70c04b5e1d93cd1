/**
 * Which rules of docs/rules.md and docs/rules-tcp-udp.md the tests cite. A citation is an id, or a range of them, in the title of a test or in a line comment: in a docstring
 * over a file it says what the file is about, and counts for nothing. It reads text, not syntax trees.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

export interface Rule {
  readonly id: string;
  /** What holds, as one or more sentences. */
  readonly statement: string;
  /** Where the rule can be read: a module of OTP and its functions, a manual page, a file of Linux, or a script that shows it. */
  readonly source: string;
  /** Why no test cites it; empty for those that one is to cite. */
  readonly uncitedBecause: string;
}

/** The documents of rules, and of whose behaviour each is. */
export const documents = [
  { path: 'docs/rules.md', of: 'gen_sctp' },
  { path: 'docs/rules-tcp-udp.md', of: 'gen_tcp and gen_udp' },
] as const;

/** The rules of all documents. */
export function allRules(): Rule[] {
  return documents.flatMap(({ path }) => rulesIn(read(path)));
}

/** The rows of a table of rules, in order. */
export function rulesIn(document: string): Rule[] {
  const rows = document.matchAll(/^\| ([A-Z]{2,3}-\d+) \|([^|]*)\|([^|]*)\|([^|]*)\|$/gm);
  return [...rows].map(([, id = '', statement = '', source = '', why = '']) => ({
    id,
    statement: statement.trim(),
    source: source.trim(),
    uncitedBecause: why.trim(),
  }));
}

/** The citations of a text: the ids as written, with the ends of ranges, and all rules that these stand for. */
export interface Citations {
  readonly written: ReadonlySet<string>;
  readonly rules: ReadonlySet<string>;
}

/** `FC-13`, `SO-16..SO-20`, `[SD-10, EV-12]`. Prefixes that no rule has, such as that of SHA-256, are none of ours. */
export function citationsIn(text: string, rules: readonly Rule[]): Citations {
  const written = new Set<string>();
  const found = new Set<string>();
  const prefixes = [...new Set(rules.map(({ id }) => id.split('-')[0]))].join('|');
  for (const [, prefix, first, last = first] of text.matchAll(
    new RegExp(`\\b(${prefixes})-(\\d+)(?:\\.\\.(?:\\1-)?(\\d+))?`, 'g'),
  )) {
    written.add(`${prefix}-${first}`).add(`${prefix}-${last}`);
    for (let number = Number(first); number <= Number(last); number += 1) {
      if (rules.some(({ id }) => id === `${prefix}-${number}`)) found.add(`${prefix}-${number}`);
    }
  }
  return { written, rules: found };
}

/** The source of a test without the parts that do not count as citations. */
export function withoutDocstrings(path: string, source: string): string {
  if (path.endsWith('.ts')) return source.replaceAll(/\/\*\*[\s\S]*?\*\//g, '');
  // In C++ the words over a file are line comments.
  return source.replace(/^(\/\/.*\n)+/, '');
}

export interface Coverage {
  readonly path: string;
  readonly of: string;
  readonly rules: readonly Rule[];
  readonly cited: ReadonlySet<string>;
}

/** The rules of each document, and those that the tests of this checkout cite. */
export function ruleCoverage(): Coverage[] {
  const sources = tests().map((path) => withoutDocstrings(path, read(path)));
  return documents.map(({ path, of }) => {
    const rules = rulesIn(read(path));
    const cited = new Set(sources.flatMap((source) => [...citationsIn(source, rules).rules]));
    return { path, of, rules, cited };
  });
}

/** The coverage of a document in a line, printed after the tests. */
export function coverageLine({ path, of, rules, cited }: Coverage): string {
  const explained = rules.filter(({ id, uncitedBecause }) => uncitedBecause !== '' && !cited.has(id)).length;
  const uncovered = rules.length - cited.size - explained;
  return `${cited.size} of ${rules.length} rules of ${of} cited by tests, ${explained} explained in ${path}, ${uncovered} uncovered`;
}

/** The citations of a document of this checkout. */
export function citationsOf(path: string, rules: readonly Rule[]): Citations {
  return citationsIn(read(path), rules);
}

/** Texts of this checkout that may speak of rules. */
export function texts(): string[] {
  return ['actors', 'bench', 'docs', 'examples', 'native', 'runtime', 'test']
    .flatMap(filesUnder)
    .filter((path) => /\.(ts|cc|h|md|erl)$/.test(path) && !path.startsWith('test/rules/'));
}

/** Files with titles of tests: those of scripts that mailport and Erlang both perform are data. */
function tests(): string[] {
  const isTest = /\.test\.ts$|^native\/test\/.*_test\.cc$|^test\/differential\/\w+\/scripts\//;
  return texts().filter((path) => isTest.test(path));
}

function filesUnder(folder: string): string[] {
  return readdirSync(`${root}/${folder}`, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return entry.name === 'build' ? [] : filesUnder(`${folder}/${entry.name}`);
    return [`${folder}/${entry.name}`];
  });
}
