/** Asks the server of StrykerJS for all mutants, names each of them by its place and its change, and reads the results. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, StepFailed } from '../command.mjs';

export const stryker = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
export const config = join(root, 'scripts/mutate/stryker.config.mjs');

/**
 * @typedef {{ line: number, column: number }} Position
 * @typedef {{ mutatorName: string, replacement?: string, fileName: string, location: { start: Position, end: Position } }} Placed
 */

/**
 * The name of a mutant, which is the same in each run over the same sources.
 *
 * @param {Placed} mutant
 * @param {0 | 1} [add] 1 if its lines and columns are counted from 0
 */
export function identity({ mutatorName, replacement, fileName, location: { start, end } }, add = 0) {
  const file = fileName.startsWith('/') ? relative(root, fileName) : fileName;
  const place = [start.line, start.column, end.line, end.column].map((count) => count + add).join(':');
  return [file, place, mutatorName, replacement].join(' ');
}

/** The states of mutants that the tests have noticed. With a runtime error the tests could not run at all. */
const noticed = new Set(['Killed', 'Timeout', 'RuntimeError']);

/**
 * The result of a mutant; undefined if the mutant was not in the sample.
 *
 * @param {import('@stryker-mutator/api/core').MutantResult} mutant lines and columns counted from 1
 * @returns {import('./report.mjs').Result | undefined}
 */
export function resultOf({ fileName, location: { start, end }, mutatorName, replacement, status, statusReason }) {
  if (status === 'CompileError' || status === 'Ignored') return undefined;
  const text = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  text[text.length - 1] = text.at(-1)?.slice(0, end.column - 1) ?? '';
  text[0] = text[0]?.slice(start.column - 1) ?? '';
  const unnoticed = status === 'NoCoverage' ? 'no test comes here' : 'no test fails';
  return {
    file: relative(root, fileName),
    line: start.line,
    kind: mutatorName,
    was: text.join('\n'),
    becomes: replacement,
    noticed: noticed.has(status),
    how: noticed.has(status) ? (statusReason ?? status) : unnoticed,
  };
}

/**
 * All mutants of the sources, in their order, lines and columns counted from 1.
 *
 * @returns {Promise<Placed[]>}
 */
export async function discover() {
  const server = spawn(process.execPath, [stryker, 'serve', 'stdio'], { cwd: root, stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    let id = 0;
    /** @type {(method: string, params: object) => Promise<any>} */
    const ask = async (method, params) => {
      id += 1;
      const request = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
      server.stdin.write(`Content-Length: ${request.length}\r\n\r\n`);
      server.stdin.write(request);
      const answer = await readMessage(server.stdout);
      if (answer.error !== undefined) throw new StepFailed(`StrykerJS: ${method}: ${answer.error.message}`);
      return answer.result;
    };
    await ask('configure', { configFilePath: config });
    const { files } = await ask('discover', {});
    return Object.entries(files).flatMap(([fileName, { mutants }]) =>
      mutants
        .filter((/** @type {{ status?: string }} */ { status }) => status !== 'Ignored')
        .map((/** @type {Placed} */ mutant) => ({ ...mutant, fileName })),
    );
  } finally {
    server.kill();
  }
}

/**
 * Reads one message. The server sends a message only as the answer to a request, so no bytes are left when the message is complete.
 *
 * @param {import('node:stream').Readable} stream
 * @returns {Promise<any>}
 */
function readMessage(stream) {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const onData = (/** @type {Buffer} */ data) => {
      received = Buffer.concat([received, data]);
      const head = received.indexOf('\r\n\r\n');
      const length = /Content-Length: (\d+)/.exec(received.toString('latin1', 0, Math.max(head, 0)))?.[1];
      if (length === undefined || received.length < head + 4 + Number(length)) return;
      stream.off('data', onData).off('end', onEnd);
      resolve(JSON.parse(received.toString('utf8', head + 4, head + 4 + Number(length))));
    };
    const onEnd = () => reject(new StepFailed('StrykerJS ended without an answer; run `npx stryker serve stdio` to see why'));
    stream.on('data', onData).on('end', onEnd);
  });
}
