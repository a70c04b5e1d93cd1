/** What an actor can do as itself: the interface of the handle that its body or handler is given, and that nobody else has. */
import type { ExitMessage, Message, RefGuard, TagGuard } from './message.js';
import type { Pid, Ref } from './pid.js';
import type { Port } from './port.js';
import type { System } from './system.js';

export interface ReceiveOptions {
  /** Milliseconds to wait, 0 to 4294967295 or Infinity (the default). 0 looks at what is there already. */
  readonly after?: number;
}

/** The messages among `M`, and among those of the runtime and of sockets, whose tag is `K`. */
export type Tagged<M, K extends string> = [
  Extract<M, readonly [K, ...unknown[]]> | Extract<Message, readonly [K, ...unknown[]]>,
] extends [never]
  ? readonly [K, ...unknown[]]
  : Extract<M, readonly [K, ...unknown[]]> | Extract<Message, readonly [K, ...unknown[]]>;

/** What does not depend on the type of messages. */
interface SelfBase {
  readonly system: System;
  /** Shown in reports, in `processInfo`, and nowhere else. */
  label: string | undefined;
  /** True: exit signals, except 'kill', become messages `['EXIT', from, reason]` instead of ending this actor. */
  trapExit: boolean;
  /** Aborts when this actor ends, with an `ActorExit`: to be given to whatever the body waits for besides its mailbox. */
  readonly signal: AbortSignal;

  /**
   * Ties the ends of this actor and another actor or port together: when one ends, the other gets an exit signal with its reason, which ends it
   * too unless the reason is 'normal' or it traps exits. Linking twice is linking once. Linking to what has ended already brings the exit
   * signal 'noproc' to an actor that traps exits, and throws `NoProc` to one that does not. Mirrors erlang:link.
   */
  link(target: Pid | Port): void;
  /** Removes the link. What has been put into the mailbox because of it stays there. Mirrors erlang:unlink. */
  unlink(target: Pid | Port): void;
  /**
   * Asks to be told, once, of the end of an actor or port: `['DOWN', ref, 'process' | 'port', target, reason]`, at once and with 'noproc' if
   * it has ended already. Each call is a monitor of its own. With a name it is whoever has that name now, and the message carries the name.
   * Mirrors erlang:monitor.
   */
  monitor(target: Pid | Port | string): Ref;
  /**
   * Cancels a monitor; with `flush`, takes its message out of the mailbox too. Anything but a monitor of this actor is ignored.
   */
  demonitor(ref: Ref, options?: { readonly flush?: boolean }): void;
  /**
   * Ends this actor with that reason, and unwinds its code by throwing `ActorExit`. In a behaviour's callback, `terminate` is called before the
   * end.
   */
  exit(reason: unknown): never;
}

/**
 * The handle of an actor that takes messages of type `M`. After the end of the actor each call throws `ActorExit`. Only the actor's own code
 * may use it: others have its `pid`.
 */
export interface Self<M = Message> extends SelfBase {
  readonly pid: Pid<M>;

  /** Takes the oldest message, waiting for one if need be. One receive at a time. */
  receive(): Promise<M>;
  receive(options: ReceiveOptions): Promise<M | undefined>;
  /** Takes the oldest message with that tag; others stay where they are. */
  receive<K extends string>(guard: TagGuard<K>): Promise<Tagged<M, K>>;
  receive<K extends string>(guard: TagGuard<K>, options: ReceiveOptions): Promise<Tagged<M, K> | undefined>;
  /** Takes the oldest message with that reference; others stay where they are. */
  receive<T>(guard: RefGuard<T>): Promise<T>;
  receive<T>(guard: RefGuard<T>, options: ReceiveOptions): Promise<T | undefined>;
  /**
   * Takes the oldest message for which `guard` holds; others stay where they are, in order. Every waiting message is asked about, so prefer a
   * tag or a reference where many may wait. What the guard throws, `receive` rejects with, and the message stays.
   */
  receive<T extends M | Message>(guard: (message: M | Message) => message is T): Promise<T>;
  receive<T extends M | Message>(guard: (message: M | Message) => message is T, options: ReceiveOptions): Promise<T | undefined>;
  receive(guard: (message: M) => boolean): Promise<M>;
  receive(guard: (message: M) => boolean, options: ReceiveOptions): Promise<M | undefined>;

  /**
   * Takes a message that is there already, without waiting, not even for a promise: a body that takes many is several times faster with it. Gives
   * undefined if no message fits, and also when it is the turn of others, so go on with `receive` then.
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

/** The handle of an actor of any kind: what a function takes that needs to know its caller and not the caller's messages. */
export interface AnySelf extends SelfBase {
  readonly pid: Pid;

  receive(options?: ReceiveOptions): Promise<unknown>;
  receive<K extends string>(guard: TagGuard<K>): Promise<Tagged<ExitMessage, K>>;
  receive<T>(guard: RefGuard<T>): Promise<T>;
  receive<T>(guard: RefGuard<T>, options: ReceiveOptions): Promise<T | undefined>;
  receive(guard: (message: unknown) => boolean, options?: ReceiveOptions): Promise<unknown>;
}
