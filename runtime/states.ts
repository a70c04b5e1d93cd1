/** Where an actor is. A message that arrives has something to do only in the states from `idle` on. */

/** In the run queue, to handle messages, or to start. */
export const queued = 0;
/** Its own code has the word: a handler, or a body that is not in `receive`. */
export const running = 1;
/** In `receive`, and in the run queue to look for its message. */
export const due = 2;
/** A handler without messages. */
export const idle = 3;
/** In `receive`, without a message that it would take. */
export const waiting = 4;
export const dead = 5;
