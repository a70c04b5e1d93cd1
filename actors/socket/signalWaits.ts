/**
 * Who waits for an AbortSignal. All calls of all sockets that wait with one signal share one listener: an EventTarget looks through all of its listeners whenever one
 * is added, so thousands of calls would cost the square of their number, and Node would warn of a leak from the eleventh on.
 */

type Waits = Set<() => void>;

const listeners = new WeakMap<AbortSignal, { readonly waits: Waits; readonly listener: () => void }>();

/** Has `callback` called when the signal aborts; never if it has done so already. Callbacks are called in the order in which they were added. */
export function onAbort(signal: AbortSignal, callback: () => void): void {
  if (signal.aborted) return;
  let found = listeners.get(signal);
  if (found === undefined) {
    const waits: Waits = new Set();
    const listener = (): void => {
      // One of them may take others out, as sends that share a signal are withdrawn together.
      for (const wait of waits) wait();
      listeners.delete(signal);
    };
    found = { waits, listener };
    listeners.set(signal, found);
    signal.addEventListener('abort', listener, { once: true });
  }
  found.waits.add(callback);
}

/** The callback is called no more. The last one takes the listener with it, so that a signal that outlives all calls holds nothing of them. */
export function offAbort(signal: AbortSignal, callback: () => void): void {
  const found = listeners.get(signal);
  if (found === undefined) return;
  found.waits.delete(callback);
  if (found.waits.size > 0) return;
  listeners.delete(signal);
  signal.removeEventListener('abort', found.listener);
}
