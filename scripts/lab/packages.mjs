/** The Debian packages that the lab and the tests need: finds out which are missing, and installs them where it can. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { StepFailed } from '../command.mjs';

/** @typedef {Readonly<Record<string, string>>} Packages by name, each with a file that is there if the package is */

/** @type {Packages} */
export const labPackages = {
  'qemu-system-x86': '/usr/bin/qemu-system-x86_64',
  'busybox-static': '/bin/busybox',
  cpio: '/usr/bin/cpio',
  iproute2: '/sbin/ip',
};

/**
 * The programs that tests talk to, and the Erlang that the actors are compared with. A test whose peer is missing is skipped, and says so.
 *
 * @type {Packages}
 */
export const peerPackages = {
  'libusrsctp-examples': '/usr/lib/usrsctp/tsctp',
  'libusrsctp-dev': '/usr/include/usrsctp.h',
  'erlang-base': '/usr/bin/erl',
  'lksctp-tools': '/usr/bin/sctp_darn',
  ncat: '/usr/bin/ncat',
  'osmo-stp': '/usr/bin/osmo-stp',
  freediameterd: '/usr/bin/freeDiameterd',
  openssl: '/usr/bin/openssl',
  socat: '/usr/bin/socat',
  'netcat-openbsd': '/bin/nc.openbsd',
  curl: '/usr/bin/curl',
  tshark: '/usr/bin/tshark',
};

/**
 * Clang with libFuzzer, which builds the fuzz targets.
 *
 * @type {Packages}
 */
export const fuzzPackages = {
  clang: '/usr/bin/clang++',
  'libclang-rt-dev': '/var/lib/dpkg/info/libclang-rt-dev.list',
};

/**
 * @param {Packages} packages
 * @returns {string[]} names, in the order given
 */
export function missing(packages) {
  return Object.entries(packages).flatMap(([name, file]) => (existsSync(file) ? [] : [name]));
}

/**
 * Installs the missing packages if we are root on Debian. If one of them cannot be installed, the others are all the same.
 *
 * @param {Packages} packages
 * @returns {string[]} the names of packages that are still missing
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
 * Installs the missing packages of the lab, if we are root on Debian.
 *
 * @throws StepFailed if packages are still missing
 */
export function requireLabPackages() {
  const lacks = installMissing(labPackages);
  if (lacks.length > 0) throw new StepFailed(`the lab needs Debian (amd64), and these packages: ${lacks.join(', ')}`);
}

/** Whether this is root on Debian, or on a distribution that is made from it. */
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
