/** A program that a test runs. The test types to it and waits for its output. The program ends with the test. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { plainEnvironment } from './plainEnvironment.js';

export class Tool {
  output = '';
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  #hasEnded = false;
  #more: () => void = () => undefined;

  /** @param within a command that runs its arguments, somewhere else */
  constructor(within: readonly string[], command: string, ...args: readonly (string | number)[]) {
    // Into a pipe the program would write whole blocks.
    const [program, ...rest] = [...within, 'stdbuf', '-oL', command, ...args.map(String)];
    this.#child = spawn(program!, rest, { env: plainEnvironment() });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#more();
      });
    }
    // A program that has ended does not read what is still typed.
    this.#child.stdin.on('error', () => undefined);
    this.#ended = once(this.#child, 'close').then(() => {
      this.#hasEnded = true;
      this.#more();
    });
    onTestFinished(() => {
      this.#child.kill('SIGKILL');
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

  types(text: string): void {
    this.#child.stdin.write(text);
  }

  endsInput(): void {
    this.#child.stdin.end();
  }

  /** Ends the program as a crash would. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async status(): Promise<number | NodeJS.Signals | null> {
    await this.#ended;
    return this.#child.exitCode ?? this.#child.signalCode;
  }
}
