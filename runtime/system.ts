/** A set of actors with a scheduler, a clock and a source of randomness of their own. Most programs need only the default one. */
import { type Clock, realClock } from './clock.js';
import { BadArg } from './errors.js';
import { type CrashReport, printCrash } from './observer.js';
import { Scheduler } from './scheduler.js';

export interface SystemOptions {
  /** Where time comes from. The machine's clock unless given. */
  readonly clock?: Clock;
  /** An integer: the same seed, the same `random()` numbers. Taken at random unless given. */
  readonly seed?: number;
  /** What to do with the report of an actor that crashed. Prints it on standard error unless given. */
  readonly onCrash?: (report: CrashReport) => void;
}

let systems = 0;

export class System {
  /** The first number of its pids. */
  readonly id: number;
  readonly clock: Clock;
  readonly seed: number;
  /** @internal */
  readonly scheduler = new Scheduler();
  /** @internal */
  readonly onCrash: (report: CrashReport) => void;
  private lastId = 0;
  private alive = 0;
  private randomState: number;

  constructor(options: SystemOptions) {
    this.id = systems;
    systems += 1;
    this.clock = options.clock ?? realClock;
    this.seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
    this.randomState = this.seed >>> 0;
    this.onCrash = options.onCrash ?? printCrash;
  }

  /** Actors that are alive. */
  get actorCount(): number {
    return this.alive;
  }

  /** A number from 0 up to 1, the next of a sequence that the seed decides: a Weyl sequence through the finalizer of MurmurHash3. */
  random(): number {
    this.randomState = (this.randomState + 0x9e3779b9) >>> 0;
    let bits = this.randomState;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  }

  /** @internal */
  nextId(): number {
    this.alive += 1;
    this.lastId += 1;
    return this.lastId;
  }

  /** @internal One of its actors has ended. */
  ended(): void {
    this.alive -= 1;
  }
}

/** Makes a system: spawn into it with the option `system`. */
export function createSystem(options: SystemOptions = {}): System {
  const { clock, seed, onCrash } = options;
  if (clock !== undefined && typeof clock?.now !== 'function') throw new BadArg('options.clock', 'must be a clock');
  if (seed !== undefined && !Number.isInteger(seed)) throw new BadArg('options.seed', 'must be an integer');
  if (onCrash !== undefined && typeof onCrash !== 'function') throw new BadArg('options.onCrash', 'must be a function');
  return new System(options);
}

/** Where actors live if nothing else is said. */
export const defaultSystem = createSystem();
