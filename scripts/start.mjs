/** `npm start`: the main job, `examples/sessions.ts`, as a user of the package would run it. Arguments go on to it (`-- --serve`). */
import { join } from 'node:path';
import { root, runVisibly, script } from './command.mjs';
import { setUp } from './setup.mjs';

await script(async () => {
  await setUp();
  return runVisibly([process.execPath, join(root, 'dist/examples/sessions.js'), ...process.argv.slice(2)], {
    cwd: process.cwd(),
  });
});
