/** How a name is checked, and how an actor loses its name: the part of the registry that does not need to know systems. */
import { BadArg } from './errors.js';
import type { Process } from './process.js';

/** @throws BadArg unless it may be the name of an actor */
export function checkName(argument: string, name: unknown): string {
  // As in Erlang, where whereis says 'undefined' for a name that nobody has.
  if (typeof name !== 'string' || name === '' || name === 'undefined')
    throw new BadArg(argument, "must be a string, and neither '' nor 'undefined'");
  return name;
}

/** Takes the name from an actor that has one. */
export function dropName(process: Process): void {
  process.system.names.delete(process.name as string);
  process.name = null;
}
