/** Runs steps one after the other, every one of them even if one before it failed, and adds up what they counted. */
import { spawn } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import { root } from './command.mjs';
import { countsOfRun, printCounts } from './counts.mjs';
import { cannotRun } from './steps.mjs';

/** @typedef {import('./steps.mjs').Step} Step */
/** @typedef {import('./counts.mjs').Counts & { name: string, output: string }} Result */

/** How much the priority of the other steps is below that of a step beside them, which the run waits for in the end. */
const nicer = 5;

/** How many of its last lines a step that failed shows again: vitest tells its failures last, and a log of which only the end is kept shows them. */
const shownAgain = 120;

/** The status of a shell that does not find a program. */
const notFound = 127;

/**
 * Shows what each step prints as it comes; a step that goes on beside the others is shown when these are over. A step that fails without
 * a failed test counts as one failure. The last line is 'N passed, N failed'.
 *
 * @param {readonly Step[]} steps
 * @returns {Promise<number>} the exit status: 0 if nothing failed
 */
export async function runSteps(steps) {
  const release = endGroupsWithUs();
  /** @type {Result[]} */
  const results = [];
  /** @type {Promise<() => Result>[]} */
  const beside = [];
  for (const step of steps) {
    if (step.beside) {
      beside.push(runBeside(step));
      setPriority(Math.min(getPriority() + nicer, constants.priority.PRIORITY_LOW));
    } else {
      results.push(await runStep(step, (text) => process.stdout.write(text)));
    }
  }
  for (const show of beside) results.push((await show)());
  release();
  const failures = results.filter(({ failed }) => failed > 0);
  for (const { name, output } of failures)
    console.log(`\n=== ${name}, the end of what it printed:\n${lastLines(output, shownAgain)}`);
  console.log('');
  for (const { name } of failures) console.log(`failed: ${name}`);
  return printCounts(results);
}

/**
 * @param {Step} step
 * @returns {Promise<() => Result>} when the step has ended; the function shows what it printed
 */
async function runBeside(step) {
  let output = '';
  const result = await runStep(step, (text) => {
    output += text;
  });
  return () => {
    process.stdout.write(output);
    return result;
  };
}

/**
 * @param {Step} step
 * @param {(text: string) => void} show
 * @returns {Promise<Result>}
 */
async function runStep(step, show) {
  const startedMs = Date.now();
  show(`\n=== ${step.name}: ${step.command.join(' ')}\n`);
  const { status, output } = await run(step.command, show);
  const result = { name: step.name, output, ...judge(step, status, output, show) };
  const how = result.failed === 0 ? 'ok' : `FAILED, status ${status}`;
  show(`=== ${step.name}: ${how} after ${Math.round((Date.now() - startedMs) / 1000)} s\n`);
  return result;
}

/**
 * @param {string} text
 * @param {number} count
 */
function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/**
 * @param {Step} step
 * @param {number} status
 * @param {string} output
 * @param {(text: string) => void} show
 * @returns {import('./counts.mjs').Counts}
 */
function judge({ counts, maySkip }, status, output, show) {
  if (maySkip && status === cannotRun && !process.env.CI) {
    show('skipped, because this machine lacks what it needs\n');
    return { passed: 0, failed: 0 };
  }
  return counts ? countsOfRun(output, status) : { passed: 0, failed: status === 0 ? 0 : 1 };
}

/** The running steps. Each is the leader of a process group of its own, so that all that it started ends with it. */
const groups = new Set();

/**
 * @param {string[]} command
 * @param {(text: string) => void} show
 * @returns {Promise<{ status: number, output: string }>} what it printed on both streams
 */
function run([program = '', ...args], show) {
  const env = process.stdout.isTTY ? { FORCE_COLOR: '1', ...process.env } : process.env;
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  const take = (/** @type {string} */ text) => {
    output += text;
    show(text);
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  groups.add(child.pid);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      take(`${error.message}\n`);
      resolve({ status: notFound, output });
    });
    child.on('close', (code) => resolve({ status: code ?? 1, output }));
  }).finally(() => groups.delete(child.pid));
}

/** @returns {() => void} after which a signal ends this process alone */
function endGroupsWithUs() {
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const end = (/** @type {NodeJS.Signals} */ signal) => {
    for (const group of groups) if (group !== undefined) process.kill(-group, 'SIGTERM');
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of signals) process.on(signal, end);
  return () => {
    for (const signal of signals) process.off(signal, end);
  };
}
