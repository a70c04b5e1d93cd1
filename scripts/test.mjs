/**
 * `npm test`: the engine's C++ tests, then vitest. With arguments (a path, `-t name`, any option of vitest) vitest alone, so that one test
 * is quick to run. Ends with the line 'N passed, N failed'.
 */
import { script } from './command.mjs';
import { runNativeTests } from './nativeTests.mjs';
import { setUp } from './setup.mjs';
import { printCounts, runVitest } from './vitest.mjs';

await script(async () => {
  await setUp();
  const args = process.argv.slice(2);
  const native = args.length === 0 ? [runNativeTests([])] : [];
  return printCounts([...native, await runVitest(args)]);
});
