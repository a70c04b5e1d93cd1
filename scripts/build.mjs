/** `npm run build`: makes node modules, the addon and dist, each if its sources have changed. */
import { script } from './command.mjs';
import { setUp } from './setup.mjs';

await script(setUp);
