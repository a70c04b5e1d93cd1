/**
 * Makes what has to be there before anything runs: node modules, the addon, and dist, the compiled JavaScript. Each is made only if its sources
 * have changed, so every command begins with this.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildAddon } from './addon.mjs';
import { root, runQuietly, StepFailed } from './command.mjs';
import { compiledStamp, compiledState } from './compiled.mjs';
import { filesBelow, installedAsLocked, writeStamp } from './fresh.mjs';
import { withLock } from './setupLock.mjs';

const oldestNode = [20, 19];

/** Makes all three. */
export async function setUp() {
  await alone(async () => {
    await installModules();
    await buildAddon();
    await compile();
  });
}

/** Makes what tests stand on. Few of them run programs from dist, and test/support/built.ts makes it for those. */
export async function setUpForTests() {
  await alone(async () => {
    await installModules();
    await buildAddon();
  });
}

/** @param {() => Promise<void>} body */
async function alone(body) {
  requireNode();
  await withLock(join(root, '.cache/setup/lock'), body);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new StepFailed(`mailport needs Node ${oldestNode.join('.')} or newer; this is ${process.version}`);
  }
}

async function installModules() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (existsSync(installed) && installedAsLocked(readLock(join(root, 'package-lock.json')), readLock(installed))) return;
  await runQuietly('installing node modules', ['npm', 'ci', '--include=dev', '--no-audit', '--no-fund']);
}

/** @param {string} file */
function readLock(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function compile() {
  const { wanted, outputs, isFresh } = compiledState();
  if (isFresh) return;
  // The compiler writes what has changed since it last wrote, and does not look whether the rest is still there.
  if (!outputs.every((output) => existsSync(output))) rmSync(join(root, '.cache/setup/tsbuildinfo'), { force: true });
  await runQuietly('compiling', [process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']);
  removeOrphans(new Set(outputs));
  writeStamp(compiledStamp, wanted);
}

/**
 * Removes the files of dist whose source is gone. The others stay in place, because another process may be running from them.
 *
 * @param {Set<string>} outputs
 */
function removeOrphans(outputs) {
  for (const file of filesBelow([join(root, 'dist')], ['.js', '.js.map', '.d.ts'])) {
    if (!outputs.has(file.replace(/\.(js\.map|d\.ts)$/, '.js'))) rmSync(file);
  }
}
