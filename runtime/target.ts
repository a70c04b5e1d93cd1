/** Checks of arguments that stand for an actor or a port. */
import type { Entity } from './entity.js';
import { BadArg } from './errors.js';
import { ProcessId } from './pid.js';
import type { Port } from './port.js';
import type { Process } from './process.js';

/** The process of a pid. @throws BadArg */
export function checkPid(argument: string, value: unknown): Process {
  if (value instanceof ProcessId) return value.process;
  throw new BadArg(argument, 'must be a pid');
}

/** The process of a pid, or a port as it is. @throws BadArg */
export function checkEntity(argument: string, value: unknown): Entity {
  if (value instanceof ProcessId) return value.process;
  if (typeof value === 'object' && value !== null && typeof (value as Port).onExit === 'function') return value as Port;
  throw new BadArg(argument, 'must be a pid or a port');
}
