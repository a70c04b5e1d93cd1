/**
 * What a sandbox may use at a time: events, of which every callback that runs takes one and the socket selector another, and sockets, one for each connection.
 * Listeners that have something for a callback wait here, each once, in the order in which they came. What has come to a listener stays with the transport meanwhile, so
 * nothing grows while nothing is free.
 */

/** A listener that wants a callback to run. */
export interface Taker {
  /** It takes a socket beside the event. */
  readonly needsSocket: boolean;
  /** An event, and a socket if it needs one, have been set aside: starts one callback. False if there was nothing to be done, and nothing has been used. */
  take(): boolean;
}

/** Turns of listeners that have been stopped which may be kept. */
const slack = 64;

/** So many callbacks are started in one go, before other actors and sockets have their turn. */
const mostAtOnce = 64;

export class Budget {
  readonly events: number;
  readonly sockets: number;
  #freeEvents: number;
  #freeSockets: number;
  #waiting: Taker[] = [];
  #head = 0;
  /** Those that wait, for an event or for a socket. */
  readonly #wanting = new Set<Taker>();
  /** Those whose turn came while no socket was free. */
  readonly #socketless = new Set<Taker>();
  readonly #goOnLater: () => void;
  #isRunning = false;
  #goesOnLater = false;

  /** @param goOnLater calls `run` when others have had their turn */
  constructor(events: number, sockets: number, goOnLater: () => void) {
    this.events = events;
    this.sockets = sockets;
    this.#freeEvents = events;
    this.#freeSockets = sockets;
    this.#goOnLater = goOnLater;
  }

  get freeEvents(): number {
    return this.#freeEvents;
  }

  get freeSockets(): number {
    return this.#freeSockets;
  }

  /** How many listeners have something for a callback that cannot run yet, as far as is known. */
  get waiting(): number {
    return this.#wanting.size;
  }

  /** An event for the socket selector. False if none is free. */
  takeEvent(): boolean {
    if (this.#freeEvents === 0) return false;
    this.#freeEvents -= 1;
    return true;
  }

  giveEvent(): void {
    this.#freeEvents += 1;
    this.run();
  }

  /** A socket for a connection that this side opens. False if none is free. */
  takeSocket(): boolean {
    if (this.#freeSockets === 0) return false;
    this.#freeSockets -= 1;
    return true;
  }

  giveSocket(): void {
    this.#freeSockets += 1;
    const [first] = this.#socketless;
    if (first === undefined) return;
    this.#socketless.delete(first);
    this.#waiting.push(first);
    this.run();
  }

  /** The listener has something, or may have. It gets its turn when an event is free. */
  want(taker: Taker): void {
    if (this.#wanting.has(taker)) return;
    this.#wanting.add(taker);
    this.#waiting.push(taker);
    this.run();
  }

  /** The listener has been stopped. */
  withdraw(taker: Taker): void {
    this.#wanting.delete(taker);
    this.#socketless.delete(taker);
    // Its turn is passed over when it comes. If none comes for long, such turns must not add up.
    if (this.#waiting.length - this.#head <= 2 * this.#wanting.size + slack) return;
    this.#waiting = this.#waiting.slice(this.#head).filter((other) => this.#wanting.has(other));
    this.#head = 0;
  }

  /** Nobody gets a turn any more. */
  end(): void {
    this.#wanting.clear();
    this.#socketless.clear();
    this.#waiting = [];
    this.#head = 0;
  }

  /** Gives turns as long as events are free. */
  run(): void {
    if (this.#isRunning || this.#goesOnLater) return;
    this.#isRunning = true;
    let turns = 0;
    try {
      for (let taker = this.#next(); taker !== undefined; taker = this.#next()) {
        this.#giveTurn(taker);
        turns += 1;
        if (turns === mostAtOnce) break;
      }
    } finally {
      this.#isRunning = false;
    }
    if (turns < mostAtOnce) return;
    this.#goesOnLater = true;
    this.#goOnLater();
  }

  /** Others have had their turn. */
  goOn(): void {
    this.#goesOnLater = false;
    this.run();
  }

  #next(): Taker | undefined {
    if (this.#freeEvents === 0) return undefined;
    while (this.#head < this.#waiting.length) {
      const taker = this.#waiting[this.#head]!;
      this.#head += 1;
      // Drops the turns that are over when they are half of the array, so that a turn costs the same however many listeners there are.
      if (this.#head * 2 >= this.#waiting.length) {
        this.#waiting.splice(0, this.#head);
        this.#head = 0;
      }
      if (!this.#wanting.has(taker)) continue;
      if (!taker.needsSocket || this.#freeSockets > 0) return taker;
      this.#socketless.add(taker);
    }
    return undefined;
  }

  #giveTurn(taker: Taker): void {
    this.#wanting.delete(taker);
    const sockets = taker.needsSocket ? 1 : 0;
    this.#freeEvents -= 1;
    this.#freeSockets -= sockets;
    if (taker.take()) return;
    this.#freeEvents += 1;
    this.#freeSockets += sockets;
  }
}
