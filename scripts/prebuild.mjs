/**
 * `npm run prebuild`: the binaries that the package ships, so that whoever installs it needs no compiler. All targets, or those that are named:
 *
 *     npm run prebuild                   # native/prebuilds/<platform>-<processor>/*.node
 *     npm run prebuild -- linux-arm64
 *     npm run prebuild -- --verify       # builds each once more, in another folder, and fails unless the bytes are the same
 *
 * What a binary asks of its system is looked at: it may ask for nothing newer than Node itself does.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installedHeaders } from './addon.mjs';
import { root, runQuietly, StepFailed, script } from './command.mjs';
import { exportedNames, newerThan } from './prebuild/elf.mjs';
import { targets } from './prebuild/targets.mjs';
import { setUpForTests } from './setup.mjs';

/** @typedef {import('./prebuild/targets.mjs').Target} Target */

const entryPoints = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

await script(async () => {
  if (isHookOfBuild()) return;
  // No failure: elsewhere it cannot be told from the hook of a build, which has to go on.
  if (process.platform !== 'linux') return void console.error('the binaries of the package are built on Linux');
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { verify: { type: 'boolean', default: false } } });
  const names = targets.map(({ name }) => name);
  const unknown = positionals.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new StepFailed(`there is no target '${unknown}': ${names.join(', ')}`);
  await setUpForTests();
  for (const target of targets) {
    if (positionals.length > 0 && !positionals.includes(target.name)) continue;
    const binary = await build(target, root);
    judge(target, binary);
    if (values.verify) await verify(target, binary);
  }
});

/**
 * @param {Target} target
 * @param {string} checkout
 * @returns {Promise<string>} the binary
 */
async function build({ name, file, compiler, debian, sources }, checkout) {
  if (!isOnPath(compiler)) throw new StepFailed(`${name} needs ${compiler}. On Debian: apt-get install ${debian}`);
  const prefix = installedHeaders();
  if (prefix === undefined)
    throw new StepFailed('this Node came without its headers (include/node). The archives of nodejs.org have them');
  const out = join(checkout, 'native/prebuilds', name, file);
  const settings = {
    CXX: compiler,
    HEADERS: join(prefix, 'include/node'),
    NODE_ADDON_API: join(root, 'node_modules/node-addon-api'),
    EXTRA_SOURCES: sources.join(' '),
    BUILD: join(checkout, 'native/build/prebuild', name),
    OUT: out,
  };
  await runQuietly(`building for ${name}`, [
    'make',
    `-j${availableParallelism()}`,
    ...['-f', join(checkout, 'native/prebuild/Makefile')],
    ...Object.entries(settings).map(([key, value]) => `${key}=${value}`),
  ]);
  return out;
}

/**
 * Fails if the binary would not load where Node itself runs, or shows more than it has to.
 *
 * @param {Target} target
 * @param {string} binary
 */
function judge({ name, newest }, binary) {
  const newer = newerThan(binary, newest);
  if (newer.length > 0) throw new StepFailed(`the binary for ${name} asks for more than Node does: ${newer.join(', ')}`);
  const surplus = exportedNames(binary).filter((exported) => !entryPoints.includes(exported));
  if (surplus.length > 0) throw new StepFailed(`the binary for ${name} exports ${surplus.join(', ')}`);
}

/**
 * @param {Target} target
 * @param {string} binary
 */
async function verify(target, binary) {
  const elsewhere = mkdtempSync(join(tmpdir(), 'mailport-prebuild-'));
  try {
    mkdirSync(join(elsewhere, 'native'));
    for (const part of ['src', 'prebuild'])
      cpSync(join(root, 'native', part), join(elsewhere, 'native', part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(elsewhere, 'node_modules'));
    const again = await build(target, elsewhere);
    const [first, second] = [binary, again].map(hashOf);
    console.log(`${target.name}: ${first}`);
    if (first !== second) throw new StepFailed(`two builds for ${target.name} differ: ${first}, ${second}`);
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
}

/** @param {string} file */
function hashOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** npm runs a script of this name before `build`, too, and tells it nothing of that: only npm's own command line does. */
function isHookOfBuild() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    const npm = /\) \S (\d+)/.exec(stat)?.[1];
    return /^npm run(-script)? build\b/.test(readFileSync(`/proc/${npm}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

/** @param {string} program */
function isOnPath(program) {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)));
}
