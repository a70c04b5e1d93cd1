/** The tables of docs/rfc*.md: which function obeys each demand of a document, and which tests in C++ would fail without it. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The files of a folder, and of those in it, whose names end so. */
const filesOf = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => ending.test(file))
    .map((file) => join(root, folder, file));

const sources = ['native/src/sctp', 'native/src/io']
  .flatMap((folder) => filesOf(folder, /\.(h|cc)$/))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

const titles = new Map(
  filesOf('native/test', /_test\.cc$/).map((file) => [
    basename(file, '_test.cc'),
    [...readFileSync(file, 'utf8').matchAll(/^TEST\("(.*)"\) \{/gm)].map(([, title = '']) => title),
  ]),
);

/** Whether the sources have that name: of a class the class and the member, otherwise the word. */
const isThere = (name: string): boolean => name.split('::').every((word) => new RegExp(`\\b${word}\\b`).test(sources));

/** A test as a row names it. */
interface Citation {
  /** Where it may stand, without the ending. */
  readonly files: readonly string[];
  readonly title: string;
  /** In quotes stands a part of a title that tells which test it is, otherwise its beginning. */
  readonly isPart: boolean;
}

export class RfcTable {
  readonly page: string;
  /** Section, demand, functions, tests. */
  readonly rows: readonly (readonly string[])[];
  /** Files by their abbreviation in the page's introduction; by '' if it names files without one. */
  readonly #files = new Map<string, string[]>();

  constructor(path: string) {
    this.page = readFileSync(join(root, path), 'utf8');
    this.rows = this.page
      .split('\n')
      .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
      .filter((cells) => cells.length === 4 && /^\d/.test(cells[0] ?? ''));
    const [introduction = ''] = this.page.split('\n| ');
    for (const [, names = '', short = ''] of introduction.matchAll(
      /((?:`(?:native\/test\/)?\w+_test\.cc`(?:\s+and\s+)?)+)(?:\s+\(([A-Z]{2}))?/g,
    )) {
      this.#files.set(short, [
        ...(this.#files.get(short) ?? []),
        ...[...names.matchAll(/(\w+)_test\.cc/g)].map(([, file = '']) => file),
      ]);
    }
  }

  /** What the rows call functions. */
  get functions(): string[] {
    return this.rows.flatMap(([, , functions = '']) => [...functions.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  }

  /** Those that are not in the sources. */
  get missingFunctions(): string[] {
    return this.functions.filter((name) => !isThere(name));
  }

  get tests(): Citation[] {
    return this.rows.flatMap(([, , , tests = '']) => this.#citations(tests));
  }

  /** Those that are nowhere. */
  get missingTests(): Citation[] {
    const means = ({ title, isPart }: Citation, each: string) => (isPart ? each.includes(title) : each.startsWith(title));
    return this.tests.filter((test) => !test.files.some((file) => titles.get(file)?.some((each) => means(test, each))));
  }

  /** Rows that name a function and no test. */
  get untested(): (readonly string[])[] {
    return this.rows.filter(([, , functions = '', tests = '']) => this.#citations(tests).length === 0 && functions.includes('`'));
  }

  /** Tests of a cell: `file`: title; …, or RT "title", …, or "title" of the file that the page is about. */
  #citations(cell: string): Citation[] {
    const byFile = [...cell.matchAll(/`(\w+)`: (.*?)(?=; `|$)/g)].map(([, file = '', title = '']) => ({
      files: [file],
      title,
      isPart: false,
    }));
    if (byFile.length > 0) return byFile;
    return [...cell.matchAll(/(?:\b([A-Z]{2}) )?"([^"]+)"/g)].map(([, short = '', title = '']) => ({
      files: this.#files.get(short) ?? [],
      title,
      isPart: true,
    }));
  }
}
