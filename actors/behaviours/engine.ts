/** The part of a behaviour that differs from one to the other: what it does with its own messages. The part that all behaviours share is in `loop.ts`. */

/** One behaviour at work. If a method throws, or its promise rejects, the behaviour ends with that error. */
export interface Engine {
  /** Called after the start has settled, before any message is taken. */
  started?(): void | Promise<void>;
  /** Handles a message. System messages and the parent's exit signal do not come here. */
  handle(message: unknown): void | Promise<void>;
  /** Tidies up before the behaviour ends with this reason. */
  terminate(reason: unknown): void | Promise<void>;
  /** Called when a system message has been handled, and the behaviour waits for messages again. */
  resumed?(): void;
  getState(): unknown;
  replaceState(state: unknown): void;
}
