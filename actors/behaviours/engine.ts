/** What is different in each behaviour: what it does with its own messages. What they all share is in `loop.ts`. */

/** One behaviour at work. What it throws, and what its promises reject with, ends it. */
export interface Engine {
  /** Whoever started it knows; no message has been taken. */
  started?(): void | Promise<void>;
  /** Takes a message that is not the loop's. */
  handle(message: unknown): void | Promise<void>;
  /** Tidies up: it is going to end, for this reason. */
  terminate(reason: unknown): void | Promise<void>;
  /** A system message has been dealt with, and it waits for messages again. */
  resumed?(): void;
  getState(): unknown;
  replaceState(state: unknown): void;
}
