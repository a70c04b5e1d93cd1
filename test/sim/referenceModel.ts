/**
 * The results that a history of operations must have by Erlang's rules, found in the naive way: in arrays that are searched from the front, without any code of the runtime.
 * Time goes on when no actor has anything to do. Timers of one millisecond fire in the order in which they were set.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Entry } from './history.js';
import { forEver, type Guard, type Op, type Target, type Term } from './randomProgram.js';
import { type Actor, find, hasWork, type Request, show, type Timer, type Waiting } from './referenceActor.js';
import { ReferenceTies } from './referenceTies.js';

export class ReferenceModel extends ReferenceTies {
  #nowMs = 0;
  readonly #requests = new Map<Term, Request>();

  /** Takes the next entry of the history. @throws Error if another entry had to come */
  follow(entry: Entry): void {
    if (entry.atMs !== this.#nowMs) this.#passTime(entry.atMs);
    const actor = this.actors[entry.who];
    if (actor === undefined) throw new Error('acts, and has not been spawned');
    if (entry.type === 'end') this.#expectEnd(actor, entry.reason);
    else if (this.ends.length > 0) throw new Error(`${show(this.ends[0])} should have ended before that`);
    else if (!actor.alive) throw new Error('acts, and is dead');
    else if (entry.type === 'start') this.#begin(actor);
    else expectEqual(entry.result, entry.type === 'got' ? this.#take(actor) : this.#do(actor, entry.op));
  }

  /** The history is over, and no actor may have anything to do any more. Gives the final state. */
  finish() {
    this.#passTime(forEver);
    return {
      actors: this.actors.map((actor) => actor && this.#stateOf(actor)),
      names: this.names.map(([name, actor]) => [name, show(actor)]),
      crashes: this.crashes,
    };
  }

  #stateOf(actor: Actor) {
    const { alive, reason, mailbox, trapExit } = actor;
    if (!alive) return { reason };
    return {
      mailbox,
      trapExit,
      links: this.linksOf(actor).map(show),
      monitors: this.monitors.filter(({ by }) => by === actor).map(({ of }) => show(of)),
      monitoredBy: this.monitors.filter(({ of }) => of === actor).map(({ by }) => show(by)),
    };
  }

  #begin(actor: Actor): void {
    if (actor.started) throw new Error('starts twice');
    actor.started = true;
  }

  #expectEnd(actor: Actor, reason: Term): void {
    if (this.ends.length === 0 && actor.alive && actor.leaving !== undefined) this.end(actor, actor.leaving, true);
    const next = this.ends.shift();
    if (next !== actor) throw new Error(`ends, which ${next === undefined ? 'nobody' : show(next)} should`);
    expectEqual(reason, actor.reason);
  }

  // Time

  #passTime(untilMs: number): void {
    while (this.#nowMs < untilMs) {
      for (const actor of this.actors) if (actor?.alive === true) this.#rests(actor);
      const atMs = Math.min(untilMs, ...this.timers.map((timer) => timer.atMs));
      if (atMs === forEver) return;
      this.#nowMs = atMs;
      for (const timer of this.timers.filter((other) => other.atMs === atMs)) this.#fire(timer);
    }
  }

  #rests(actor: Actor): void {
    if (!actor.started || actor.leaving !== undefined || hasWork(actor))
      throw new Error(`${show(actor)} has something to do, and time goes on`);
    if (actor.waiting !== undefined) actor.waiting.looking = false;
  }

  #fire(timer: Timer): void {
    const { to, waiting, message } = timer;
    this.timers = this.timers.filter((other) => other !== timer);
    if (waiting === undefined) {
      const actor = typeof to === 'string' ? this.named(to) : to;
      if (actor !== undefined) this.deliver(actor, message);
    } else if (!waiting.looking && !hasWork(to as Actor)) {
      waiting.outcome = this.#timeOut(waiting);
    }
  }

  // Receive and call

  #wait(actor: Actor, guard: Guard, afterMs: number, call?: Request, outcome?: Term): void {
    const waiting: Waiting = { guard, afterMs, call, looking: true, outcome };
    actor.waiting = waiting;
    if (afterMs === 0 || afterMs === forEver || outcome !== undefined) return;
    this.timers.push({ ref: '', atMs: this.#nowMs + afterMs, to: actor, message: '', waiting });
  }

  #call(actor: Actor, target: Target, afterMs: number, key: string): void {
    const to = this.target(target);
    let call: Request | undefined;
    let outcome: Term | undefined;
    if (to === undefined) outcome = typeof target === 'string' ? ['failed', 'noproc'] : ['answered', 'nobody'];
    else if (to === actor) outcome = ['failed', 'calling_self'];
    else if (!to.alive) outcome = ['failed', 'noproc'];
    else {
      const message: Term = ['$gen_call', 'from', key];
      call = { from: actor, to, result: undefined, open: true };
      this.calls.push(call);
      this.#requests.set(message, call);
      this.deliver(to, message);
    }
    this.#wait(actor, { by: 'tag', tag: 'no message' }, afterMs, call, outcome);
  }

  /** The result of a receive or a call that is over. */
  #take(actor: Actor): Term {
    const { waiting } = actor;
    if (waiting === undefined) return 'it waits for nothing';
    const result = waiting.outcome ?? waiting.call?.result ?? this.#search(actor, waiting);
    actor.waiting = undefined;
    this.timers = this.timers.filter((timer) => timer.waiting !== waiting);
    const request = this.#requests.get(result);
    if (request !== undefined) actor.requests.push([request, (result as readonly Term[])[2] as Term]);
    return result;
  }

  #search({ mailbox }: Actor, waiting: Waiting): Term {
    const index = find(mailbox, waiting.guard);
    if (index === 'threw') return 'threw';
    if (index !== undefined) return mailbox.splice(index, 1)[0] as Term;
    const isOver = waiting.afterMs !== forEver && !this.timers.some((timer) => timer.waiting === waiting);
    return isOver ? this.#timeOut(waiting) : 'it has to wait';
  }

  #timeOut({ call }: Waiting): Term {
    if (call === undefined) return 'undefined';
    call.open = false;
    return ['failed', 'timeout'];
  }

  #reply(actor: Actor, again: boolean): Term {
    const request = again ? actor.requests[0] : actor.requests.shift();
    if (request === undefined) return 'nobody';
    actor.answers += 1;
    this.settle(request[0], ['answered', ['answer', actor.answers, request[1]]]);
    return 'done';
  }

  // What else actors do

  #do(actor: Actor, op: Op): Term {
    switch (op.do) {
      case 'receive':
        this.#wait(actor, op.guard, op.afterMs);
        return 'done';
      case 'call':
        this.#call(actor, op.to, op.afterMs, op.ref);
        return 'done';
      case 'reply':
        return this.#reply(actor, op.again);
      case 'send':
        return this.with(op.to, (to) => this.send(to, op.message));
      case 'sendAfter':
        return this.#setTimer(op.to, op.message, op.afterMs, op.ref);
      case 'startTimer':
        return this.#setTimer(op.to, ['timeout', op.ref, op.message], op.afterMs, op.ref);
      case 'cancelTimer':
      case 'readTimer':
        return this.#timeLeft(op.ref, op.do === 'cancelTimer');
      case 'trapExit':
        actor.trapExit = op.on;
        return 'done';
      case 'throw':
        actor.leaving = op.reason;
        return 'done';
      case 'return':
        if (actor.style === 'handler') this.end(actor, 'normal', true);
        else actor.leaving = 'normal';
        return 'done';
      default:
        return this.#tie(actor, op);
    }
  }

  #tie(actor: Actor, op: Exclude<Op, { do: 'receive' }>): Term {
    switch (op.do) {
      case 'link':
        return this.with(op.to, (to) => this.link(actor, to));
      case 'unlink':
        return this.with(op.to, (to) => this.unlink(actor, to));
      case 'monitor':
        return this.monitor(actor, op.to, op.ref);
      case 'demonitor':
        return this.demonitor(actor, op.ref, op.flush);
      case 'exit':
        this.end(actor, op.reason, true);
        return 'done';
      case 'exitOther':
        return this.with(op.to, (to) => this.exit(actor, to, op.reason, op.named));
      case 'spawn':
        return this.spawn(actor, op.child, op.how, op.ref);
      case 'register':
        return this.with(op.to, (to) => this.register(op.name, to));
      case 'unregister':
        return this.unregister(op.name);
      case 'whereis':
        return show(this.named(op.name));
      default:
        throw new Error(`has no rule for ${op.do}`);
    }
  }

  #setTimer(to: Target, message: Term, afterMs: number, ref: string): Term {
    const actor = typeof to === 'string' ? to : this.actors[to];
    if (actor === undefined) return 'nobody';
    this.refs.add(ref);
    if (typeof actor === 'string' || actor.alive)
      this.timers.push({ ref, atMs: this.#nowMs + afterMs, to: actor, message, waiting: undefined });
    return 'done';
  }

  #timeLeft(ref: string, cancel: boolean): Term {
    if (!this.refs.has(ref)) return 'nobody';
    const timer = this.timers.find((other) => other.ref === ref);
    if (cancel) this.timers = this.timers.filter((other) => other !== timer);
    return timer === undefined ? 'false' : String(timer.atMs - this.#nowMs);
  }
}

function expectEqual(seen: Term, expected: Term): void {
  if (!isDeepStrictEqual(seen, expected)) throw new Error(`should be ${JSON.stringify(expected)}`);
}
