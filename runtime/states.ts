/** The states of an actor. A message that arrives wakes the actor only in `idle` and `waiting`. */

/** In the run queue, to start or to handle messages. */
export const queued = 0;
/** Its code runs: a handler, or an async function that is not in `receive`. */
export const running = 1;
/** In `receive`, and in the run queue to look for its message there. */
export const due = 2;
/** An actor with a handler, and without messages. */
export const idle = 3;
/** In `receive`, while no message fits. */
export const waiting = 4;
export const dead = 5;
