/** Erlang's gen_sctp: sctp_flood.erl, in two virtual machines that live for all runs of a case, as our two processes do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Yardstick } from '../case.js';
import type { KernelRun } from './plainSctp.js';
import { build, installed, number } from './program.js';

/** For one run, the start of the machines included. */
const limitMs = 60_000;

/** By default Erlang's schedulers spin for work before they sleep. That would take the processor from the other virtual machine. */
const flags = ['+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none', '-noshell'];

/** @param active of the receiver; a count is given again whenever it is used up */
export function genSctp(active: true | 'once' | number, { lengthBytes, runMs, bufferBytes }: KernelRun): Yardstick {
  let machines: Machines | undefined;
  return {
    name: 'gen_sctp',
    missing: () =>
      installed('erl') === undefined || installed('erlc') === undefined ? 'erlang-base is not installed' : undefined,
    measure: async () => {
      machines ??= await Machines.start(String(active), String(bufferBytes), String(lengthBytes));
      return machines.run(runMs);
    },
    stop: () => {
      machines?.end();
      machines = undefined;
    },
  };
}

/** The receiver, and a sender that is associated with it. */
class Machines {
  readonly #receiver: ChildProcess;
  readonly #sender: ChildProcess;
  readonly #printed: AsyncIterator<string>;

  private constructor(receiver: ChildProcess, sender: ChildProcess) {
    this.#receiver = receiver;
    this.#sender = sender;
    // A write to a sender that has ended goes nowhere. The receiver then prints nothing, which fails the run.
    sender.stdin?.on('error', () => {});
    this.#printed = createInterface({ input: receiver.stdout! })[Symbol.asyncIterator]();
  }

  static async start(active: string, bufferBytes: string, lengthBytes: string): Promise<Machines> {
    const beam = build('sctp_flood.erl', 'sctp_flood.beam', (from, to) => ['erlc', '-o', dirname(to), from]);
    const machine = (...args: string[]) =>
      spawn('erl', [...flags, '-pa', dirname(beam), '-run', 'sctp_flood', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    const machines = new Machines(machine('count', active, bufferBytes), machine('pour', bufferBytes, lengthBytes));
    machines.#tell(await machines.#nextNumber());
    return machines;
  }

  async run(runMs: number): Promise<number> {
    this.#tell(runMs);
    return this.#nextNumber();
  }

  end(): void {
    for (const machine of [this.#sender, this.#receiver]) machine.kill('SIGKILL');
  }

  #tell(value: number): void {
    this.#sender.stdin?.write(`${value}\n`);
  }

  /** The number on the next line of the receiver, which ends when the sender has ended, as both do when it takes too long. */
  async #nextNumber(): Promise<number> {
    const tooLong = setTimeout(() => this.end(), limitMs);
    try {
      return number(String((await this.#printed.next()).value ?? ''));
    } finally {
      clearTimeout(tooLong);
    }
  }
}
