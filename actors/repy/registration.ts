/** A callback that is registered for a local ip and port, and the listener that serves it, once that listens. */
import type { Self } from '../../runtime/index.js';
import type { CommHandle } from './handle.js';
import type { RepySocket } from './socket.js';

/**
 * What runs for each connection, as an actor of its own: `self` is its handle, `handle` that of the listener. If it throws, its socket is closed, and nothing else happens
 * to others. When it returns, its socket stays as it is.
 */
export type ConnCallback = (self: Self, remoteip: string, remoteport: number, socket: RepySocket, handle: CommHandle) => unknown;

/** What runs for each message, as an actor of its own: from where it came, and its bytes. */
export type MessCallback = (self: Self, remoteip: string, remoteport: number, message: Buffer, handle: CommHandle) => unknown;

/** A listener that is open. */
export interface Listener {
  readonly handle: CommHandle;
  /** It stands in its table, and callbacks may run. */
  begin(): void;
  /** It takes nothing any more, and its port is free. */
  stop(): void;
}

export class Registration<Callback> {
  /** The one that runs for whatever comes next. */
  callback: Callback;
  /** Settles when the listener is open, or cannot be opened. */
  opened: Promise<CommHandle> | undefined;
  listener: Listener | undefined;

  constructor(callback: Callback) {
    this.callback = callback;
  }
}
