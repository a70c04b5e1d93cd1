/**
 * Puts a seeded sample of small mistakes into native/src, one at a time, and finds out which of them the C++ tests notice. The checkout is copied first,
 * and is never changed. For each mistake a worker compiles the changed source, links its object with the others, and runs the tests until the first
 * failure. A mistake that does not compile, or that compiles to the same machine code, is not in the sample.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { root, runQuietly, StepFailed } from '../command.mjs';
import { filesBelow } from '../fresh.mjs';
import { nativeMutants } from './nativeMutants.mjs';
import { resultLine } from './report.mjs';
import { shuffled } from './sample.mjs';

/** @typedef {import('./nativeMutants.mjs').Mutant} Mutant */
/** @typedef {import('./report.mjs').Result} Result */

/** Where the C++ tests are built, relative to the checkout and to its copy. */
const built = 'native/build/tests';

/** How long the tests may take with a mistake: so many times as long as without one, and so many seconds at least. */
const patience = 6;
const leastSeconds = 60;
/** The limit on memory of a run: with a mistake, a loop may allocate for ever. */
const memoryKilobytes = 3 * 1024 * 1024;

/**
 * @param {{ seed: number, count: number, workers: number, only: string }} options only: files whose path contains this
 * @returns {Promise<Result[]>}
 */
