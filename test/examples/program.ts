/** Programs that tests run: a test waits for lines of their output, and for their end. Examples run as users run them. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { built } from '../support/built.js';

export class Child {
  output = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #more: () => void = () => {};

  /** However the test ends, the process ends with it. */
  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.#child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#more();
      });
    }
    this.#ended = once(this.#child, 'close');
    void this.#ended.then(() => this.#more());
    onTestFinished(() => {
      this.#child.kill('SIGKILL');
    });
  }

  /** Resolves with the match of a pattern in the output so far, as soon as there is one. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        await this.#ended;
        const last = pattern.exec(this.output);
        if (last !== null) return last;
        throw new Error(`ended without printing ${pattern}; it printed:\n${this.output}`);
      }
      await new Promise<void>((resolve) => {
        this.#more = resolve;
      });
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The exit status, or the signal that ended it. */
  async status(): Promise<number | NodeJS.Signals | null> {
    await this.#ended;
    return this.#child.exitCode ?? this.#child.signalCode;
  }
}

/** An example: `name` is the file in examples/, without its ending. The compiled file is run. */
export class Program extends Child {
  constructor(name: string, ...args: readonly (string | number)[]) {
    super(process.execPath, [built(`examples/${name}.js`), ...args.map(String)]);
  }
}
