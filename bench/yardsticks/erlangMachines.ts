/** Two virtual machines of Erlang that live for all runs of a case, as our two processes do: one is told the port of the other, and then makes runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Yardstick } from '../case.js';
import { build, installed, number } from './program.js';

/** For one run, the start of the machines included. */
const limitMs = 60_000;

/** By default Erlang's schedulers spin for work before they sleep. That would take the processor from the other virtual machine. */
export const flags = ['+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none', '-noshell'];

export const erlangMissing = (): string | undefined =>
  installed('erl') === undefined || installed('erlc') === undefined ? 'erlang-base is not installed' : undefined;

/** The command that runs a function of a module of this folder. */
export function erlangCommand(module: string, ...args: readonly string[]): readonly string[] {
  const beam = build(`${module}.erl`, `${module}.beam`, (from, to) => ['erlc', '-o', dirname(to), from]);
  return ['erl', ...flags, '-pa', dirname(beam), '-run', module, ...args];
}

/** What the two machines of a yardstick run, and which of the two prints the figures. */
export interface Machines {
  readonly module: string;
  /** Function and arguments of the machine that prints its port. */
  readonly server: readonly string[];
  /** Function and arguments of the machine that is told the port, and then the length of each run. */
  readonly client: readonly string[];
  readonly printedBy: 'server' | 'client';
  readonly runMs: number;
  /** Called with the processes before the first run. */
  readonly place?: (server: number | undefined, client: number | undefined) => void;
}

export function erlangMachines(name: string, machines: Machines): Yardstick {
  let pair: Pair | undefined;
  return {
    name,
    missing: erlangMissing,
    measure: async () => {
      pair ??= await Pair.start(machines);
      return pair.run(machines.runMs);
    },
    stop: () => {
      pair?.end();
      pair = undefined;
    },
  };
}

class Pair {
  readonly #server: ChildProcess;
  readonly #client: ChildProcess;
  readonly #printed: AsyncIterator<string>;

  private constructor(server: ChildProcess, client: ChildProcess, printed: AsyncIterator<string>) {
    this.#server = server;
    this.#client = client;
    this.#printed = printed;
    // A write to a machine that has ended goes nowhere. Then nothing is printed, which fails the run.
    client.stdin?.on('error', () => {});
  }

  static async start({ module, server, client, printedBy, place }: Machines): Promise<Pair> {
    const machine = (args: readonly string[]): ChildProcess => {
      const [command = '', ...rest] = erlangCommand(module, ...args);
      return spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    };
    const [serving, asking] = [machine(server), machine(client)];
    const port = linesOf(serving);
    const pair = new Pair(serving, asking, printedBy === 'server' ? port : linesOf(asking));
    pair.#tell(await pair.#numberOf(port));
    place?.(serving.pid, asking.pid);
    return pair;
  }

  async run(runMs: number): Promise<number> {
    this.#tell(runMs);
    return this.#numberOf(this.#printed);
  }

  end(): void {
    for (const machine of [this.#client, this.#server]) machine.kill('SIGKILL');
  }

  #tell(value: number): void {
    this.#client.stdin?.write(`${value}\n`);
  }

  /** The number on the next line. Both machines are ended when it takes too long, and then there is no line. */
  async #numberOf(lines: AsyncIterator<string>): Promise<number> {
    const tooLong = setTimeout(() => this.end(), limitMs);
    try {
      return number(String((await lines.next()).value ?? ''));
    } finally {
      clearTimeout(tooLong);
    }
  }
}

const linesOf = (machine: ChildProcess): AsyncIterator<string> =>
  createInterface({ input: machine.stdout! })[Symbol.asyncIterator]();
