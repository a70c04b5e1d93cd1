/** Lets one set-up run at a time in a checkout, because two builds in one directory spoil each other. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 200;

/**
 * Calls `body` while holding the lock. If another process holds the lock, waits for it; the lock of a process that has died is taken over.
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
    // The file is there and still empty: the holder is about to write its id.
    if (holder === 0) return true;
    process.kill(holder, 0);
    return true;
  } catch (error) {
    // ENOENT: the holder has removed the file since we looked. EPERM: the holder belongs to another user, and is alive.
    return codeOf(error) === 'ENOENT' || codeOf(error) === 'EPERM';
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
