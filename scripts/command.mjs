/** Runs other programs for the scripts, and ends a script with a readable message when one fails. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, without a slash at the end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Something that a script could not do. The script prints the message, without a stack, and ends with status 1. */
export class StepFailed extends Error {}

/**
 * Fails if one of the files or folders that a script has a list of is not there.
 *
 * @param {string[]} paths absolute
 */
export function requirePresent(paths) {
  const gone = paths.filter((path) => !existsSync(path)).map((path) => relative(root, path));
  if (gone.length > 0) throw new StepFailed(`not there, though a script names it: ${gone.join(', ')}`);
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] the checkout unless told
 * @property {Record<string, string>} [env] in addition to ours
 */

/**
 * Runs a program, and shows its output only if it fails.
 *
 * @param {string} what shown while it runs, such as 'building the addon'
 * @param {string[]} command
 * @param {RunOptions} [options]
 */
export async function runQuietly(what, command, options = {}) {
  const startedMs = Date.now();
  process.stderr.write(`${what} ... `);
  const { status, output } = await run(command, options, 'pipe');
  if (status !== 'exit 0') {
    process.stderr.write(`failed\n`);
    throw new StepFailed(`${output}\n${what} failed: ${command.join(' ')}: ${status}`);
  }
  process.stderr.write(`${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`);
}

/**
 * Runs a program that has our terminal: the user sees its output, and ctrl-C reaches it.
 *
 * @param {string[]} command
 * @param {RunOptions} [options]
 * @returns {Promise<number>} its exit status; 1 if a signal ended it
 */
export async function runVisibly(command, options = {}) {
  const { status } = await run(command, options, 'inherit');
  return status.startsWith('exit ') ? Number(status.slice('exit '.length)) : 1;
}

/**
 * @param {string[]} command
 * @param {RunOptions} options
 * @param {'pipe' | 'inherit'} stdio
 * @returns {Promise<{ status: string, output: string }>} status: 'exit 0', 'signal SIGKILL', or why the program did not start
 */
function run(command, options, stdio) {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    stdio: stdio === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  // The terminal sends ctrl-C to the child as well; SIGTERM comes to us alone and is passed on. In both cases the child gets time to end in good
  // order.
  const stay = () => {};
  const passOn = () => child.kill('SIGTERM');
  process.on('SIGINT', stay).on('SIGTERM', passOn);
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ status: error.message, output }));
    child.on('close', (code, signal) => resolve({ status: signal === null ? `exit ${code}` : `signal ${signal}`, output }));
  }).finally(() => process.off('SIGINT', stay).off('SIGTERM', passOn));
}

/**
 * Runs the body of a script. The number that it returns becomes the exit status; a StepFailed is printed, and the status is 1.
 *
 * @param {() => Promise<number | void>} body
 */
export async function script(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