export async function mutateNative({ seed, count, workers, only }) {
  const home = join(root, '.cache/mutate/native');
  const tree = join(home, 'tree');
  const limitSeconds = await snapshot(tree);
  const mutants = shuffled(allMutants(tree, only), seed);
  /** @type {Result[]} */
  const results = [];
  let next = 0;
  // Several workers may try one mistake too many. Every place before the last has a result then, so the first `count` places are the sample,
  // whichever worker is faster.
  const work = async (/** @type {number} */ index) => {
    const bench = new Bench(tree, join(home, `worker-${index}`), limitSeconds);
    for (let mutant = mutants[next]; mutant !== undefined && results.length < count; mutant = mutants[next]) {
      const place = next;
      next += 1;
      const result = await bench.tryOut(mutant);
      if (result === undefined) continue;
      results.push({ ...result, place });
      console.log(`${results.length} ${result.noticed ? 'noticed  ' : 'UNNOTICED'} ${resultLine(result)}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, index) => work(index)));
  return results.sort((a, b) => (a.place ?? 0) - (b.place ?? 0)).slice(0, count);
}

/**
 * Builds the C++ tests, copies their sources and objects, and runs the copy, which has to pass.
 *
 * @param {string} tree
 * @returns {Promise<number>} how many seconds the tests may take with a mistake
 */
async function snapshot(tree) {
  await runQuietly('building the C++ tests', ['make', '-s', '-j2', '-f', join(root, 'native/test/Makefile')]);
  rmSync(tree, { recursive: true, force: true });
  for (const part of ['native/src', 'native/test', built])
    cpSync(join(root, part), join(tree, part), { recursive: true, preserveTimestamps: true });
  const startedMs = Date.now();
  const { status, output } = await run([join(tree, built, 'run'), '--bail'], 600);
  if (status !== 0) throw new StepFailed(`${output}\nThe tests fail as they are, so they would notice anything.`);
  return Math.max(leastSeconds, (patience * (Date.now() - startedMs)) / 1000);
}

/**
 * The mistakes in what the C++ tests are built of. Headers are left out, since nearly every object depends on them.
 *
 * @param {string} tree
 * @param {string} only
 */
function allMutants(tree, only) {
  const sources = builtSources(tree).filter((file) => file.startsWith('native/src/') && file.includes(only));
  return sources.flatMap((file) => nativeMutants(file, readFileSync(join(tree, file), 'utf8')));
}

/**
 * The sources in `tree` that have an object in the build. An object whose source is gone is left from earlier builds.
 *
 * @param {string} tree
 * @returns {string[]} relative to the tree, sorted
 */
function builtSources(tree) {
  const sources = filesBelow([join(tree, 'native/src'), join(tree, 'native/test')], ['.cc']).map((file) => relative(tree, file));
  return sources.filter((source) => existsSync(join(tree, objectOf(source))));
}

/** @param {string} source */
const objectOf = (source) => source.replace('native/', `${built}/`).replace(/\.cc$/, '.o');

/** The files of one worker. It compiles without debugging information, so that equal code makes equal objects. */
class Bench {
  #tree;
  #folder;
  #limitSeconds;
  /** @type {string[]} */
  #sources;

  /**
   * @param {string} tree
   * @param {string} folder
   * @param {number} limitSeconds
   */
  constructor(tree, folder, limitSeconds) {
    this.#tree = tree;
    this.#folder = folder;
    this.#limitSeconds = limitSeconds;
    this.#sources = builtSources(tree);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, 'original'), { recursive: true });
  }

  /**
   * @param {Mutant} mutant
   * @returns {Promise<Result | undefined>} undefined if the mistake does not compile or link, or makes the same code
   */
  async tryOut(mutant) {
    const source = readFileSync(join(this.#tree, mutant.file), 'utf8');
    const original = join(this.#folder, 'original', mutant.file.replaceAll('/', '_').replace(/\.cc$/, '.o'));
    if (!existsSync(original) && !(await this.#compile(mutant.file, source, original)))
      throw new Error(`${mutant.file} does not compile as it is`);
    const object = join(this.#folder, 'mutant.o');
    const changed = source.slice(0, mutant.from) + mutant.becomes + source.slice(mutant.to);
    if (!(await this.#compile(mutant.file, changed, object))) return undefined;
    if (readFileSync(object).equals(readFileSync(original))) return undefined;
    const outcome = await this.#test(mutant, object);
    if (outcome === undefined) return undefined;
    return { file: mutant.file, line: mutant.line, kind: mutant.kind, was: mutant.was, becomes: mutant.becomes, ...outcome };
  }

  /**
   * @param {string} file
   * @param {string} text
   * @param {string} object
   */
  async #compile(file, text, object) {
    // Beside the headers that it includes by name, and under its own name, which may be part of the object.
    const copy = join(this.#folder, basename(file));
    writeFileSync(copy, text);
    const include = `-I${join(this.#tree, dirname(file))}`;
    const { status } = await run([...compiler(), '-std=c++20', '-O2', '-w', include, '-c', '-o', object, copy], 120);
    return status === 0;
  }

  /**
   * @param {Mutant} mutant
   * @param {string} object
   */
  async #test(mutant, object) {
    const objects = this.#sources.map((source) => (source === mutant.file ? object : join(this.#tree, objectOf(source))));
    const program = join(this.#folder, 'run');
    const linked = await run([...compiler(), '-o', program, ...objects], 120);
    if (linked.status !== 0) return undefined; // The mistake is in a signature, which is not that of the header any more.
    const limited = `ulimit -v ${memoryKilobytes}; ulimit -c 0; exec "$0" --bail`;
    const { status, output } = await run(['sh', '-c', limited, program], this.#limitSeconds);
    if (status === 0) return { noticed: false, how: 'no test fails' };
    return { noticed: true, how: /^FAILED (.*)$/m.exec(output)?.[1] ?? 'the tests do not end' };
  }
}

const compiler = () => (process.env.CXX ?? 'g++').split(' ');

/**
 * @param {string[]} command
 * @param {number} seconds after which the program is killed
 * @returns {Promise<{ status: number, output: string }>}
 */
function run([program = '', ...args], seconds) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: seconds * 1000, killSignal: 'SIGKILL' });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-65536);
    });
    child.on('error', (error) => resolve({ status: 1, output: error.message }));
    child.on('close', (code) => resolve({ status: code ?? 1, output }));
  });
}
