/** Installs what the tests talk to, as root on Debian, and says which tests will be skipped for want of something. It never fails: CI goes on without. */
import { installMissing, mayInstall, peerPackages } from './lab/packages.mjs';

const lacking = installMissing(peerPackages);
if (lacking.length > 0) {
  const why = mayInstall() ? 'could not be installed' : 'not root on Debian, so not installed';
  console.log(`${why}: ${lacking.join(', ')}; tests against them will be skipped`);
}
