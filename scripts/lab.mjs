/**
 * `npm run lab -- COMMAND…`: runs a command on the checkout as it stands, inside a Debian kernel that has SCTP, booted by QEMU's software emulation.
 * What it writes to files is lost with the machine, except below /lab/keep, which is .cache/lab/keep here. Its output and status are ours.
 */
import { StepFailed, script } from './command.mjs';
import { runInLab } from './lab/machine.mjs';
import { requireLabPackages } from './lab/packages.mjs';

await script(async () => {
  const command = process.argv.slice(2);
  if (command.length === 0) throw new StepFailed('usage: npm run lab -- COMMAND [ARGUMENT...]');
  requireLabPackages();
  return runInLab(command);
});
