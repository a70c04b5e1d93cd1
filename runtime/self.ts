/** What an actor can do as itself: the interface of the handle that an actor's code is given, and no other code. */
import type { ExitMessage, Message, RefGuard, TagGuard } from './message.js';
import type { Pid, Ref } from './pid.js';
import type { Port } from './port.js';
import type { System } from './system.js';

/** Options of `self.receive`. */
export interface ReceiveOptions {
  /** How long to wait, in milliseconds: 0 to 4294967295, or Infinity (the default). With 0 only messages that wait already are looked at. */
  readonly after?: number;
}

/** The messages with tag `K` among `M`, or, if it has none, among the messages of the runtime and of sockets. */
export type Tagged<M, K extends string> = [Extract<M, readonly [K, ...unknown[]]>] extends [never]
  ? [Extract<Message, readonly [K, ...unknown[]]>] extends [never]
    ? readonly [K, ...unknown[]]
    : Extract<Message, readonly [K, ...unknown[]]>
  : Extract<M, readonly [K, ...unknown[]]>;

/** The part of a handle that does not depend on the type of messages. */
interface SelfBase {
  readonly system: System;
  /** A name for people, shown in reports and by `processInfo`. It need not be unique. */
  label: string | undefined;
  /** If true, exit signals become messages `['EXIT', from, reason]` and do not end this actor. Only 'kill' still does. */
  trapExit: boolean;
  /** Aborts with an `ActorExit` when this actor ends. Give it to whatever the actor waits for besides its mailbox, such as `fetch`. */
  readonly signal: AbortSignal;

  /**
   * Links this actor and another actor or port. When one of the two ends, the other gets an exit signal with the reason, and ends too unless it traps exits or
   * the reason is 'normal'. Linking twice is the same as linking once. If the target has ended already, an actor that traps exits gets
   * `['EXIT', target, 'noproc']`, and for one that does not `link` throws `NoProc`. Mirrors erlang:link.
   */
  link(target: Pid | Port): void;
  /** Removes the link. An 'EXIT' message that the link has brought already stays in the mailbox. Mirrors erlang:unlink. */
  unlink(target: Pid | Port): void;
  /**
   * Monitors an actor or a port: when the target ends, the message `['DOWN', ref, 'process' | 'port', target, reason]` comes, once. If the target has ended
   * already, it comes at once, with the reason 'noproc'. Each call is a monitor of its own. A name stands for the actor that has it now, and the message
   * carries the name. Mirrors erlang:monitor.
   */
  monitor(target: Pid | Port | string): Ref;
  /** Cancels a monitor of this actor; other references are ignored. With `flush`, also takes its 'DOWN' message out of the mailbox. */
  demonitor(ref: Ref, options?: { readonly flush?: boolean }): void;
  /** Ends this actor with that reason, and throws `ActorExit` to unwind its code. In a callback of a behaviour, `terminate` is called before the end. */
  exit(reason: unknown): never;
}

/**
 * The handle of an actor that takes messages of type `M`. Only the actor's own code may use it; other code uses its `pid`. After the end of the actor every
 * call throws `ActorExit`.
 */
export interface Self<M = Message> extends SelfBase {
  readonly pid: Pid<M>;

  /** Takes the oldest message, or waits for one. An actor can wait in one `receive` at a time. */
  receive(): Promise<M>;
  receive(options: ReceiveOptions): Promise<M | undefined>;
  /** Takes the oldest message with that tag. Other messages stay in the mailbox. */
  receive<K extends string>(guard: TagGuard<K>): Promise<Tagged<M, K>>;
  receive<K extends string>(guard: TagGuard<K>, options: ReceiveOptions): Promise<Tagged<M, K> | undefined>;
  /** Takes the oldest message with that reference. Other messages stay in the mailbox. */
  receive<T>(guard: RefGuard<T>): Promise<T>;
  receive<T>(guard: RefGuard<T>, options: ReceiveOptions): Promise<T | undefined>;
  /**
   * Takes the oldest message for which `guard` returns true. Other messages stay in the mailbox, in order. The guard is called for every message that waits, so
   * prefer a tag or a reference where many may wait. If the guard throws, `receive` rejects with that error, and the message stays.
   */
  receive<T extends M | Message>(guard: (message: M | Message) => message is T): Promise<T>;
  receive<T extends M | Message>(guard: (message: M | Message) => message is T, options: ReceiveOptions): Promise<T | undefined>;
  receive(guard: (message: M) => boolean): Promise<M>;
  receive(guard: (message: M) => boolean, options: ReceiveOptions): Promise<M | undefined>;

  /**
   * Takes a message that is in the mailbox already, without a promise. An actor that takes many messages is several times faster with it. It gives undefined
   * if no message fits. It also gives undefined when other actors are due to run. So undefined does not mean that the mailbox is empty; go on with `receive`.
   *
   * @example
   * const message = self.receiveNow() ?? (await self.receive());
   */
  receiveNow(): M | undefined;
  receiveNow<K extends string>(guard: TagGuard<K>): Tagged<M, K> | undefined;
  receiveNow<T>(guard: RefGuard<T>): T | undefined;
  receiveNow<T extends M | Message>(guard: (message: M | Message) => message is T): T | undefined;
  receiveNow(guard: (message: M) => boolean): M | undefined;
}

/** The handle of any actor: the type for a function that needs its caller's handle, whatever messages the caller takes. */
export interface AnySelf extends SelfBase {
  readonly pid: Pid;

  receive(options?: ReceiveOptions): Promise<unknown>;
  receive<K extends string>(guard: TagGuard<K>): Promise<Tagged<ExitMessage, K>>;
  receive<T>(guard: RefGuard<T>): Promise<T>;
  receive<T>(guard: RefGuard<T>, options: ReceiveOptions): Promise<T | undefined>;
  receive(guard: (message: unknown) => boolean, options?: ReceiveOptions): Promise<unknown>;
}
