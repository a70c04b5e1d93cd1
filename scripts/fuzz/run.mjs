/** Runs fuzz targets: a corpus again, new inputs for some time, and the smallest corpus that reaches as much. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, StepFailed } from '../command.mjs';
import { corpusOf, dictionary, programOf } from './build.mjs';
import { inputAt, mostReaching, statistics, withoutProgress, writtenInput } from './output.mjs';

/** @typedef {import('../counts.mjs').Counts} Counts */

/** What runs have learnt, for each target, and the inputs that failed. */
const cache = join(root, '.cache/fuzz');
const findings = join(cache, 'findings');

/** Enough for a few packets, or for some hundred steps. Longer inputs take longer each. */
const maxInputBytes = 2048;
/** Work is counted, so this is for loops that never end. A machine with other work stands still for seconds. */
const inputLimitSeconds = 60;
const memoryLimitMb = 2048;
/**
 * A check tries the same inputs until the code changes, so a failure there can be had again. When libFuzzer reads its own findings again depends on the time, and
 * what it learns from comparisons on where the system has put the program; so the latter is the same each time, too, where the system allows that.
 */
const checkOptions = ['-seed=1', '-reload=0'];
const fixedPlace = spawnSync('setarch', ['-R', 'true']).status === 0 ? ['setarch', '-R'] : [];

/**
 * @param {string} target
 * @returns {Counts} one test an input
 */
export function replayCorpus(target) {
  return replay(target, filesIn(corpusOf(target)));
}

/**
 * Runs inputs again, each of them even if one before it failed.
 *
 * @param {string} target
 * @param {string[]} files absolute
 * @returns {Counts}
 */
export function replay(target, files) {
  let rest = files;
  let failed = 0;
  while (rest.length > 0) {
    const { status, output } = run(target, rest);
    if (status === 0) break;
    process.stdout.write(output);
    const running = inputAt(output);
    const at = running === undefined ? -1 : rest.indexOf(running);
    console.log(`FAILED ${target}: ${running === undefined ? 'the program did not start' : relative(root, running)}`);
    failed++;
    if (at === -1) return { passed: 0, failed };
    rest = rest.slice(at + 1);
  }
  console.log(`${target}: ${files.length - failed} of ${files.length} inputs of the corpus passed`);
  return { passed: files.length - failed, failed };
}

/**
 * Tries new inputs: for some seconds, from all that earlier such runs have learnt; or a number of them, which is a check: it starts from the corpus alone and
 * is the same every time.
 *
 * @param {string} target
 * @param {{ seconds: number } | { runs: number }} amount
 * @returns {Counts} one test
 */
export function fuzz(target, amount) {
  const isCheck = 'runs' in amount;
  const learnt = join(cache, isCheck ? `check/${target}` : target);
  if (isCheck) rmSync(learnt, { recursive: true, force: true });
  for (const folder of [learnt, corpusOf(target)]) mkdirSync(folder, { recursive: true });
  const limits = isCheck ? [`-runs=${amount.runs}`, ...checkOptions] : [`-max_total_time=${amount.seconds}`];
  const args = [...limits, '-print_final_stats=1', learnt, corpusOf(target)];
  const { status, output } = run(target, args);
  console.log(`${target}: ${statistics(output)}`);
  if (status === 0) return { passed: 1, failed: 0 };
  process.stdout.write(withoutProgress(output));
  const file = writtenInput(output);
  console.log(`FAILED ${target}${file === undefined ? '' : `: npm run fuzz -- ${target} ${relative(root, file)}`}`);
  return { passed: 0, failed: 1 };
}

/** A corpus is for reading in a repository and for a run of a second, so it has few inputs. */
const maxInputs = 15;

/**
 * Makes the committed corpus anew: the inputs that reach most, out of it and of what runs have learnt.
 *
 * @param {string} target
 * @returns {number} the exit status
 */
export function minimize(target) {
  const corpus = corpusOf(target);
  const learnt = join(cache, target);
  const merged = join(cache, 'merged', target);
  const control = join(cache, 'merged', `${target}.txt`);
  rmSync(merged, { recursive: true, force: true });
  rmSync(control, { force: true });
  for (const folder of [merged, learnt, corpus]) mkdirSync(folder, { recursive: true });
  // Edges alone, and not how often each is taken.
  const { status, output } = run(target, [
    '-set_cover_merge=1',
    '-use_counters=0',
    `-merge_control_file=${control}`,
    merged,
    corpus,
    learnt,
  ]);
  if (status !== 0) throw new StepFailed(`${output}\nmerging the corpus of ${target} failed`);
  const { chosen, reached, all } = mostReaching(readFileSync(control, 'utf8'), maxInputs);
  const contents = chosen.map((file) => readFileSync(file));
  rmSync(corpus, { recursive: true });
  mkdirSync(corpus);
  for (const bytes of contents) writeFileSync(join(corpus, createHash('sha1').update(bytes).digest('hex').slice(0, 12)), bytes);
  console.log(`${target}: ${contents.length} inputs, which reach ${reached} of ${all} edges`);
  return 0;
}

/**
 * @param {string} target
 * @param {string[]} args
 * @returns {{ status: number, output: string }}
 */
function run(target, args) {
  mkdirSync(findings, { recursive: true });
  const limits = [
    `-max_len=${maxInputBytes}`,
    `-timeout=${inputLimitSeconds}`,
    `-rss_limit_mb=${memoryLimitMb}`,
    '-error_exitcode=1',
  ];
  const [program = '', ...first] = [...fixedPlace, programOf(target)];
  const { status, stdout, stderr, error } = spawnSync(
    program,
    [...first, ...limits, `-artifact_prefix=${findings}/${target}-`, `-dict=${dictionary}`, ...args],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
      env: { ...process.env, UBSAN_OPTIONS: 'print_stacktrace=1' },
    },
  );
  return { status: status ?? 1, output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}` };
}

/**
 * @param {string} folder
 * @returns {string[]} absolute, sorted
 */
function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((file) => join(folder, file))
    .sort();
}
