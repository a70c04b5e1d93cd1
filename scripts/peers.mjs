/**
 * Installs the programs that tests talk to and what the fuzz targets are built with, if this is root on Debian, and names those that are missing. A
 * missing program is no failure: the tests against it are skipped and say so.
 */
import { fuzzPackages, installMissing, mayInstall, peerPackages } from './lab/packages.mjs';

const lacking = installMissing({ ...peerPackages, ...fuzzPackages });
if (lacking.length > 0) {
  const why = mayInstall() ? 'could not be installed' : 'not root on Debian, so not installed';
  console.log(`${why}: ${lacking.join(', ')}; tests against them will be skipped`);
}
