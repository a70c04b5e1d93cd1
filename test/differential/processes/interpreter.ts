/** Performs scenarios on mailport, each in a system of its own. Counterpart of scenario_harness.erl and scenario_actor.erl. */
import { BadArg, isAlive, NoProc, type Pid, type Ref, type Self, spawn } from 'mailport';
import type { Scenario, Step, Traces } from './scenario.js';
import { Seen } from './step.js';
import { steps } from './steps.js';
import { World } from './world.js';

export function runScenario(scenario: Scenario): Promise<Traces> {
  const world = new World(scenario);
  world.begin(() => start(world, 'main', (body) => spawn(body, { system: world.system })));
  return world.finish();
}

/**
 * Starts the script of that name; gives what `launch`, the function that spawns, gave.
 *
 * @param args recorded by the script as its first act, if there are any
 */
export function start<T extends Pid | [Pid, Ref]>(
  world: World,
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
  readonly world: World;
  readonly name: string;
  readonly self: Self<unknown>;
  /** In a callback of a server: the caller, and the state. */
  from: unknown;
  state: unknown;

  constructor(world: World, name: string, self: Self<unknown>) {
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
        const result = this.#performOne(step);
        const seen = result instanceof Promise ? await result : result;
        if (seen instanceof Seen && isAlive(this.self.pid as Pid)) this.world.record(this.name, seen.what);
      } catch (error) {
        if (!(error instanceof BadArg || error instanceof NoProc)) throw error;
        this.world.record(this.name, ['error', error]);
      }
    }
  }

  #performOne([kind, ...args]: Step): unknown {
    const step = steps[kind] as (actor: Actor, ...args: unknown[]) => unknown;
    return step(this, ...args);
  }
}
