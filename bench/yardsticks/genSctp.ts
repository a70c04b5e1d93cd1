/** Erlang's gen_sctp: sctp_flood.erl, in two virtual machines started for the run. Each makes a run that does not count first. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Yardstick } from '../case.js';
import type { KernelRun } from './plainSctp.js';
import { build, installed, number, output } from './program.js';

const limitMs = 60_000;
const warmUpMs = 500;

/** Schedulers that spin for work before they sleep, as they do by default, take the processor from the other machine. */
const flags = ['+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none', '-noshell'];

/** @param active of the receiver; a count is given again whenever it is used up */
export function genSctp(active: true | 'once' | number, { lengthBytes, runMs, bufferBytes }: KernelRun): Yardstick {
  return {
    name: 'gen_sctp',
    missing: () =>
      installed('erl') === undefined || installed('erlc') === undefined ? 'erlang-base is not installed' : undefined,
    measure: async () => {
      const beam = build('sctp_flood.erl', 'sctp_flood.beam', (from, to) => ['erlc', '-o', dirname(to), from]);
      const machine = ['erl', ...flags, '-pa', dirname(beam), '-run', 'sctp_flood'];
      return oneRun(
        [...machine, 'count', String(active), String(bufferBytes)],
        [...machine, 'pour', String(bufferBytes), String(lengthBytes), String(warmUpMs), String(runMs)],
      );
    },
  };
}

/** Starts both, tells the second the port that the first prints, and gives the second rate that the first prints. */
async function oneRun(receiving: readonly string[], sending: readonly string[]): Promise<number> {
  const [file = '', ...args] = receiving;
  const receiver = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
    const printed = async () => String((await lines.next()).value ?? '');
    await output(sending, limitMs, printed());
    await printed();
    return number(await printed());
  } finally {
    receiver.kill('SIGKILL');
  }
}
