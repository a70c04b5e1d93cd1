/**
 * Supervisors whose children are data, and the steps of actors that call one. Children record their starts in the trace 'log', and so do starts that fail. Counterpart of
 * scenario_supervisor.erl.
 */
import {
  type AnySelf,
  type ChildSpec,
  type Pid,
  SupervisorError,
  type SupervisorMessage,
  type SupervisorSpec,
  spawnLink,
  supervisor,
} from 'mailport';
import { type Actor, type Seen, start } from './actor.js';
import { attempt } from './calls.js';
import type { ChildData } from './scenario.js';
import { started, startServer } from './servers.js';
import { type Steps, target, value } from './step.js';
import type { World } from './world.js';

export const supervisors = {
  startSupervisor: ({ world, self }, base) => started(startSupervisor(world, base, self)),
  startChild: (actor, to, what) =>
    asked(async () => {
      const child = 'start' in what ? childSpec(actor.world, what) : what.map((arg) => value(actor, arg));
      return ['ok', await supervisor.startChild(actor.self, supervisorOf(actor, to), child)];
    }),
  terminateChild: (actor, to, child) =>
    asked(async () => {
      await supervisor.terminateChild(actor.self, supervisorOf(actor, to), value(actor, child) as string);
      return 'ok';
    }),
  restartChild: (actor, to, id) =>
    asked(async () => ['ok', await supervisor.restartChild(actor.self, supervisorOf(actor, to), id)]),
  deleteChild: (actor, to, id) =>
    asked(async () => {
      await supervisor.deleteChild(actor.self, supervisorOf(actor, to), id);
      return 'ok';
    }),
  whichChildren: (actor, to) =>
    asked(async () => {
      const children = await supervisor.whichChildren(actor.self, supervisorOf(actor, to));
      // OTP promises no order. Children without an id stay in the order of their start.
      const byId = [...children].sort((one, other) => (String(one.id) < String(other.id) ? -1 : 1) * Number(one.id !== other.id));
      return byId.map(({ id, pid, type }) => [id, pid, type]);
    }),
  countChildren: (actor, to) =>
    asked(async () => {
      const { specs, active, supervisors, workers } = await supervisor.countChildren(actor.self, supervisorOf(actor, to));
      return Object.entries({ specs, active, supervisors, workers });
    }),
} satisfies Partial<Steps>;

const supervisorOf = (actor: Actor, name: string) => target(actor, name) as unknown as Pid<SupervisorMessage>;

/** What it gives, or why not. */
function asked(action: () => Promise<unknown>): Promise<Seen> {
  return attempt(async () => {
    try {
      return await action();
    } catch (error) {
      if (error instanceof SupervisorError) return ['error', error.reason];
      throw error;
    }
  });
}

async function startSupervisor(world: World<Actor>, base: string, parent: AnySelf): Promise<Pid> {
  const data = world.scenario.supervisors?.[base];
  if (data === undefined) throw new Error(`the scenario has no supervisor ${base}`);
  const name = world.nextName(base);
  const { children, strategy, ...limits } = data;
  // The supervisor is known from its first start of a child on. In Erlang it is known from its init on.
  const specs = children.map((child) => childSpec(world, child, (self) => world.introduce(name, self.pid, 'supervisor')));
  const spec =
    strategy === 'simple_one_for_one'
      ? { ...limits, strategy, child: specs[0] }
      : { ...limits, ...(strategy === undefined ? {} : { strategy }), children: specs };
  const pid = await supervisor.startLink(parent, spec as SupervisorSpec);
  world.introduce(name, pid as Pid, 'supervisor');
  return pid as Pid;
}

/** @param before called, with the supervisor's own, before each start */
function childSpec(world: World<Actor>, data: ChildData, before: (self: AnySelf) => void = () => undefined): ChildSpec {
  const { start: base, outcomes = [], ...rest } = data;
  let tries = 0;
  return {
    ...rest,
    start: async (self: AnySelf, ...args: readonly unknown[]) => {
      before(self);
      const outcome = outcomes[tries];
      tries += 1;
      if (Array.isArray(outcome)) {
        world.record('log', ['start_failed', base]);
        throw outcome[1];
      }
      try {
        const pid = outcome === 'ignore' ? undefined : await launch(world, base, self, args);
        world.record('log', pid === undefined ? ['start_ignored', base] : ['started', pid]);
        return pid;
      } catch (error) {
        world.record('log', ['start_failed', base]);
        throw error;
      }
    },
  } as ChildSpec;
}

async function launch(world: World<Actor>, base: string, self: AnySelf, args: readonly unknown[]): Promise<Pid | undefined> {
  if (world.scenario.servers?.[base] !== undefined) return startServer(world, base, self, {}, args);
  if (world.scenario.supervisors?.[base] !== undefined) return startSupervisor(world, base, self);
  const pid: Pid = start(world, base, (body) => spawnLink(self, body), args);
  // A child that says when it is ready gets the time to do so, as from proc_lib:start_link.
  if (!world.scenario.actors[base]?.some(([kind]) => kind === 'ready')) return pid;
  await world.until(() => world.isReady(pid) || world.hasEnded(pid));
  if (!world.isReady(pid)) throw world.endOf(pid);
  return pid;
}
