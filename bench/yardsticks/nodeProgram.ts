/** A program of Node in this folder that makes runs for as long as a case lasts, as our side does. */
import type { Yardstick } from '../case.js';
import { Forked } from '../forked.js';

/**
 * @param name as in the table
 * @param program the file in this folder, without its ending
 */
export function nodeProgram(name: string, program: string, ...args: readonly string[]): Yardstick {
  let forked: Forked | undefined;
  return {
    name,
    missing: () => undefined,
    measure: async () => {
      forked ??= await Forked.start(new URL(`./${program}.js`, import.meta.url), args, name);
      return forked.measure();
    },
    stop: () => {
      void forked?.stop();
      forked = undefined;
    },
  };
}
