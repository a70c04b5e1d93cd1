/** A thing that one call at a time may use. Other calls wait for their turn, in order. A wait may be given up, or be ended for all. */
import { offAbort, onAbort } from '../socket/index.js';
import { Line, type Place } from './line.js';

interface Waiter {
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

export class Turns {
  #isTaken = false;
  /** Made by the first call that waits. */
  #line: Line<Waiter> | undefined;

  /** Takes the turn if nobody has it. */
  takeNow(): boolean {
    if (this.#isTaken) return false;
    this.#isTaken = true;
    return true;
  }

  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Waits for the turn. @param alerted makes the error of a wait that the signal ends */
  take(signal: AbortSignal | undefined, alerted: () => Error): Promise<void> {
    this.#line ??= new Line();
    const line = this.#line;
    return new Promise((resolve, reject) => {
      const over = (): void => {
        line.leave(place);
        if (signal !== undefined) offAbort(signal, abort);
      };
      const abort = (): void => {
        over();
        reject(alerted());
      };
      const go = (): void => {
        over();
        resolve();
      };
      const fail = (error: Error): void => {
        over();
        reject(error);
      };
      const place: Place<Waiter> = line.join({ go, fail });
      if (signal !== undefined) onAbort(signal, abort);
    });
  }

  /** The turn is the next one's. */
  pass(): void {
    const next = this.#line?.next();
    if (next === undefined) this.#isTaken = false;
    else next.go();
  }

  /** All waits end. Whoever has the turn keeps it. */
  failAll(error: () => Error): void {
    for (let next = this.#line?.next(); next !== undefined; next = this.#line?.next()) next.fail(error());
  }
}
