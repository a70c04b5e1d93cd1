/** A process that a test runs: the test waits for its output, and for its end. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

export class Child {
  /** What it has printed, to either stream. */
  output = '';
  protected readonly child: ChildProcess;
  protected readonly ended: Promise<unknown>;
  #hasEnded = false;
  #more: () => void = () => {};

  /** However the test ends, the process ends with it. */
  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#more();
      });
    }
    // Its output has come by then, whole.
    this.ended = once(this.child, 'close').then(() => {
      this.#hasEnded = true;
      this.#more();
    });
    onTestFinished(() => {
      this.child.kill('SIGKILL');
    });
  }

  /** Resolves with the match of a pattern in the output so far, as soon as there is one. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (this.#hasEnded) throw new Error(`it ended without printing ${pattern}; it printed:\n${this.output}`);
      await new Promise<void>((resolve) => {
        this.#more = resolve;
      });
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** The exit status, or the signal that ended it. */
  async status(): Promise<number | NodeJS.Signals | null> {
    await this.ended;
    return this.child.exitCode ?? this.child.signalCode;
  }
}
