/** Calls code that is not ours, such as a listener of a user, where its failure must not disturb the runtime. */

/** Calls it at once. An error that it throws becomes an uncaught exception of the program, and the caller goes on. */
export function callForeign(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
