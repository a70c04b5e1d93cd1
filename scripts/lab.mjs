/**
 * `npm run lab -- COMMAND…`: runs a command on the checkout as it stands, in a machine that QEMU emulates, with a Debian kernel that has SCTP. The
 * output and the status of the command become those of this script. Files that the command writes are lost with the machine; those below /lab/keep
 * are copied to .cache/lab/keep.
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
