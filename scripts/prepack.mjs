/** Runs before `npm pack` and `npm publish`: makes what the package consists of, and names the platforms that it has no binary for. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, script } from './command.mjs';
import { targets } from './prebuild/targets.mjs';
import { setUp } from './setup.mjs';

await script(async () => {
  await setUp();
  const lacking = targets.filter(({ name, file }) => !existsSync(join(root, 'native/prebuilds', name, file)));
  if (lacking.length > 0)
    console.error(
      `the package has no binary for ${lacking.map(({ name }) => name).join(', ')}: users there have to build it. \`npm run prebuild\` makes them`,
    );
});
