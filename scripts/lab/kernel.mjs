/**
 * The lab's kernel. It is Debian's own, from a package that is downloaded and unpacked, and never installed. Its initramfs holds busybox and the
 * modules that the lab needs. Both are kept below .cache/lab, by version.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { root, runQuietly, StepFailed } from '../command.mjs';
import { filesBelow } from '../fresh.mjs';

const cache = join(root, '.cache/lab');

/** The modules that are loaded, in this order. */
const wanted = [
  ...['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'crc32c-intel', 'libcrc32c', 'sctp', 'sctp_diag'],
  // For networks within the lab: pairs of interfaces that join namespaces, and links that lose and delay packets.
  ...['veth', 'dummy', 'sch_netem'],
];

/** @returns {Promise<{ kernel: string, initramfs: string }>} paths of two files, which are made if they are not there */
export async function labKernel() {
  const name = kernelPackage();
  const folder = join(cache, name);
  const files = { kernel: join(folder, 'vmlinuz'), initramfs: join(folder, 'initramfs') };
  if (Object.values(files).every((file) => existsSync(file)) && readInit() === readFileSync(join(folder, 'init'), 'utf8'))
    return files;
  const work = `${folder}.${process.pid}`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, 'initramfs'), { recursive: true });
  try {
    await runQuietly(`downloading ${name}`, ['apt-get', 'download', name], { cwd: work });
    const [deb = ''] = readdirSync(work).filter((file) => file.endsWith('.deb'));
    await runQuietly('unpacking the kernel', ['dpkg-deb', '-x', deb, 'kernel'], { cwd: work });
    const version = name.replace(/^linux-image-/, '');
    copyFileSync(join(work, 'kernel/boot', `vmlinuz-${version}`), join(work, 'vmlinuz'));
    makeInitramfs(work, join(work, 'kernel/lib/modules', version));
    for (const left of ['kernel', 'initramfs.d', deb]) rmSync(join(work, left), { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return files;
}

/** The name of the package with the present kernel: linux-image-amd64 depends on it. */
function kernelPackage() {
  const depends = execFileSync('apt-cache', ['depends', 'linux-image-amd64'], { encoding: 'utf8' });
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new StepFailed("apt-cache knows no linux-image-amd64: run 'apt-get update'");
  return name;
}

/**
 * @param {string} work
 * @param {string} modulesFolder
 */
function makeInitramfs(work, modulesFolder) {
  const tree = join(work, 'initramfs.d');
  mkdirSync(join(tree, 'bin'), { recursive: true });
  mkdirSync(join(tree, 'modules'));
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
  const files = filesBelow([modulesFolder], ['.ko']);
  requireModules(files, readFileSync(join(modulesFolder, 'modules.builtin'), 'utf8'));
  const order = inOrder(files, wanted);
  for (const file of order) copyFileSync(file, join(tree, 'modules', basename(file)));
  writeFileSync(join(tree, 'modules/order'), order.map((file) => `${basename(file)}\n`).join(''));
  writeFileSync(join(tree, 'init'), readInit());
  chmodSync(join(tree, 'init'), 0o755);
  copyFileSync(join(tree, 'init'), join(work, 'init'));
  rmSync(join(work, 'initramfs'), { recursive: true });
  const archive = execFileSync('sh', ['-c', 'find . | cpio --quiet -o -H newc | gzip -1'], { cwd: tree, maxBuffer: 2 ** 28 });
  writeFileSync(join(work, 'initramfs'), archive);
}

/**
 * Fails if the lab needs a module that is neither a file nor built into the kernel.
 *
 * @param {string[]} files
 * @param {string} builtIn the list of Linux's build, a path on each line
 */
export function requireModules(files, builtIn) {
  const there = new Set([...files, ...builtIn.split('\n')].map((file) => canonical(basename(file, '.ko'))));
  const lacking = wanted.filter((name) => !there.has(canonical(name)));
  if (lacking.length > 0) throw new StepFailed(`the kernel has no module ${lacking.join(', ')}, which the lab needs`);
}

/**
 * The kernel takes - and _ in the name of a module for the same.
 *
 * @param {string} name
 */
const canonical = (name) => name.replaceAll('-', '_');

const readInit = () => readFileSync(join(root, 'scripts/lab/init.sh'), 'utf8');

/**
 * The files of modules and of the modules that they depend on, in an order in which they can be loaded. Each module says in its file which others it
 * depends on. A module without a file is built into the kernel.
 *
 * @param {string[]} files
 * @param {string[]} names
 */
export function inOrder(files, names) {
  const byName = new Map(files.map((file) => [canonical(basename(file, '.ko')), file]));
  /** @type {Set<string>} */
  const order = new Set();
  const add = (/** @type {string} */ name) => {
    const file = byName.get(canonical(name));
    if (file === undefined || order.has(file)) return;
    const depends = /\0depends=([^\0]*)\0/.exec(readFileSync(file, 'latin1'))?.[1] ?? '';
    for (const other of depends.split(',')) add(other);
    order.add(file);
  };
  for (const name of names) add(name);
  return [...order];
}
