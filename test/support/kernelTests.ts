/** Which test files have tests that need a kernel with SCTP: files that ask for one, or that import a file of the tests that asks. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The names by which a test, or a file that it imports, asks whether the kernel has SCTP. */
const asks = /\b(kernelProblem|kernelSctpStatus)\b/;

/**
 * These share files with tests of SCTP, and have nothing to do with the kernel's SCTP; or they have hundreds of peers that speak TCP, as the bridge. They run outside of
 * the lab, in a tenth of the time.
 */
const ofOtherTransports =
  /^test\/((tcp|udp|tls|testing)\/|differential\/(tcp|udp)\/|native\/(tcp|udp)|server\/(floods|tcp|tls|streams)|messaging\/badInput|examples\/bridge\.)/;

const imports = /^\s*(?:import|export)\s[^'"]*?['"](\.[^'"]+)['"]|\bfrom\s+['"](\.[^'"]+)['"]|\bimport\(['"](\.[^'"]+)['"]\)/gm;

/** @returns paths relative to `root`, sorted */
export function kernelTests(root: string): string[] {
  const answers = new Map<string, boolean>();
  const needsKernel = (file: string): boolean => {
    const known = answers.get(file);
    if (known !== undefined) return known;
    // An import that leads back here adds nothing.
    answers.set(file, false);
    const text = readFileSync(join(root, file), 'utf8');
    const answer = asks.test(text) || importedTests(root, file, text).some(needsKernel);
    answers.set(file, answer);
    return answer;
  };
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((file) => join('test', file))
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith('test/scripts/') && !ofOtherTransports.test(file))
    .filter(needsKernel)
    .sort();
}

/** The files below test/ that a file imports. */
function importedTests(root: string, file: string, text: string): string[] {
  return [...text.matchAll(imports)]
    .map((match) => join(dirname(file), match[1] ?? match[2] ?? match[3] ?? '').replace(/\.js$/, '.ts'))
    .filter((imported) => imported.startsWith('test/') && existsSync(join(root, imported)));
}
