/** `npm run bench [case…] [-- --json FILE]`: see bench/run.ts. */
import { script } from './command.mjs';
import { setUp } from './setup.mjs';

await script(setUp);
