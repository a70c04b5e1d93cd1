/** Names of actors. Each system has its own; an actor's name becomes free when the actor ends. Mirrors erlang:register/2 and its kin. */
import { BadArg } from './errors.js';
import { checkName, dropName } from './names.js';
import { type Pid, ProcessId } from './pid.js';
import type { Process } from './process.js';
import { dead } from './states.js';
import { checkSystem, defaultSystem, type System } from './system.js';

declare const accepts: unique symbol;

/**
 * The name of an actor that takes messages of type `M`, registered now or later. It is a string to which `name` has given that type. A plain string can be
 * looked up, monitored and unregistered, but nothing can be sent to it.
 */
export type Name<M> = string & { readonly [accepts]: (message: M) => void };

/**
 * Makes a name that carries the type of its actor's messages. Define each name once, in a module that both sides import.
 *
 * @example
 * export const logger = name<readonly ['log', string]>('logger');
 * register(logger, self.pid);      // in the logger
 * send(logger, ['log', 'hello']);  // anywhere
 */
export function name<M>(text: string): Name<M> {
  return checkName('text', text) as Name<M>;
}

/**
 * Gives an actor a name in its system.
 *
 * @throws BadArg if another actor has the name, or this actor has a name already or has ended; erlang:register/2 raises badarg in the same cases
 */
export function register<M>(name: Name<M>, pid: Pid<M>): void;
export function register(name: string, pid: Pid): void;
export function register(name: string, pid: Pid): void {
  const text = checkName('name', name);
  if (!(pid instanceof ProcessId)) throw new BadArg('pid', 'must be a pid');
  const { process } = pid;
  if (process.state === dead) throw new BadArg('pid', `has ended: ${pid}`);
  if (process.name !== null) throw new BadArg('pid', `has a name already: ${process.name}`);
  checkFree('name', text, process.system);
  giveName(process, text);
}

/** Takes the name from the actor that has it. @throws BadArg if no actor has that name */
export function unregister(name: string, system: System = defaultSystem): void {
  const process = checkSystem('system', system).names.get(checkName('name', name));
  if (process === undefined) throw new BadArg('name', `is not registered: ${name}`);
  dropName(process);
}

/** The actor that has the name now; undefined if none has it. */
export function whereis<M>(name: Name<M>, system?: System): Pid<M> | undefined;
export function whereis(name: string, system?: System): Pid | undefined;
export function whereis(name: string, system: System = defaultSystem): Pid | undefined {
  return checkSystem('system', system).names.get(checkName('name', name))?.pid as Pid | undefined;
}

/** All names of a system, in the order in which they were registered. */
export function registered(system: System = defaultSystem): string[] {
  return [...checkSystem('system', system).names.keys()];
}

/** @throws BadArg if an actor has the name */
export function checkFree(argument: string, name: string, system: System): void {
  const holder = system.names.get(name);
  if (holder !== undefined) throw new BadArg(argument, `is the name of ${holder.pid}: ${name}`);
}

export function giveName(process: Process, name: string): void {
  process.system.names.set(name, process);
  process.name = name;
}

/** The actor that a message by name goes to. @throws BadArg if no actor has the name */
export function namedProcess(argument: string, name: string, system: System): Process {
  const process = system.names.get(name);
  if (process === undefined) throw new BadArg(argument, `is not registered: ${name}`);
  return process;
}
