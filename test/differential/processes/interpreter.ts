/** Performs scenarios on mailport, each in a system of its own. Counterpart of scenario_harness.erl. */
import { spawn } from 'mailport';
import { type Actor, start } from './actor.js';
import type { Scenario, Step, Traces } from './scenario.js';
import { steps } from './steps.js';
import { World } from './world.js';

export function runScenario(scenario: Scenario): Promise<Traces> {
  const world = new World<Actor>(scenario, performStep);
  world.begin(() => start(world, 'main', (body) => spawn(body, { system: world.system })));
  return world.finish();
}

function performStep(actor: Actor, [kind, ...args]: Step): unknown {
  const step = steps[kind] as (actor: Actor, ...args: unknown[]) => unknown;
  return step(actor, ...args);
}
