/** Actors on mailport that perform the scripts of a scenario. Counterpart of scenario_actor.erl. */
import { BadArg, isAlive, NoProc, type Pid, type Ref, type Self } from 'mailport';
import type { Step } from './scenario.js';
import type { World } from './world.js';

/** What an actor observes by a step, to be recorded. No other result of a step is recorded. */
export class Seen {
  readonly what: unknown;

  constructor(what: unknown) {
    this.what = what;
  }
}

/**
 * Starts the script of that name; gives what `launch`, the function that spawns, gave.
 *
 * @param args recorded by the script as its first act, if there are any
 */
export function start<T extends Pid | [Pid, Ref]>(
  world: World<Actor>,
  base: string,
  launch: (body: (self: Self<unknown>) => Promise<void>) => T,
  args: readonly unknown[] = [],
): T {
  const script = world.scenario.actors[base];
  if (script === undefined) throw new Error(`the scenario has no actor ${base}`);
  const name = world.nextName(base);
  const started = launch((self) => {
    if (args.length > 0) world.record(name, ['args', ...args]);
    return new Actor(world, name, self).perform(script);
  });
  world.introduce(name, Array.isArray(started) ? started[0] : started, 'script');
  return started;
}

/** The actor that performs steps. */
export class Actor {
  readonly world: World<Actor>;
  readonly name: string;
  readonly self: Self<unknown>;
  /** In a callback of a server: the caller, and the state. */
  from: unknown;
  state: unknown;

  constructor(world: World<Actor>, name: string, self: Self<unknown>) {
    this.world = world;
    this.name = name;
    this.self = self;
  }

  /** Starts another one, as `start` does. */
  start<T extends Pid | [Pid, Ref]>(base: string, launch: (body: (self: Self<unknown>) => Promise<void>) => T): T {
    return start(this.world, base, launch);
  }

  /** Performs each step in turn, and records what it saw, an error too. */
  async perform(script: readonly Step[]): Promise<void> {
    for (const step of script) {
      // An actor that waited for anything but its mailbox may have ended meanwhile, and would not know.
      if (!isAlive(this.self.pid as Pid)) return;
      this.world.doing(this.name, step);
      try {
        const result = this.world.performStep(this, step);
        const seen = result instanceof Promise ? await result : result;
        if (seen instanceof Seen && isAlive(this.self.pid as Pid)) this.world.record(this.name, seen.what);
      } catch (error) {
        if (!(error instanceof BadArg || error instanceof NoProc)) throw error;
        this.world.record(this.name, ['error', error]);
      }
    }
  }
}
