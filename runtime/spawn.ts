/** How actors come to be. A new actor starts in the present turn of the event loop, after whoever spawned it has stopped or waits. */
import { checkMailboxOptions, type MailboxOptions } from './bound.js';
import { BadArg, notSelf } from './errors.js';
import { noteSystem, simulations } from './escapes.js';
import { Handle } from './handle.js';
import { checkKeys } from './keys.js';
import type { Message } from './message.js';
import { checkName } from './names.js';
import { hasObservers, lookForObservers, reportSpawn } from './observer.js';
import type { Pid, Ref } from './pid.js';
import { type Body, type Handler, type HandlerInit, Process } from './process.js';
import { checkFree, giveName } from './registry.js';
import type { AnySelf, Self } from './self.js';
import { link, monitor } from './signals.js';
import { dead } from './states.js';
import { checkSystem, defaultSystem, type System } from './system.js';

export interface SpawnOptions {
  /** Shown in reports. */
  readonly label?: string;
  /** Links the new actor to its parent before it runs, as `spawnLink` does. */
  readonly link?: AnySelf;
  /** The new actor traps exits from the start. */
  readonly trapExit?: boolean;
  /** Where it lives: the system of `link`, or the default one, unless given. */
  readonly system?: System;
  /** Registers it before it runs; a name that is taken is a `BadArg`. */
  readonly name?: string;
  /** Limits what may wait in its mailbox; anything may unless given. */
  readonly mailbox?: MailboxOptions;
}

/**
 * Starts an actor whose life is one function, in most cases async, that receives. It ends 'normal' when the function returns, and with what it
 * throws.
 *
 * @example
 * const echo = spawn(async (self: Self<[from: Pid<string>, text: string]>) => {
 *   for (;;) {
 *     const [from, text] = await self.receive();
 *     send(from, text);
 *   }
 * });
 */
export function spawn<M = Message>(body: (self: Self<M>) => unknown, options?: SpawnOptions): Pid<M> {
  return launch(bodyProcess(body as Body<unknown>, options), options);
}

/** Starts an actor linked to its parent: neither can end without the other hearing of it. */
export function spawnLink<M = Message>(self: AnySelf, body: (self: Self<M>) => unknown, options?: SpawnOptions): Pid<M> {
  return spawn(body, { ...options, link: self });
}

/** Starts an actor that its parent monitors: `['DOWN', ref, 'process', pid, reason]` will come. */
export function spawnMonitor<M = Message>(
  self: AnySelf,
  body: (self: Self<M>) => unknown,
  options?: SpawnOptions,
): [Pid<M>, Ref] {
  const parent = livingParent('self', self);
  if (options !== undefined) checkOptions(options);
  const process = bodyProcess(body as Body<unknown>, { system: parent.system, ...options });
  const ref = monitor(parent, process);
  return [launch(process, options), ref];
}

/**
 * Starts an actor as a function that is called for each message, the fastest way to handle many. If it returns a promise the next message
 * waits for that. `{ init }` is called first, as the actor, and returns the function: the place for state, links and monitors.
 *
 * @example
 * const counter = spawnHandler<Pid<number>>({
 *   init: () => {
 *     let count = 0;
 *     return (from) => send(from, ++count);
 *   },
 * });
 */
export function spawnHandler<M = Message>(handler: Handler<M> | HandlerInit<M>, options?: SpawnOptions): Pid<M> {
  const init = typeof handler === 'object' && handler !== null && typeof handler.init === 'function';
  if (!init && typeof handler !== 'function') throw new BadArg('handler', 'must be a function, or an object with init');
  const process = init
    ? new Process(systemOf(options), handler as HandlerInit<unknown>, null, options?.label)
    : new Process(systemOf(options), null, handler as Handler<unknown>, options?.label);
  return launch(process, options);
}

/**
 * The handle of an actor for code outside any actor: a script, the REPL, a test. There is one in each system; if it has ended, by an exit
 * signal, the next call makes a new one. It does not keep Node alive; a `receive` with `after` does while it waits.
 */
export function mainActor<M = Message>(system: System = defaultSystem): Self<M> {
  let process = checkSystem('system', system).outsider;
  if (process === null || process.state === dead) {
    process = new Process(checkRunning('system', system), null, null, 'main');
    process.startOutside();
    system.outsider = process;
  }
  noteSystem(process, 'the use of');
  return process.handle as unknown as Self<M>;
}

/** Whether the value is the handle of an actor, dead or alive. */
export function isSelf(value: unknown): value is AnySelf {
  return value instanceof Handle;
}

/** The process behind a handle. */
export function checkSelf(argument: string, value: unknown): Process {
  if (value instanceof Handle) return value.process;
  throw new BadArg(argument, notSelf);
}

function bodyProcess(body: Body<unknown>, options: SpawnOptions | undefined): Process {
  if (typeof body !== 'function') throw new BadArg('body', 'must be a function');
  return new Process(systemOf(options), body, null, options?.label);
}

/** The process of who is to be the parent. @throws ActorExit if it has ended */
function livingParent(argument: string, value: unknown): Process {
  const process = checkSelf(argument, value);
  if (process.state === dead) throw process.handle.exitError();
  return process;
}

const spawnKeys = new Set(['label', 'link', 'trapExit', 'system', 'name', 'mailbox'] satisfies (keyof SpawnOptions)[]);

function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, spawnKeys);
}

function systemOf(options: SpawnOptions | undefined): System {
  if (options === undefined) return checkRunning('system', defaultSystem);
  checkOptions(options);
  const { link: parent, name } = options;
  checkPlainOptions('options', options);
  const inherited = parent === undefined ? defaultSystem : checkSelf('options.link', parent).system;
  const system = checkRunning('options.system', checkSystem('options.system', options.system ?? inherited));
  if (parent !== undefined) livingParent('options.link', parent);
  if (name !== undefined) checkFree('options.name', checkName('options.name', name), system);
  return system;
}

/** Checks what holds for any actor that is spawned so, for those who keep it for actors to come. */
export function checkPlainOptions(argument: string, { label, trapExit, mailbox }: SpawnOptions): void {
  if (label !== undefined && typeof label !== 'string') throw new BadArg(`${argument}.label`, 'must be a string');
  if (trapExit !== undefined && typeof trapExit !== 'boolean') throw new BadArg(`${argument}.trapExit`, 'must be a boolean');
  if (mailbox !== undefined) checkMailboxOptions(`${argument}.mailbox`, mailbox);
}

function checkRunning(argument: string, system: System): System {
  if (system.isStopped) throw new BadArg(argument, 'has been stopped');
  return system;
}

function launch<M>(process: Process, options: SpawnOptions | undefined): Pid<M> {
  if (options !== undefined) equip(process, options);
  if (process.state !== dead) process.start();
  // Spawns are too many to ask each for its context.
  if (simulations.current > 0) noteSystem(process, 'a spawn of');
  lookForObservers();
  if (hasObservers('spawn')) reportSpawn(process);
  return process.pid as unknown as Pid<M>;
}

/** Gives an actor that has not run what its options say. */
function equip(process: Process, options: SpawnOptions): void {
  if (options.trapExit === true) process.trapExit = true;
  if (options.name !== undefined) giveName(process, options.name);
  if (options.mailbox !== undefined) process.bound = checkMailboxOptions('options.mailbox', options.mailbox);
  if (options.link === undefined) return;
  process.parent = checkSelf('options.link', options.link);
  link(process, process.parent);
}
