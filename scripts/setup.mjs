/**
 * What has to be there before anything runs: node modules, the addon, the compiled JavaScript. Each is made only if what it is made
 * from has changed, so every command begins with this and costs nothing the second time.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildAddon } from './addon.mjs';
import { root, runQuietly, StepFailed } from './command.mjs';
import { compiledStamp, compiledState } from './compiled.mjs';
import { filesBelow, installedAsLocked, writeStamp } from './fresh.mjs';
import { withLock } from './setupLock.mjs';

const oldestNode = [20, 19];

/** Makes everything that `npm start`, `npm test` and the others stand on. */
export async function setUp() {
  requireNode();
  await withLock(join(root, '.cache/setup/lock'), async () => {
    await installModules();
    await buildAddon();
    await compile();
  });
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
  await runQuietly('compiling', [process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']);
  removeOrphans(new Set(outputs));
  writeStamp(compiledStamp, wanted);
}

/**
 * Removes from dist what no source makes any more. The rest stays in place: another process may be running from it.
 *
 * @param {Set<string>} outputs
 */
function removeOrphans(outputs) {
  for (const file of filesBelow([join(root, 'dist')], ['.js', '.js.map', '.d.ts'])) {
    if (!outputs.has(file.replace(/\.(js\.map|d\.ts)$/, '.js'))) rmSync(file);
  }
}
