/**
 * Addresses of actors and the references that tie a reply to its request. A pid holds its process directly, so that sending looks nothing up;
 * what it points at is no business of its users.
 */
import { inspect } from 'node:util';
import type { Process } from './process.js';
import { pidHere, refHere } from './thread.js';

declare const accepts: unique symbol;

/**
 * The address of an actor that takes messages of type `M`. Plain `Pid` is the address of an actor of any kind: to be compared, printed, linked
 * and monitored, but not sent to.
 */
export interface Pid<in M = never> {
  readonly [accepts]: (message: M) => void;
  /** `<0.5>`: number of the system, number of the actor in it. */
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

/** A unique value, made by `makeRef` and by `monitor`. Erlang's reference. */
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

/** A new reference, to tie a reply to its request: `send(server, ['get', ref, self.pid])`, then `self.receive(reply(ref))`. */
export function makeRef(): Ref {
  return new Ref();
}
