/** What servers of TCP are measured against: servers of Node and of Erlang that do the same. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Yardstick } from '../case.js';
import { idleBytes } from '../cases/idle.js';
import { erlangCommand, erlangMissing } from './erlangMachines.js';
import { nodeProgram } from './nodeProgram.js';
import { buildC } from './program.js';
import { churned, missingGcc, missingWrk, wrkRequests } from './tcpClients.js';

/** A server that prints a line with its port and serves until it is ended. */
export class PrintingServer {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start([command = '', ...args]: readonly string[]): Promise<PrintingServer> {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
    const [, port] = /(\d+)\D*$/.exec(String(value)) ?? [];
    if (port === undefined) throw new Error(`${command} ${args.join(' ')} did not print its port`);
    return new PrintingServer(child, Number(port));
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Measures a server that lives for all runs. */
function served(
  name: string,
  missing: () => string | undefined,
  command: () => readonly string[],
  measure: (port: number) => Promise<number>,
): Yardstick {
  let server: PrintingServer | undefined;
  return {
    name,
    missing,
    measure: async () => {
      server ??= await PrintingServer.start(command());
      return measure(server.port);
    },
    stop: () => {
      server?.stop();
      server = undefined;
    },
  };
}

export const genTcpServe = (runMs: number): Yardstick =>
  served(
    'gen_tcp',
    () => missingGcc() ?? erlangMissing(),
    () => erlangCommand('inet_flood', 'serve'),
    (port) => churned(port, runMs),
  );

/** What is left of a server when there is no runtime at all: an upper bound for everybody. */
export const plainServe = (runMs: number): Yardstick =>
  served(
    'tcp (C, epoll)',
    missingGcc,
    () => [buildC('tcp_serve')],
    (port) => churned(port, runMs),
  );

export const nodeServe = (runMs: number): Yardstick => ({
  ...nodeProgram('node:net', 'nodeServe', String(runMs)),
  missing: missingGcc,
});

export const nodeHttp = (runMs: number): Yardstick =>
  served(
    'node:http',
    missingWrk,
    () => [process.execPath, fileURLToPath(new URL('./nodeHttp.js', import.meta.url))],
    (port) => wrkRequests(port, runMs),
  );

export const nodeIdle = (count: number): Yardstick => ({
  name: 'node:net',
  missing: missingGcc,
  measure: () => idleBytes(new URL('./nodeIdle.js', import.meta.url), String(count)),
});
