/**
 * Performs scenarios in Erlang: compiles otp/*.erl, gives them to one virtual machine as a file of Erlang terms, and reads back a line of JSON for
 * each.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Scenario, Traces } from './scenario.js';

const sources = fileURLToPath(new URL('./otp/', import.meta.url));

/** All scenarios together take some seconds. A scenario that hangs is cut off after five. */
const limitMs = 60_000;

const run = promisify(execFile);

const installed = (program: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

/** Why the scenarios cannot be run; undefined if they can. */
export const missing = installed('erl') && installed('erlc') ? undefined : 'package erlang-base is not installed';

/** What Erlang has observed in one scenario. */
export interface ErlangRun {
  readonly name: string;
  /** The release of OTP. */
  readonly release: number;
  readonly traces: Traces;
  /** If the scenario did not come to an end: which actors were in which step. */
  readonly hung?: unknown;
}

export async function runInErlang(scenarios: readonly Scenario[]): Promise<Map<string, ErlangRun>> {
  const folder = await mkdtemp(join(tmpdir(), 'mailport-erlang-'));
  try {
    const modules = (await readdir(sources)).filter((file) => file.endsWith('.erl'));
    await run('erlc', ['-Werror', '-o', folder, ...modules.map((file) => join(sources, file))]);
    const data = join(folder, 'scenarios');
    await writeFile(data, scenarios.map(({ expected: _, ...scenario }) => `${erlangTerm(scenario)}.\n`).join(''));
    const args = ['-noshell', '-pa', folder, '-run', 'scenario_harness', 'main', data];
    // The folder in which Erlang leaves a dump if it crashes.
    const { stdout } = await run('erl', args, { cwd: folder, timeout: limitMs, maxBuffer: 2 ** 24 });
    const lines = stdout.trim().split('\n');
    return new Map(lines.map((line) => JSON.parse(line) as ErlangRun).map((result) => [result.name, result]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Arrays become lists, objects maps, strings atoms: the interpreter decides what is a tuple. */
export function erlangTerm(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(erlangTerm).join(', ')}]`;
  if (typeof value === 'string') return `'${value.replace(/['\\]/g, '\\$&')}'`;
  if (value === Number.POSITIVE_INFINITY) return 'infinity';
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `#{${fields.map(([key, field]) => `${erlangTerm(key)} => ${erlangTerm(field)}`).join(', ')}}`;
}
