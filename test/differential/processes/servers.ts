/**
 * Servers whose callbacks are data. Each callback records that it was called, performs steps, and returns the term that the scenario says. Counterpart of
 * scenario_server.erl.
 */
import { type AnySelf, type GenServer, genServer, type Pid, type Self, StartError, stop } from 'mailport';
import { Actor, Seen } from './actor.js';
import { attempt } from './calls.js';
import type { Callback, ServerSpec, StartData } from './scenario.js';
import { type Steps, target, value } from './step.js';
import type { World } from './world.js';

export const servers = {
  start: ({ world }, base, options) => started(startServer(world, base, undefined, options)),
  startLink: ({ world, self }, base, options) => started(startServer(world, base, self, options)),
  stop: (actor, to, reason) =>
    attempt(async () => {
      await stop(actor.self, target(actor, to), reason === undefined ? 'normal' : value(actor, reason));
      return 'ok';
    }),
} satisfies Partial<Steps>;

/** @param args given to `init`, which records them */
export function startServer(
  world: World<Actor>,
  base: string,
  parent: AnySelf | undefined,
  how: StartData = {},
  args: readonly unknown[] = [],
): Promise<Pid | undefined> {
  const spec = world.scenario.servers?.[base];
  if (spec === undefined) throw new Error(`the scenario has no server ${base}`);
  const callbacks = new Callbacks(world, world.nextName(base), spec);
  const options = { ...how, args, trapExit: spec.trapExit === true };
  return parent === undefined
    ? genServer.start(callbacks, { ...options, system: world.system })
    : genServer.startLink(parent, callbacks, options);
}

/** The result of a start, as the functions of OTP give it. */
export async function started(start: Promise<Pid | undefined>): Promise<Seen> {
  try {
    const pid = await start;
    return new Seen(pid === undefined ? 'ignore' : ['ok', pid]);
  } catch (error) {
    if (error instanceof StartError) return new Seen(['error', error.reason]);
    throw error;
  }
}

/** genServer has to judge the result that a scenario makes a callback return, so the result has no type. */
type Result = never;

class Callbacks implements GenServer<unknown, unknown, unknown, unknown, unknown, readonly unknown[]> {
  readonly #world: World<Actor>;
  readonly #name: string;
  readonly #spec: ServerSpec;

  constructor(world: World<Actor>, name: string, spec: ServerSpec) {
    this.#world = world;
    this.#name = name;
    this.#spec = spec;
  }

  init(self: AnySelf, args: readonly unknown[]): Result {
    this.#world.introduce(this.#name, self.pid, 'server');
    this.#world.record(this.#name, ['init', ...args]);
    return this.#act(this.#spec.init ?? { answer: ['ok', 0] }, undefined, self);
  }

  handleCall(request: unknown, from: unknown, state: unknown, self: AnySelf): Result {
    this.#world.record(this.#name, ['call', request, state]);
    return this.#act(this.#callback('call', request), state, self, from);
  }

  handleCast(message: unknown, state: unknown, self: AnySelf): Result {
    this.#world.record(this.#name, ['cast', message, state]);
    return this.#act(this.#callback('cast', message), state, self);
  }

  handleInfo(message: unknown, state: unknown, self: AnySelf): Result {
    this.#world.record(this.#name, ['info', message, state]);
    return this.#act(this.#callback('info', message), state, self);
  }

  handleContinue(term: unknown, state: unknown, self: AnySelf): Result {
    this.#world.record(this.#name, ['continue', term, state]);
    return this.#act(this.#callback('continue', term), state, self);
  }

  terminate(reason: unknown, state: unknown, self: AnySelf): Result {
    this.#world.record(this.#name, ['terminate', reason, state]);
    return this.#act(this.#spec.terminate ?? {}, state, self);
  }

  /** The callback of the scenario for a message, by its tag. A cast, an info or a continuation without a callback changes nothing. */
  #callback(kind: 'call' | 'cast' | 'info' | 'continue', message: unknown): Callback {
    const tag = String(Array.isArray(message) ? message[0] : message);
    const callback = this.#spec[kind]?.[tag];
    if (callback === undefined && kind === 'call') throw new Error(`the scenario does not say what to answer to ${tag}`);
    return callback ?? { answer: ['noreply', '$state'] };
  }

  /** At once if it performs no steps, else by a promise. */
  #act(callback: Callback, state: unknown, self: AnySelf, from?: unknown): Result {
    const actor = new Actor(this.#world, this.#name, self as Self<unknown>);
    actor.from = from;
    actor.state = state;
    const answer = (): unknown => value(actor, callback.answer ?? 'ok');
    return (callback.do === undefined ? answer() : actor.perform(callback.do).then(answer)) as Result;
  }
}
