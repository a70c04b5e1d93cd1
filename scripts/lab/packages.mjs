/** Debian packages that the lab and the tests stand on: which are missing, and getting them where that can be done. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { StepFailed } from '../command.mjs';

/** @typedef {Readonly<Record<string, string>>} Packages by name, with a file that tells that the package is there */

/** @type {Packages} */
export const labPackages = {
  'qemu-system-x86': '/usr/bin/qemu-system-x86_64',
  'busybox-static': '/bin/busybox',
  cpio: '/usr/bin/cpio',
  iproute2: '/sbin/ip',
};

/**
 * What tests talk to, and the Erlang that the actors are compared with; a test whose peer is missing skips and says so.
 *
 * @type {Packages}
 */
export const peerPackages = {
  'libusrsctp-examples': '/usr/lib/usrsctp/tsctp',
  'erlang-base': '/usr/bin/erl',
  'lksctp-tools': '/usr/bin/sctp_darn',
  ncat: '/usr/bin/ncat',
  'osmo-stp': '/usr/bin/osmo-stp',
  freediameterd: '/usr/bin/freeDiameterd',
  openssl: '/usr/bin/openssl',
};

/**
 * @param {Packages} packages
 * @returns {string[]} names, in the order given
 */
export function missing(packages) {
  return Object.entries(packages).flatMap(([name, file]) => (existsSync(file) ? [] : [name]));
}

/**
 * Installs what is missing if we are root on Debian. One that cannot be had does not keep the others out.
 *
 * @param {Packages} packages
 * @returns {string[]} what is still missing
 */
export function installMissing(packages) {
  const names = missing(packages);
  if (names.length === 0 || !mayInstall()) return names;
  process.stderr.write(`installing ${names.join(', ')}\n`);
  apt('update', '-q');
  if (!install(names)) for (const name of names) install([name]);
  return missing(packages);
}

/**
 * Installs what the lab stands on, as far as it can be installed.
 *
 * @throws StepFailed if something is missing all the same
 */
export function requireLabPackages() {
  const lacks = installMissing(labPackages);
  if (lacks.length > 0) throw new StepFailed(`the lab needs Debian (amd64), and these packages: ${lacks.join(', ')}`);
}

/** Whether this is root on Debian or on what is made from it. */
export function mayInstall() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** @param {string[]} names */
function install(names) {
  return apt('install', '-y', '-q', '--no-install-recommends', ...names);
}

/** @param {string[]} args */
function apt(...args) {
  try {
    execFileSync('apt-get', args, { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    return true;
  } catch {
    return false;
  }
}
