/** A boot of the lab: one command, its output as it comes, its status. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, StepFailed } from '../command.mjs';
import { labKernel } from './kernel.mjs';

/** Debian packages, and what tells that they are there. */
const packages = {
  'qemu-system-x86': '/usr/bin/qemu-system-x86_64',
  'busybox-static': '/bin/busybox',
  cpio: '/usr/bin/cpio',
  iproute2: '/sbin/ip',
};

/** Packages that are missing and cannot be installed. */
export function lacking() {
  const missing = Object.entries(packages).flatMap(([name, file]) => (existsSync(file) ? [] : [name]));
  if (missing.length === 0 || process.getuid?.() !== 0) return missing;
  try {
    execFileSync('apt-get', ['update', '-q'], { stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    return [];
  } catch {
    return missing;
  }
}

/**
 * @param {string[]} command
 * @returns {Promise<number>} its exit status
 */
export async function runInLab(command) {
  const { kernel, initramfs } = await labKernel();
  const share = mkdtempSync(join(tmpdir(), 'mailport-lab-'));
  const keep = join(root, '.cache/lab/keep');
  mkdirSync(keep, { recursive: true });
  writeFileSync(join(share, 'run'), inside(command));
  const child = spawn('qemu-system-x86_64', machine(kernel, initramfs, share), { stdio: ['ignore', 'inherit', 'inherit'] });
  const stop = () => child.kill('SIGTERM');
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    const status = join(share, 'status');
    if (existsSync(status)) return Number(readFileSync(status, 'utf8'));
    const log = join(share, 'console');
    throw new StepFailed(
      `the lab ended without a status; its console said:\n${existsSync(log) ? readFileSync(log, 'utf8') : ''}`,
    );
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    if (existsSync(join(share, 'keep'))) execFileSync('cp', ['-a', join(share, 'keep/.'), keep]);
    rmSync(share, { recursive: true, force: true });
  }
}

/**
 * The script that is run inside, in the folder and with the variables that matter of whoever asked.
 *
 * @param {string[]} command
 */
function inside(command) {
  const variables = Object.entries(process.env).filter(([name]) =>
    /^(PATH|HOME|CI|MAILPORT_\w+|NODE_\w+|npm_config_\w+)$/.test(name),
  );
  const exports = variables.map(([name, value]) => `export ${name}=${quote(value ?? '')}\n`).join('');
  return `mkdir -p /lab/keep\nexport MAILPORT_LAB=1\n${exports}cd ${quote(root)}\nexec ${command.map(quote).join(' ')}\n`;
}

/** @param {string} word */
const quote = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * @param {string} kernel
 * @param {string} initramfs
 * @param {string} share
 */
function machine(kernel, initramfs, share) {
  return [
    ...[
      '-accel',
      'tcg,thread=multi',
      '-cpu',
      'max',
      '-smp',
      '2',
      '-m',
      '4096',
      '-no-reboot',
      '-display',
      'none',
      '-monitor',
      'none',
    ],
    ...['-kernel', kernel, '-initrd', initramfs, '-append', 'console=ttyS0 panic=-1 quiet'],
    ...['-serial', `file:${join(share, 'console')}`, '-serial', 'stdio'],
    ...['-virtfs', 'local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap'],
    ...['-virtfs', `local,path=${share},mount_tag=out,security_model=none,multidevs=remap`],
    ...['-nic', 'none'],
  ];
}
