/**
 * `npm run test:lab`: runs the SCTP suite over the kernel's stack, and the tests of networks. They run on this machine if its kernel has SCTP, else in
 * the lab. Arguments (a path, `-t name`, any option of vitest) choose some of them. The last line is 'N passed, N failed'.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runQuietly, script } from './command.mjs';
import { printCounts } from './counts.mjs';
import { runInLab } from './lab/machine.mjs';
import { installMissing, labPackages, mayInstall, peerPackages } from './lab/packages.mjs';
import { setUp } from './setup.mjs';
import { cannotRun } from './steps.mjs';
import { readCountsFile, runVitest, vitest } from './vitest.mjs';

const config = ['--config', 'vitest.lab.config.ts'];

/** Twice as long as all the tests take beside the other checks, so that a kernel that hangs does not hold up CI for ever. */
const limitMs = 35 * 60_000;

await script(async () => {
  await setUp();
  const args = [...config, ...process.argv.slice(2)];
  const peers = installMissing(peerPackages);
  if (peers.length > 0) console.log(`not here, so tests against them will be skipped: ${peers.join(', ')}`);
  if (await kernelHasSctp()) return printCounts([await runVitest(args)]);
  const lacks = installMissing(labPackages);
  if (lacks.length > 0) {
    console.log(`this kernel has no SCTP, and the lab needs Debian (amd64) and these packages: ${lacks.join(', ')}`);
    return mayInstall() ? 1 : cannotRun;
  }
  return printCounts([await runVitestInLab(args)]);
});

async function kernelHasSctp() {
  const { kernelSctpStatus } = await import(join(root, 'dist/native/index.js'));
  return kernelSctpStatus() === 0;
}

/**
 * @param {string[]} args
 * @returns {Promise<import('./counts.mjs').Counts>}
 */
async function runVitestInLab(args) {
  // vitest keeps the transformed modules, and the lab finds them: transforming them in the lab takes ten times as long.
  await runQuietly('transforming the tests', [process.execPath, vitest, 'list', ...config]);
  const keep = join(root, '.cache/lab/tests', String(process.pid));
  try {
    const status = await runInLab([process.execPath, vitest, 'run', ...args], {
      env: { MAILPORT_TEST_COUNTS: '/lab/keep/counts.json' },
      keep,
      limitMs,
    });
    return readCountsFile(join(keep, 'counts.json'), status, args);
  } finally {
    rmSync(keep, { recursive: true, force: true });
  }
}
