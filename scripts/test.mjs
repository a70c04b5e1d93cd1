/**
 * `npm test`: runs the engine's C++ tests, then vitest. With arguments (a path, `-t name`, any option of vitest) it runs vitest alone, and compiles
 * no TypeScript before, so that one test is quick to run. The last line is 'N passed, N failed'.
 */
import { script } from './command.mjs';
import { printCounts } from './counts.mjs';
import { runNativeTests } from './nativeTests.mjs';
import { setUp, setUpForTests } from './setup.mjs';
import { runVitest } from './vitest.mjs';

await script(async () => {
  const args = process.argv.slice(2);
  if (args.length > 0) {
    await setUpForTests();
    return printCounts([await runVitest(args)]);
  }
  await setUp();
  return printCounts([runNativeTests([]), await runVitest([])]);
});
