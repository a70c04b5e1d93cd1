/** What each step of a script does on mailport. Counterpart of step/1 in scenario_actor.erl. */
import {
  cancelTimer,
  exit,
  isAlive,
  makeRef,
  type Pid,
  processInfo,
  type Ref,
  readTimer,
  register,
  registered,
  reply,
  send,
  sendAfter,
  spawn,
  spawnLink,
  spawnMonitor,
  startTimer,
  type TimerRef,
  tag,
  unregister,
  whereis,
} from 'mailport';
import { type Actor, Seen } from './actor.js';
import { calls } from './calls.js';
import type { Pattern } from './scenario.js';
import { servers } from './servers.js';
import { type Steps, target, value } from './step.js';
import { supervisors } from './supervisors.js';

const processes = {
  spawn: (actor, base) => {
    actor.start(base, (body) => spawn(body, { system: actor.world.system }));
  },
  spawnLink: (actor, base) => {
    actor.start(base, (body) => spawnLink(actor.self, body));
  },
  spawnMonitor: (actor, base, ref) => {
    actor.world.named(ref, actor.start(base, (body) => spawnMonitor(actor.self, body))[1]);
  },
  send: (actor, to, message) => send(target(actor, to), value(actor, message), actor.world.system),
  receive: async (actor, pattern) => new Seen(await receive(actor, pattern)),
  receiveAfter: async (actor, ms, pattern) => new Seen((await receive(actor, pattern, ms)) ?? 'timeout'),
  flush: async ({ self, world, name }) => {
    for (;;) {
      const message = await self.receive({ after: 0 });
      if (message === undefined) return;
      world.record(name, message);
    }
  },
  trapExit: ({ self }, trap) => {
    self.trapExit = trap;
  },
  link: (actor, other) => actor.self.link(target(actor, other)),
  unlink: (actor, other) => actor.self.unlink(target(actor, other)),
  monitor: (actor, other, ref) => actor.world.named(ref, actor.self.monitor(target(actor, other))),
  demonitor: (actor, ref, flush) => actor.self.demonitor(value(actor, ref) as Ref, { flush: flush === 'flush' }),
  exit: (actor, reason) => actor.self.exit(value(actor, reason)),
  raise: (actor, reason) => {
    throw value(actor, reason);
  },
  exitOther: (actor, other, reason) => exit(target(actor, other), value(actor, reason), actor.self),
  isAlive: (actor, other) => new Seen(isAlive(target(actor, other))),
  mailboxLength: ({ self }) => new Seen(processInfo(self.pid as Pid)?.mailboxLength),
} satisfies Partial<Steps>;

const namesAndTimers = {
  register: (actor, name, other) => register(name, target(actor, other)),
  unregister: ({ world }, name) => unregister(name, world.system),
  whereis: ({ world }, name) => new Seen(whereis(name, world.system)),
  isRegistered: ({ world }, name) => new Seen(registered(world.system).includes(name)),
  sendAfter: (actor, ms, to, message, ref) => {
    actor.world.named(ref, sendAfter(target(actor, to), value(actor, message), ms, actor.world.system));
  },
  startTimer: (actor, ms, to, message, ref) => {
    actor.world.named(ref, startTimer(target(actor, to), value(actor, message), ms, actor.world.system));
  },
  cancelTimer: (actor, ref) => new Seen(left(cancelTimer(value(actor, ref) as TimerRef))),
  readTimer: (actor, ref) => new Seen(left(readTimer(value(actor, ref) as TimerRef))),
} satisfies Partial<Steps>;

const harness = {
  makeRef: ({ world }, ref) => world.named(ref, makeRef()),
  note: (actor, term) => new Seen(value(actor, term)),
  log: (actor, term) => actor.world.record('log', value(actor, term)),
  repeat: async (actor, count, script) => {
    for (let done = 0; done < count; done += 1) await actor.perform(script);
  },
  ready: ({ world, self }) => world.ready(self.pid as Pid),
  awaitEnd: (actor, other) => {
    const pid = target(actor, other);
    return actor.world.until(() => actor.world.hasEnded(pid));
  },
  awaitStart: ({ world }, base) => world.until(() => world.hasStarted(base)),
  hold: ({ world, name }) => {
    world.hold(name);
    return new Promise<void>(() => undefined);
  },
} satisfies Partial<Steps>;

export const steps: Steps = { ...processes, ...namesAndTimers, ...calls, ...servers, ...supervisors, ...harness };

function receive(actor: Actor, pattern: Pattern | undefined, after?: number): Promise<unknown> {
  const { self, world } = actor;
  const options = after === undefined ? {} : { after };
  if (pattern === undefined) return self.receive(options);
  if (typeof pattern === 'object' && 'tag' in pattern) return self.receive(tag(pattern.tag), options);
  if (typeof pattern === 'object' && 'ref' in pattern) return self.receive(reply(value(actor, pattern.ref) as Ref), options);
  return self.receive((message) => world.matches(pattern, message, { self: self.pid as Pid }), options);
}

/** How much is left depends on speed; that it is a number of milliseconds does not. */
function left(ms: number | false): 'left' | number | false {
  return ms !== false && ms >= 0 ? 'left' : ms;
}
