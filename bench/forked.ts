/** A process that makes a run whenever it is asked, over its channel: our side of a case (worker.ts), or a yardstick that is a program of Node. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Runner } from './case.js';

/** The parent's end. */
export class Forked implements Runner {
  readonly #child: ChildProcess;
  readonly #name: string;

  private constructor(child: ChildProcess, name: string) {
    this.#child = child;
    this.#name = name;
  }

  /**
   * Starts the program, which may collect its garbage when it likes, and waits until it is ready.
   *
   * @param program the address of the compiled file
   * @param name for errors
   */
  static async start(program: URL, args: readonly string[], name: string): Promise<Forked> {
    const forked = new Forked(fork(fileURLToPath(program), args, { execArgv: ['--expose-gc'] }), name);
    await forked.#answer();
    return forked;
  }

  /** One run. @throws Error if the run fails, or the process ends */
  readonly measure = async (): Promise<number> => {
    const answered = this.#answer();
    this.#child.send('measure');
    const message = await answered;
    if (typeof message === 'object' && message !== null && 'value' in message && typeof message.value === 'number')
      return message.value;
    const reason = typeof message === 'object' && message !== null && 'error' in message ? message.error : message;
    throw new Error(`${this.#name}: ${String(reason)}`);
  };

  readonly stop = async (): Promise<void> => {
    if (this.#child.connected) this.#child.disconnect();
  };

  /** The next message; rejects if the process ends instead. */
  async #answer(): Promise<unknown> {
    const over = new AbortController();
    const ended = once(this.#child, 'exit', { signal: over.signal }).then(([code, signal]) => {
      throw new Error(`${this.#name}: its process ended (${String(signal ?? code)})`);
    });
    try {
      const [message] = await Promise.race([once(this.#child, 'message', { signal: over.signal }), ended]);
      return message;
    } finally {
      ended.catch(() => {});
      over.abort();
    }
  }
}

/** The other end: makes a run for each message, and answers with the figure. When the parent closes the channel, stops what the runs share, and ends. */
export function answerRuns({ measure, stop }: Runner): void {
  process.on('message', () => {
    measure().then(
      (value) => process.send?.({ value }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => {
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  process.send?.('ready');
}
