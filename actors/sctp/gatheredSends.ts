/**
 * Sends that an actor makes without waiting in between, on a stack that takes many at once for less than it takes them one by one: the first goes down
 * at once, those that follow before the actor lets others run are gathered behind it, and go down together. Every other call of the socket lets them
 * go first. Each still has its own outcome. A send that is awaited before the next is made is not gathered, and costs next to nothing more.
 */
import type { SctpStack } from '../../native/contract/sctp.js';
import type { Pid } from '../../runtime/index.js';
import { SendQueue } from '../socket/index.js';
import type { SendRequest } from './sending.js';

const settled: Promise<void> = Promise.resolve();

export class GatheredSends {
  /** For sends: unlike every other call these let nothing go first. */
  readonly stack: SctpStack;
  readonly #queue: SendQueue<SendRequest>;
  readonly #worthIt: boolean;
  #isOn = false;
  /** How many wait for the others, not for room. */
  #gathered = 0;
  readonly #end = (): void => {
    this.#isOn = false;
    this.flush();
  };

  constructor(stack: SctpStack, queue: SendQueue<SendRequest>) {
    this.stack = stack;
    this.#queue = queue;
    this.#worthIt = stack.takesRuns;
  }

  /** Whether a send that is made now is gathered. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** The stack has taken a send by itself: those that follow are gathered, until whoever made it lets others run. */
  begin(): void {
    if (!this.#worthIt || this.#isOn) return;
    this.#isOn = true;
    void settled.then(this.#end);
  }

  /** Resolves when the stack has taken it, with all the others. */
  add(request: SendRequest, signal: AbortSignal | undefined, caller: Pid): Promise<void> {
    const taken = this.#queue.wait(request, signal, caller, false);
    this.#gathered += 1;
    if (this.#gathered >= SendQueue.longestRun) this.flush();
    return taken;
  }

  /** What has been gathered goes down. */
  flush(): void {
    if (this.#gathered === 0) return;
    this.#gathered = 0;
    this.#queue.flush();
    // There was no room for all: the stack will say when there is.
    if (!this.#queue.isEmpty) this.#isOn = false;
  }
}
