/** `npm run bench [case…] [-- --json FILE] [--runs N]`: builds what has changed and starts bench/run.ts, which says what the arguments mean. */
import { join } from 'node:path';
import { root, runVisibly, script } from './command.mjs';
import { setUp } from './setup.mjs';

await script(async () => {
  await setUp();
  return runVisibly([process.execPath, join(root, 'dist/bench/run.js'), ...process.argv.slice(2)]);
});
