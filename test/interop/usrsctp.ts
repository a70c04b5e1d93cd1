/**
 * Runs the example programs of usrsctp, an implementation of SCTP that we did not write, as children of a test. They speak RFC 6951 on loopback.
 * Each gets UDP ports of its own, so that tests can run beside anything. A program that a test leaves running is killed after the test.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterEach } from 'vitest';

const folder = '/usr/lib/usrsctp';

type ProgramName = 'client' | 'daytime_server' | 'discard_server' | 'echo_server' | 'tsctp';

/** The SCTP ports that are built into the servers. */
export const port = { echo: 7, discard: 9, daytime: 13 } as const;

/** Why the programs cannot be run; undefined if they can. */
export const missing = existsSync(`${folder}/tsctp`) ? undefined : 'package libusrsctp-examples is not installed';

/** The title of a suite, with the reason for which it is skipped. */
export function titled(title: string): string {
  return missing === undefined ? title : `${title} (skipped: ${missing})`;
}

const running = new Set<Program>();

afterEach(() => Promise.all([...running].map((program) => program.kill())));
process.on('exit', () => {
  for (const program of running) program.kill();
});

/** A program that runs. Its output is kept by lines; `tsctp` adds a trace of some 20 lines per packet, marked `[S]`. */
export class Program {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: string[] = [];
  /** Called when a line has come or the program has ended. */
  readonly #waiting = new Set<() => void>();
  /** Resolves with the status, or null if a signal ended it. */
  readonly ended: Promise<number | null>;
  #hasEnded = false;

  /** @param netns a file that stands for the network namespace to run in */
  constructor(name: ProgramName, args: readonly (string | number)[], netns?: string) {
    this.#name = name;
    const there = netns === undefined ? [] : ['nsenter', `--net=${netns}`];
    // Into a pipe the programs would write whole blocks, and lose the last one when they are killed.
    const [command = '', ...rest] = [...there, 'stdbuf', '-oL', `${folder}/${name}`, ...args.map(String)];
    this.#child = spawn(command, rest);
    running.add(this);
    this.#collect();
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (status) => {
        running.delete(this);
        this.#hasEnded = true;
        resolve(status);
        this.#wake();
      });
    });
  }

  /** The first line, from line number `from` on, that matches. Rejects if the program ends without one. */
  async printed(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    for (let at = from; ; ) {
      for (; at < this.#lines.length; at += 1) {
        const match = pattern.exec(this.#lines[at]!);
        if (match !== null) return match;
      }
      if (this.#hasEnded) throw new Error(`${this.#name} ended without printing ${pattern}:\n${this.output.slice(-2000)}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** All lines so far that match. */
  all(pattern: RegExp): RegExpExecArray[] {
    return this.#lines.map((line) => pattern.exec(line)).filter((match) => match !== null);
  }

  /** The output of the program, without the trace. */
  get output(): string {
    return this.#lines.filter((line) => !line.startsWith('[S]')).join('\n');
  }

  /** Writes to its standard input. */
  type(text: string): void {
    this.#child.stdin.write(text);
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  /** Ends the program as a crash would: it has no time to tell its peers. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Halts the program: it is there, and does not answer. */
  halt(): void {
    this.#child.kill('SIGSTOP');
  }

  #collect(): void {
    let rest = '';
    const take = (text: string): void => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      this.#lines.push(...lines);
      this.#wake();
    };
    this.#child.stdout.setEncoding('utf8').on('data', take);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lines.push(...text.split('\n'));
    });
    // A program that has ended does not read what a test still types.
    this.#child.stdin.on('error', () => undefined);
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** A UDP port that was free just now. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0);
  await once(socket, 'listening');
  const { port: free } = socket.address();
  socket.close();
  await once(socket, 'close');
  return free;
}
