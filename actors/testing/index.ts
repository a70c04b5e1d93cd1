/**
 * The package path `mailport/testing`: tests of actors in which nothing is left to chance. A seed decides which actor runs next, and time stands still while any
 * actor has something to do. Networks in memory (network/) have the sockets of TCP and UDP for such tests.
 */
import { checkKeys } from '../../runtime/behaviour.js';
import { BadArg } from '../../runtime/index.js';
import { runSimulation, type Simulation } from '../../runtime/simulation.js';

export { SimulatedClock, type Simulation } from '../../runtime/simulation.js';
export type { LinkConditions } from './network/conditions.js';
export { type Party, SimulatedHost, SimulatedNetwork, type SimulatedNetworkOptions } from './network/network.js';

/** Options of `simulate`. */
export interface SimulateOptions {
  /** An integer: makes the run with this seed alone. */
  readonly seed?: number;
  /** How many runs to make, with the seeds from 1 upwards. 100 unless given. */
  readonly runs?: number;
}

const keys = new Set(['seed', 'runs'] satisfies (keyof SimulateOptions)[]);

/** A simulated run has failed. Its `cause` is the error of the test. */
export class SimulationError extends Error {
  readonly seed: number;

  constructor(seed: number, cause: unknown) {
    super(
      `seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)} (MAILPORT_SEED=${seed} replays this run alone)`,
      { cause },
    );
    this.name = 'SimulationError';
    this.seed = seed;
  }
}

/**
 * Runs a test once for each seed. In each run one actor at a time takes one step, and the seed decides which. When no actor has anything to do, time goes on to
 * the next timer. The code of the test is the actor `main`. Actors that are left when the test is over are killed.
 *
 * Runs with the same seed are the same. So a test must not use real time, sockets of the system (`SimulatedNetwork` has others), or random numbers other than those of `random`. A run that uses a real timer,
 * socket or system fails, and says which. With MAILPORT_SEED in the environment, only the run with that seed is made.
 *
 * @throws SimulationError (rejects) for the first seed with which the test throws, or waits although nothing can happen any more
 *
 * @example
 * await simulate(async ({ main, system }) => {
 *   const counter = spawnHandler(count, { system });
 *   expect(await call(main, counter, ['get'])).toBe(0);
 * });
 */
export function simulate(test: (simulation: Simulation) => unknown, options: SimulateOptions = {}): Promise<void> {
  if (typeof test !== 'function') throw new BadArg('test', 'must be a function');
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, keys);
  return runAll(test, seeds(options));
}

async function runAll(test: (simulation: Simulation) => unknown, all: readonly number[]): Promise<void> {
  for (const seed of all) {
    try {
      await runSimulation(seed, test);
    } catch (error) {
      throw new SimulationError(seed, error);
    }
  }
}

function seeds({ seed, runs = 100 }: SimulateOptions): number[] {
  if (seed !== undefined && !Number.isInteger(seed)) throw new BadArg('options.seed', 'must be an integer');
  if (!Number.isInteger(runs) || runs < 1) throw new BadArg('options.runs', 'must be an integer of 1 or more');
  const wanted = process.env.MAILPORT_SEED;
  if (wanted !== undefined && wanted !== '') {
    if (!/^-?\d+$/.test(wanted)) throw new BadArg('MAILPORT_SEED', 'must be an integer');
    return [Number(wanted)];
  }
  return seed === undefined ? Array.from({ length: runs }, (_, index) => index + 1) : [seed];
}
