/** The other process of a TCP or UDP case, as the process that measures sees it. Used for our side, and for yardsticks that are programs of Node. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runApart } from './cpus.js';
import { type FromPeer, type Setting, sayAgainMs } from './inetRun.js';

export class Counterpart {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** @param program the address of the compiled file; `setting` is its first argument, and `args` come behind */
  static async start(program: URL, setting: Setting, ...args: readonly string[]): Promise<Counterpart> {
    const child = fork(fileURLToPath(program), [JSON.stringify(setting), ...args]);
    // The other process has printed why, and there is nothing to measure.
    child.once('exit', (code) => {
      if (code !== 0) process.exit(1);
    });
    const [first] = (await once(child, 'message')) as [FromPeer];
    if (!('port' in first)) throw new Error('the other process did not say its port');
    if (setting.role === 'echo') runApart(process.pid, child.pid);
    return new Counterpart(child, first.port);
  }

  /** The rate of a run that is under way. `sayEnd` is called once, or again and again if what it sends may get lost. */
  async counted(sayEnd: () => unknown, mayGetLost: boolean): Promise<number> {
    const told = once(this.#child, 'message') as Promise<[FromPeer]>;
    sayEnd();
    const again = mayGetLost ? setInterval(sayEnd, sayAgainMs) : undefined;
    const [answer] = await told;
    clearInterval(again);
    if (!('rate' in answer)) throw new Error('the other process did not say how many came');
    return answer.rate;
  }

  stop(): void {
    this.#child.disconnect();
  }
}

/** Makes sends, `together` at a time, for so long. */
export async function sendFor(runMs: number, sendTogether: () => Promise<unknown>): Promise<void> {
  const endMs = performance.now() + runMs;
  while (performance.now() < endMs) await sendTogether();
}

/** For the other process: tells its parent. */
export const tell = (message: FromPeer): void => {
  process.send?.(message);
};

/** For the other process: ends when the parent has all its figures, and has closed the channel. */
export const endWithParent = (): void => {
  process.on('disconnect', () => process.exit(0));
};
