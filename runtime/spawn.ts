/** How actors are started. A new actor begins to run in the present turn of the event loop, as soon as the code that spawned it returns or waits. */
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

/** Options of `spawn` and its kin. */
export interface SpawnOptions {
  /** A name for people, shown in reports. */
  readonly label?: string;
  /** The actor that the new one is linked to before it runs, as by `spawnLink`. */
  readonly link?: AnySelf;
  /** The new actor traps exits from the start. */
  readonly trapExit?: boolean;
  /** The system that the actor lives in. Unless given: the system of `link`, or the default one. */
  readonly system?: System;
  /** Registers the actor under this name before it runs. A name that another actor has is a `BadArg`. */
  readonly name?: string;
  /** The limit of its mailbox. No limit unless given. */
  readonly mailbox?: MailboxOptions;
}

/**
 * Starts an actor that runs one function, usually an async one that calls `self.receive`. The actor ends when the function does: with the reason 'normal', or
 * with the error that the function throws.
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

/** Starts an actor linked to its parent. If one of the two fails, the other ends too, unless it traps exits. */
export function spawnLink<M = Message>(self: AnySelf, body: (self: Self<M>) => unknown, options?: SpawnOptions): Pid<M> {
  return spawn(body, { ...options, link: self });
}

/** Starts an actor that its parent monitors: when it ends, the parent gets `['DOWN', ref, 'process', pid, reason]`. */
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
 * Starts an actor whose function is called for each message, the fastest way to handle many. If the function returns a promise, the next message waits until
 * that has settled. An actor with state gives `{ init }`: the new actor calls `init` first, which may set up links and monitors, and returns the function.
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
 * The handle of an actor for code outside any actor: a script, the REPL, a test. Each system has one such actor. If an exit signal has ended it, the next
 * call makes a new one. The actor does not keep Node alive, but a `receive` with `after` does while it waits.
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

/** Whether the value is the handle of an actor, living or ended. */
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

/** The process of the handle of a parent. @throws ActorExit if the parent has ended */
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

/** Checks the options that say nothing about one actor alone, for those who keep options for actors that they will spawn later. */
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
  // Looking up the context of a simulated run costs too much to be done at every spawn.
  if (simulations.current > 0) noteSystem(process, 'a spawn of');
  lookForObservers();
  if (hasObservers('spawn')) reportSpawn(process);
  return process.pid as unknown as Pid<M>;
}

/** Applies the options to an actor that has not run yet. */
function equip(process: Process, options: SpawnOptions): void {
  if (options.trapExit === true) process.trapExit = true;
  if (options.name !== undefined) giveName(process, options.name);
  if (options.mailbox !== undefined) process.bound = checkMailboxOptions('options.mailbox', options.mailbox);
  if (options.link === undefined) return;
  process.parent = checkSelf('options.link', options.link);
  link(process, process.parent);
}
