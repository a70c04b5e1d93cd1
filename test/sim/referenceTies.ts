/**
 * Links, monitors, names and ends, by Erlang's rules. An end reaches others at once: links in the order in which they were made, then monitors in the order in which they were
 * made. After that, the actors that it ends reach theirs.
 */

import type { Program, Target, Term } from './randomProgram.js';
import { type Actor, born, carries, isTuple, type Request, show, type Timer } from './referenceActor.js';

export interface Monitor {
  readonly ref: string;
  readonly by: Actor;
  readonly of: Actor;
  /** The target as the message names it: by its name, if the monitor was made by name. */
  readonly shown: string;
}

export class ReferenceTies {
  protected readonly program: Program;
  protected readonly actors: (Actor | undefined)[];
  protected timers: Timer[] = [];
  protected monitors: Monitor[] = [];
  protected links: (readonly [Actor, Actor])[] = [];
  protected names: (readonly [string, Actor])[] = [];
  protected calls: Request[] = [];
  /** References that have been made. */
  protected readonly refs = new Set<string>();
  /** The actors whose ends have to come next in the history. */
  protected ends: Actor[] = [];
  /** The actors that failed by their own doing. */
  protected readonly crashes: Term[] = [];
  readonly #signals: (() => void)[] = [];

  constructor(program: Program) {
    this.program = program;
    this.actors = program.map((role, who) => (role.first ? born(who, role) : undefined));
  }

  protected deliver(actor: Actor, message: Term): void {
    if (!actor.alive) return;
    actor.mailbox.push(message);
    if (actor.waiting?.guard.by === 'rest') actor.waiting.looking = true;
  }

  protected send(to: Actor, message: Term): Term {
    this.deliver(to, message);
    return 'done';
  }

  protected named(name: string): Actor | undefined {
    return this.names.find(([other]) => other === name)?.[1];
  }

  protected target(to: Target): Actor | undefined {
    return typeof to === 'string' ? this.named(to) : this.actors[to];
  }

  /** An actor that has not been spawned is 'nobody', and a name that no actor has is a mistake. */
  protected with(to: Target, act: (to: Actor) => Term): Term {
    const actor = this.target(to);
    if (actor === undefined) return typeof to === 'string' ? 'badarg' : 'nobody';
    return act(actor);
  }

  // Ends

  /** `own`: by its own doing. */
  protected end(actor: Actor, reason: Term, own: boolean): void {
    this.#end(actor, reason, own);
    this.#act();
  }

  protected exit(actor: Actor, to: Actor, reason: string, named: boolean): Term {
    if (reason === 'kill') this.end(to, 'killed', false);
    else if (reason === 'normal' && to === actor && named && !to.trapExit) this.end(to, 'normal', true);
    else this.#exitSignal(to, named ? actor : to, reason);
    this.#act();
    return 'done';
  }

  #act(): void {
    for (let signal = this.#signals.shift(); signal !== undefined; signal = this.#signals.shift()) signal();
  }

  #end(actor: Actor, reason: Term, own: boolean): void {
    if (!actor.alive) return;
    actor.alive = false;
    actor.reason = reason;
    actor.mailbox = [];
    actor.waiting = undefined;
    this.ends.push(actor);
    if (own && reason !== 'normal' && reason !== 'shutdown') this.crashes.push([show(actor), reason]);
    this.names = this.names.filter(([, other]) => other !== actor);
    this.timers = this.timers.filter(({ to }) => to !== actor);
    for (const other of this.linksOf(actor)) this.#signals.push(() => this.#exitSignal(other, actor, reason));
    this.links = this.links.filter((pair) => !pair.includes(actor));
    for (const { of, by, ref, shown } of this.monitors) {
      if (of === actor) this.#signals.push(() => this.deliver(by, ['DOWN', ref, 'process', shown, reason]));
    }
    this.monitors = this.monitors.filter(({ of, by }) => of !== actor && by !== actor);
    for (const call of this.calls) {
      if (call.from === actor) call.open = false;
      if (call.to === actor) this.#signals.push(() => this.settle(call, ['failed', reason]));
    }
    this.calls = this.calls.filter(({ open }) => open);
  }

  /** Only the first result counts, and only while the caller waits for it. */
  protected settle(call: Request, result: Term): void {
    if (!call.open) return;
    call.open = false;
    call.result = result;
  }

  #exitSignal(to: Actor, from: Actor, reason: Term): void {
    if (to.trapExit) this.deliver(to, ['EXIT', show(from), reason]);
    else if (reason !== 'normal') this.#end(to, reason, false);
  }

  // Links, monitors, names

  protected linksOf(actor: Actor): Actor[] {
    return this.links.filter((pair) => pair.includes(actor)).map(([one, other]) => (one === actor ? other : one));
  }

  protected link(actor: Actor, to: Actor): Term {
    if (actor === to) return 'done';
    if (!to.alive) {
      if (actor.trapExit) this.deliver(actor, ['EXIT', show(to), 'noproc']);
      else actor.leaving = 'noproc';
      return actor.trapExit ? 'done' : 'noproc';
    }
    if (!this.linksOf(actor).includes(to)) this.links.push([actor, to]);
    return 'done';
  }

  protected unlink(actor: Actor, to: Actor): Term {
    this.links = this.links.filter((pair) => actor === to || !pair.includes(actor) || !pair.includes(to));
    return 'done';
  }

  protected monitor(actor: Actor, target: Target, ref: string): Term {
    const of = this.target(target);
    if (of === undefined && typeof target === 'number') return 'nobody';
    this.refs.add(ref);
    const shown = typeof target === 'string' ? target : show(of);
    if (of?.alive === true) this.monitors.push({ ref, by: actor, of, shown });
    else this.deliver(actor, ['DOWN', ref, 'process', shown, 'noproc']);
    return 'done';
  }

  protected demonitor(actor: Actor, ref: string, flush: boolean): Term {
    if (!this.refs.has(ref)) return 'nobody';
    const isDown = (message: Term) => isTuple(message) && message[0] === 'DOWN' && carries(message, ref);
    this.monitors = this.monitors.filter((monitor) => monitor.ref !== ref);
    if (flush) actor.mailbox = actor.mailbox.filter((message) => !isDown(message));
    return 'done';
  }

  protected register(name: string, actor: Actor): Term {
    const taken = this.names.some(([other, holder]) => other === name || holder === actor);
    if (taken || !actor.alive) return 'badarg';
    this.names.push([name, actor]);
    return 'done';
  }

  protected unregister(name: string): Term {
    if (this.named(name) === undefined) return 'badarg';
    this.names = this.names.filter(([other]) => other !== name);
    return 'done';
  }

  protected spawn(actor: Actor, who: number, how: 'alone' | 'link' | 'monitor', ref: string): Term {
    const role = this.program[who];
    if (role === undefined || this.actors[who] !== undefined) return 'nobody';
    if (role.name !== undefined && this.named(role.name) !== undefined) return 'badarg';
    const child = born(who, role);
    this.actors[who] = child;
    if (role.name !== undefined) this.register(role.name, child);
    if (how === 'link') this.link(actor, child);
    if (how === 'monitor') this.monitor(actor, who, ref);
    return 'done';
  }
}
