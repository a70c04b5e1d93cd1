/**
 * Addresses of actors, and references, which tie a reply to its request. A pid holds its process directly, so that sending looks nothing up. Users see
 * nothing of the process.
 */
import { inspect } from 'node:util';
import type { Process } from './process.js';
import { pidHere, refHere } from './thread.js';

declare const accepts: unique symbol;

/**
 * The address of an actor that takes messages of type `M`. A plain `Pid` may be the address of any actor: it can be compared, printed, linked and monitored,
 * but nothing can be sent to it.
 */
export interface Pid<in M = never> {
  readonly [accepts]: (message: M) => void;
  /** `<0.5>`: the number of the system, then the number of the actor in it. */
  toString(): string;
}

/** What every `Pid` is at run time. */
export class ProcessId {
  declare readonly [accepts]: (message: unknown) => void;
  readonly thread: symbol = pidHere;
  readonly process: Process;

  constructor(process: Process) {
    this.process = process;
  }

  toString(): string {
    return `<${this.process.system.id}.${this.process.id}>`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

export function isPid(value: unknown): value is Pid {
  return value instanceof ProcessId;
}

let references = 0;

/** A unique value. `makeRef`, `self.monitor` and `startTimer` make one. Erlang's reference. */
export class Ref {
  /** @internal */
  readonly thread: symbol;
  readonly id: number;

  constructor() {
    this.thread = refHere;
    references += 1;
    this.id = references;
  }

  toString(): string {
    return `#Ref<${this.id}>`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/**
 * A new reference. It ties a reply to its request.
 *
 * @example
 * const ref = makeRef();
 * send(server, ['get', ref, self.pid]);
 * const answer = await self.receive(reply(ref));
 */
export function makeRef(): Ref {
  return new Ref();
}
