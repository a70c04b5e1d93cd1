/**
 * `npm run fuzz`: random input for the parsers and the engine, by libFuzzer, under AddressSanitizer and UndefinedBehaviorSanitizer.
 *
 *     npm run fuzz                       # what CI runs: the corpus of each target, then some inputs made from it, the same each time
 *     npm run fuzz -- packet 600         # one target for ten minutes; what it finds and learns is kept below .cache/fuzz
 *     npm run fuzz -- packet FILE...     # these inputs again
 *     npm run fuzz -- packet --minimize  # makes native/fuzz/corpus/packet anew, from itself and from what runs have learnt
 *     npm run fuzz -- packet --coverage  # which lines of native/src the corpora reach
 *
 * A target is native/fuzz/<target>_fuzz.cc. It needs clang with libFuzzer; on Debian: apt-get install clang libclang-rt-dev.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StepFailed, script } from './command.mjs';
import { printCounts } from './counts.mjs';
import { build, canBuild, targetNames } from './fuzz/build.mjs';
import { showCoverage } from './fuzz/coverage.mjs';
import { fuzz, minimize, replay, replayCorpus } from './fuzz/run.mjs';
import { cannotRun } from './steps.mjs';

/**
 * How many inputs CI tries at each target: some seconds of them. Not a time, as a faster machine would try other inputs than a slower one.
 * @type {Record<string, number>}
 */
const checkRuns = { chunk: 400_000, cookie: 20_000, framing: 30_000, notification: 40_000, packet: 3000, two_endpoints: 500 };
const defaultCheckRuns = 3000;
const defaultSeconds = 4;

await script(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { minimize: { type: 'boolean', default: false }, coverage: { type: 'boolean', default: false } },
  });
  const [target, ...rest] = positionals;
  if (target !== undefined && !targetNames().includes(target))
    throw new StepFailed(`there is no fuzz target '${target}': ${targetNames().join(', ')}`);
  if (!canBuild()) {
    console.error('fuzzing needs clang with libFuzzer. On Debian: apt-get install clang libclang-rt-dev');
    return cannotRun;
  }
  if (target === undefined) return checkAll();
  if (values.coverage) return showCoverage(target);
  await build();
  if (values.minimize) return minimize(target);
  const [first, ...more] = rest;
  if (first === undefined) return printCounts([replayCorpus(target), fuzz(target, { seconds: defaultSeconds })]);
  if (/^\d+$/.test(first) && more.length === 0) return printCounts([fuzz(target, { seconds: Number(first) })]);
  const missing = rest.find((file) => !existsSync(file));
  if (missing !== undefined) throw new StepFailed(`'${missing}' is neither a number of seconds nor a file`);
  return printCounts([
    replay(
      target,
      rest.map((file) => resolve(file)),
    ),
  ]);
});

async function checkAll() {
  await build();
  const counts = targetNames().flatMap((name) => [replayCorpus(name), fuzz(name, { runs: checkRuns[name] ?? defaultCheckRuns })]);
  return printCounts(counts);
}
