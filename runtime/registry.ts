/** Names of actors, a set for each system. A name goes with its actor. Mirrors erlang:register/2 and its kin. */
import { BadArg } from './errors.js';
import { checkName, dropName } from './names.js';
import { type Pid, ProcessId } from './pid.js';
import type { Process } from './process.js';
import { dead } from './states.js';
import { checkSystem, defaultSystem, type System } from './system.js';

declare const accepts: unique symbol;

/**
 * A name under which an actor that takes messages of type `M` is, or will be, registered. It is a string, to which `name` has given a type. A
 * string without one can be looked up, monitored and unregistered, but not sent to.
 */
export type Name<M> = string & { readonly [accepts]: (message: M) => void };

/**
 * Gives a name the type of the messages that its actor takes, once, where both sides can import it.
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
 * @throws BadArg if the name is taken, or the actor has a name or has ended; erlang:register/2 raises badarg in the same cases
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

/** @throws BadArg if nobody has that name */
export function unregister(name: string, system: System = defaultSystem): void {
  const process = checkSystem('system', system).names.get(checkName('name', name));
  if (process === undefined) throw new BadArg('name', `is not registered: ${name}`);
  dropName(process);
}

/** The actor of that name; undefined if there is none. */
export function whereis<M>(name: Name<M>, system?: System): Pid<M> | undefined;
export function whereis(name: string, system?: System): Pid | undefined;
export function whereis(name: string, system: System = defaultSystem): Pid | undefined {
  return checkSystem('system', system).names.get(checkName('name', name))?.pid as Pid | undefined;
}

/** All names of a system, in the order in which they were registered. */
export function registered(system: System = defaultSystem): string[] {
  return [...checkSystem('system', system).names.keys()];
}

/** @throws BadArg if somebody has the name */
export function checkFree(argument: string, name: string, system: System): void {
  const holder = system.names.get(name);
  if (holder !== undefined) throw new BadArg(argument, `is the name of ${holder.pid}: ${name}`);
}

export function giveName(process: Process, name: string): void {
  process.system.names.set(name, process);
  process.name = name;
}

/** The actor that a message is meant for. @throws BadArg if nobody has that name */
export function namedProcess(argument: string, name: string, system: System): Process {
  const process = system.names.get(name);
  if (process === undefined) throw new BadArg(argument, `is not registered: ${name}`);
  return process;
}
