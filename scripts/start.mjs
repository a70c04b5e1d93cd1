/** `npm start`: runs `examples/sessions.ts`, which shows the main use of the package. Arguments go to the example (`-- --serve`). */
import { join } from 'node:path';
import { root, runVisibly, script } from './command.mjs';
import { setUp } from './setup.mjs';

await script(async () => {
  await setUp();
  return runVisibly([process.execPath, join(root, 'dist/examples/sessions.js'), ...process.argv.slice(2)], {
    cwd: process.cwd(),
  });
});
