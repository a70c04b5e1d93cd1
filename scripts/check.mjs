/** `npm run check`: all that a change has to pass on a developer's machine. Every part runs, so one look shows all that is wrong. */
import { runVisibly, script } from './command.mjs';
import { setUp } from './setup.mjs';

await script(async () => {
  await setUp();
  const failed = [];
  for (const part of ['format:check', 'lint', 'types', 'test']) {
    console.log(`== ${part}`);
    if ((await runVisibly(['npm', 'run', '--silent', part])) !== 0) failed.push(part);
  }
  console.log(failed.length === 0 ? 'all checks passed' : `failed: ${failed.join(', ')}`);
  return failed.length;
});
