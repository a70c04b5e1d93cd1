/** The `self` that an actor's code is given. It checks the caller and the arguments, and passes the call on to the process. `self.ts` documents each method. */
import { setMaxListeners } from 'node:events';
import { inspect } from 'node:util';
import { isThere, nameOf } from './entity.js';
import { ActorExit, BadArg, NoProc } from './errors.js';
import { checkKeys, unknownKey } from './keys.js';
import { KeyGuard, matchesKey } from './message.js';
import { checkName } from './names.js';
import { type Pid, Ref } from './pid.js';
import type { Port } from './port.js';
import type { Process } from './process.js';
import type { ReceiveOptions } from './self.js';
import { demonitor, link, monitor, monitorName, terminate, unlink } from './signals.js';
import { dead } from './states.js';
import type { System } from './system.js';
import { checkEntity } from './target.js';
import { selfHere } from './thread.js';
import { checkTimeout } from './time.js';
import { anyMessage, byKey, byMatch, type Match } from './wanted.js';

export class Handle {
  /** @internal */
  readonly thread: symbol = selfHere;
  /** @internal Only the runtime may look behind a handle. */
  readonly process: Process;

  constructor(process: Process) {
    this.process = process;
  }

  get pid(): Pid<unknown> {
    return this.process.pid as unknown as Pid<unknown>;
  }

  get system(): System {
    return this.process.system;
  }

  get label(): string | undefined {
    return this.process.label;
  }

  set label(label: string | undefined) {
    if (label !== undefined && typeof label !== 'string') throw new BadArg('label', 'must be a string');
    this.own().label = label;
  }

  get trapExit(): boolean {
    return this.process.trapExit;
  }

  set trapExit(trap: boolean) {
    if (typeof trap !== 'boolean') throw new BadArg('trapExit', 'must be a boolean');
    this.own().trapExit = trap;
  }

  get signal(): AbortSignal {
    const { process } = this;
    if (process.abort === null) {
      process.abort = new AbortController();
      // One actor may have any number of calls that wait, and Node would take them for a leak.
      setMaxListeners(0, process.abort.signal);
      if (process.state === dead) process.abort.abort(this.exitError());
    }
    return process.abort.signal;
  }

  receive(guard?: unknown, options?: ReceiveOptions): Promise<unknown> {
    const process = this.own();
    if (guard === undefined && options === undefined) return process.receive(anyMessage, null, Number.POSITIVE_INFINITY);
    if (guard instanceof KeyGuard && options === undefined) return process.receive(byKey, guard.key, Number.POSITIVE_INFINITY);
    return this.receiveWith(process, guard, options);
  }

  private receiveWith(process: Process, guard: unknown, options: ReceiveOptions | undefined): Promise<unknown> {
    if (guard instanceof KeyGuard) return process.receive(byKey, guard.key, afterOf(options));
    if (typeof guard === 'function') return process.receive(byMatch, guard as Match, afterOf(options));
    if (options === undefined && typeof guard === 'object' && guard !== null) {
      return process.receive(anyMessage, null, afterOf(guard));
    }
    if (guard === undefined) return process.receive(anyMessage, null, afterOf(options));
    throw new BadArg('guard', 'must be a function, tag(...), reply(...), or options');
  }

  receiveNow(guard?: unknown): unknown {
    const process = this.own();
    if (guard === undefined) return process.takeNow();
    if (guard instanceof KeyGuard) return process.receiveNow(byKey, guard.key);
    if (typeof guard === 'function') return process.receiveNow(byMatch, guard as Match);
    throw new BadArg('guard', 'must be a function, tag(...), or reply(...)');
  }

  link(target: Pid | Port): void {
    const process = this.own();
    const entity = checkEntity('target', target);
    if (!process.trapExit && !isThere(entity)) throw new NoProc(nameOf(entity));
    link(process, entity);
  }

  unlink(target: Pid | Port): void {
    unlink(this.own(), checkEntity('target', target));
  }

  monitor(target: Pid | Port | string): Ref {
    const process = this.own();
    if (typeof target === 'string') return monitorName(process, checkName('target', target));
    return monitor(process, checkEntity('target', target));
  }

  demonitor(ref: Ref, options: { readonly flush?: boolean } = {}): void {
    if (!(ref instanceof Ref)) throw new BadArg('ref', 'must be what monitor returned');
    if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
    checkKeys('options', options, demonitorKeys);
    const process = this.own();
    const gone = !demonitor(process, ref);
    if (gone && options.flush === true) {
      process.extract((message) => matchesKey(message, ref) && (message as unknown[])[0] === 'DOWN');
    }
  }

  exit(reason: unknown): never {
    const process = this.own();
    if (process.catchesExit) throw ActorExit.withoutStack(this.pid as unknown as Pid, reason);
    terminate(process, reason, true);
    throw this.exitError();
  }

  /** The error that unwinds the code of a dead actor. */
  exitError(): ActorExit {
    return ActorExit.withoutStack(this.pid as unknown as Pid, this.process.reason);
  }

  toString(): string {
    return `#Self${this.pid}`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }

  /** The process. @throws if the actor has ended, or if another actor's code is calling, as far as that can be seen */
  own(): Process {
    const { process } = this;
    const { current } = process.scheduler;
    if (process.state === dead || (current !== null && current !== process)) throw this.misuse();
    return process;
  }

  /** Why the handle cannot be used now. */
  private misuse(): Error {
    const { process } = this;
    if (process.state === dead) return new ActorExit(this.pid as unknown as Pid, process.reason);
    return new BadArg('self', 'is the handle of another actor than the one that calls');
  }
}

const demonitorKeys = new Set(['flush']);
const receiveKeys = new Set(['after'] satisfies (keyof ReceiveOptions)[]);

function afterOf(options: ReceiveOptions | undefined): number {
  if (options !== undefined && (typeof options !== 'object' || options === null))
    throw new BadArg('options', 'must be an object');
  // A misspelt `after` would wait for ever.
  for (const key in options) if (key !== 'after') throw unknownKey('options', key, receiveKeys);
  const after = options?.after;
  return after === undefined ? Number.POSITIVE_INFINITY : checkTimeout('options.after', after);
}
