/** `npm run build`: the addon and dist, as far as their sources have changed. */
import { script } from './command.mjs';
import { setUp } from './setup.mjs';

await script(setUp);
