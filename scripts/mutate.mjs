/**
 * `npm run mutate`: puts small mistakes into the code, one at a time, and lists the mistakes that no test notices. CI does not run it.
 *
 *     npm run mutate                                  # 200 in runtime and actors, 100 in native/src, with a seed for today
 *     npm run mutate -- native --count 40 --seed 7    # only in C++, other mistakes than those of another seed
 *     npm run mutate -- typescript --only runtime/ring
 *
 * The same seed draws the same sample from the same sources. The mistakes are put into copies below .cache/mutate. The status is 1 if the tests
 * notice less than `--least` per cent (85).
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, StepFailed, script } from './command.mjs';
import { mutateNative } from './mutate/native.mjs';
import { summary } from './mutate/report.mjs';
import { mutateTypeScript } from './mutate/typescript.mjs';
import { setUp } from './setup.mjs';

const surveys = {
  typescript: { name: 'TypeScript', count: 200, run: mutateTypeScript },
  native: { name: 'C++', count: 100, run: mutateNative },
};

await script(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: String(Math.floor(Date.now() / 86_400_000)) },
      count: { type: 'string' },
      workers: { type: 'string', default: String(availableParallelism()) },
      only: { type: 'string', default: '' },
      least: { type: 'string', default: '85' },
    },
  });
  const wanted = positionals.length === 0 ? Object.keys(surveys) : positionals;
  await setUp();
  let enough = true;
  const lines = [];
  for (const key of wanted) {
    const survey = surveys[/** @type {keyof typeof surveys} */ (key)];
    if (survey === undefined) throw new StepFailed(`there is no survey '${key}': ${Object.keys(surveys).join(', ')}`);
    const seed = wholeNumber('seed', values.seed);
    const count = values.count === undefined ? survey.count : wholeNumber('count', values.count);
    console.log(`${survey.name}: ${count} mistakes, seed ${seed}`);
    const results = await survey.run({ seed, count, workers: wholeNumber('workers', values.workers), only: values.only });
    if (results.length === 0)
      throw new StepFailed(`${survey.name}: no mistake was tried in files whose path contains '${values.only}'`);
    mkdirSync(join(root, '.cache/mutate'), { recursive: true });
    writeFileSync(join(root, `.cache/mutate/${key}.json`), `${JSON.stringify({ seed, results }, null, 1)}\n`);
    lines.push('', ...summary(survey.name, results));
    enough &&= results.filter((result) => result.noticed).length * 100 >= results.length * wholeNumber('least', values.least);
  }
  console.log(lines.join('\n'));
  return enough ? 0 : 1;
});

/**
 * @param {string} name
 * @param {string} text
 */
function wholeNumber(name, text) {
  if (!/^\d+$/.test(text)) throw new StepFailed(`--${name} takes a whole number, not '${text}'`);
  return Number(text);
}
