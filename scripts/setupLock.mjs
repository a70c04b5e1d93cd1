/** Lets one set-up run at a time in a checkout: two builds in one directory spoil each other. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 200;

/**
 * Calls `body` while holding the lock, waiting for another process that holds it. What a dead process left is taken over.
 *
 * @template T
 * @param {string} lockFile holds the process id of the holder
 * @param {() => Promise<T>} body
 * @returns {Promise<T>}
 */
export async function withLock(lockFile, body) {
  mkdirSync(dirname(lockFile), { recursive: true });
  while (!take(lockFile)) await delay(pollMs);
  try {
    return await body();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

/** @param {string} lockFile */
function take(lockFile) {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  if (!holderIsAlive(lockFile)) rmSync(lockFile, { force: true });
  return false;
}

/** @param {string} lockFile */
function holderIsAlive(lockFile) {
  try {
    const holder = Number(readFileSync(lockFile, 'utf8'));
    // Created and not yet written: the holder is about to put its id there.
    if (holder === 0) return true;
    process.kill(holder, 0);
    return true;
  } catch (error) {
    // Gone between our two looks, or held by a process of somebody else, who is alive.
    return codeOf(error) === 'ENOENT' || codeOf(error) === 'EPERM';
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
