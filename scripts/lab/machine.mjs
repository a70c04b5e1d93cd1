/** Boots the lab for one command, shows the output of the command as it comes, and gives its status. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, StepFailed } from '../command.mjs';
import { labKernel } from './kernel.mjs';

/**
 * @typedef {object} LabOptions
 * @property {Record<string, string>} [env] in addition to those of our variables that are passed on
 * @property {string} [keep] the folder to which the files below /lab/keep are copied at the end
 * @property {number} [limitMs] the time after which the machine is switched off, and the run has failed
 */

/**
 * @param {string[]} command
 * @param {LabOptions} [options]
 * @returns {Promise<number>} its exit status
 */
export async function runInLab(command, { env = {}, keep = join(root, '.cache/lab/keep'), limitMs } = {}) {
  const { kernel, initramfs } = await labKernel();
  const share = mkdtempSync(join(tmpdir(), 'mailport-lab-'));
  writeFileSync(join(share, 'run'), inside(command, root, { ...process.env, ...env }));
  const child = spawn('qemu-system-x86_64', machine(kernel, initramfs, share), { stdio: ['ignore', 'inherit', 'inherit'] });
  const stop = () => child.kill('SIGTERM');
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const limit = limitMs === undefined ? undefined : setTimeout(stop, limitMs);
  try {
    await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    return readStatus(share);
  } finally {
    clearTimeout(limit);
    process.off('SIGINT', stop).off('SIGTERM', stop);
    takeKept(share, keep);
    rmSync(share, { recursive: true, force: true });
  }
}

/**
 * The exit status of the command, which the first process of the lab has written into a file.
 *
 * @param {string} share the folder that the machine writes to
 */
export function readStatus(share) {
  const status = join(share, 'status');
  const text = existsSync(status) ? readFileSync(status, 'utf8').trim() : '';
  if (/^\d+$/.test(text)) return Number(text);
  const log = join(share, 'console');
  const said = existsSync(log) ? readFileSync(log, 'utf8') : '';
  throw new StepFailed(`the lab ended without a status; its console said:\n${said}`);
}

/**
 * Copies the files below /lab/keep to the checkout, over those of earlier runs.
 *
 * @param {string} share
 * @param {string} keep
 */
export function takeKept(share, keep) {
  mkdirSync(keep, { recursive: true });
  if (existsSync(join(share, 'keep'))) cpSync(join(share, 'keep'), keep, { recursive: true });
}

/**
 * The script that runs the command in the lab, in `folder`, with those of the variables that matter there.
 *
 * @param {string[]} command
 * @param {string} folder
 * @param {Record<string, string | undefined>} variables
 */
export function inside(command, folder, variables) {
  const passedOn = Object.entries(variables).filter(([name]) =>
    /^(PATH|HOME|CI|MAILPORT_\w+|NODE_\w+|npm_config_\w+)$/.test(name),
  );
  const exports = passedOn.map(([name, value]) => `export ${name}=${quote(value ?? '')}\n`).join('');
  return `mkdir -p /lab/keep\nexport MAILPORT_LAB=1\n${exports}cd ${quote(folder)}\nexec ${command.map(quote).join(' ')}\n`;
}

/** @param {string} word */
const quote = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * The arguments of QEMU. The processor has no AVX, because emulated AVX is slower than the code that programs use without it. The kernel is told to
 * trust the time stamp counter, which the emulator takes from one clock for both processors; otherwise the kernel would read a slow device instead.
 * Mitigations are off, because they take a third of the speed and protect nobody in the lab.
 *
 * @param {string} kernel
 * @param {string} initramfs
 * @param {string} share
 */
function machine(kernel, initramfs, share) {
  const processor = ['-accel', 'tcg,thread=multi', '-cpu', 'max,-avx,-avx2', '-smp', '2', '-m', '4096'];
  const alone = ['-no-reboot', '-display', 'none', '-monitor', 'none', '-nic', 'none'];
  const boot = 'console=ttyS0 panic=-1 quiet mitigations=off tsc=reliable';
  return [
    ...processor,
    ...alone,
    ...['-kernel', kernel, '-initrd', initramfs, '-append', boot],
    ...['-serial', `file:${join(share, 'console')}`, '-serial', 'stdio'],
    ...['-virtfs', 'local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap'],
    ...['-virtfs', `local,path=${share},mount_tag=out,security_model=none,multidevs=remap`],
  ];
}
