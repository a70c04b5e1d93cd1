/** Finds, builds and runs the programs that mailport is measured against. Nothing here knows what they do. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** `npm run bench` runs in the checkout. */
const sources = join(process.cwd(), 'bench/yardsticks');
const built = join(process.cwd(), '.cache/bench');

/** A program of the search path, or undefined. */
export function installed(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((file) => existsSync(file));
}

/**
 * Builds a source of this folder if it is newer than what was built of it.
 *
 * @param command the compiler and its arguments; `from` and `to` are put in as they are given
 * @returns where the result is
 */
export function build(source: string, result: string, command: (from: string, to: string) => readonly string[]): string {
  const from = join(sources, source);
  const to = join(built, result);
  if (!existsSync(to) || statSync(to).mtimeMs < statSync(from).mtimeMs) {
    mkdirSync(built, { recursive: true });
    const [compiler = '', ...args] = command(from, to);
    execFileSync(compiler, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return to;
}

/** Builds NAME.c, unless what was built is newer than the source and than the header that the sources share. */
export function buildC(name: string): string {
  const newest = [`${name}.c`, 'measured.h'].reduce((one, other) => (changedMs(one) > changedMs(other) ? one : other));
  return build(newest, name, (_from, to) => ['gcc', '-O2', '-o', to, join(sources, `${name}.c`)]);
}

const changedMs = (source: string): number => statSync(join(sources, source)).mtimeMs;

/** Runs a program to its end and gives its output. If it fails or outlives `limitMs`, rejects with its error output. */
export function output(command: readonly string[], limitMs: number): Promise<string> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs, killSignal: 'SIGKILL' });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(texts.stdout);
      else reject(new Error(`${command.join(' ')}: ${signal ?? `exit ${code}`}\n${texts.stdout}${texts.stderr}`));
    });
  });
}

/** The one number that a program printed. */
export function number(printed: string): number {
  const value = Number(printed.trim());
  if (printed.trim() === '' || !Number.isFinite(value)) throw new Error(`expected a number, got ${JSON.stringify(printed)}`);
  return value;
}
