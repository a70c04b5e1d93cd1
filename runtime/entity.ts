/** What links, monitors and exit signals reach: actors and ports. */

import { Addressee } from './addressee.js';
import type { Pid } from './pid.js';
import type { Port } from './port.js';
import type { Process } from './process.js';
import { dead } from './states.js';

export type Entity = Process | Port;

/** Every process is an `Addressee`, and no port is. Asking for that, instead of `Process`, keeps this file below everything that a process is made of. */
export function isProcess(entity: Entity | null): entity is Process {
  return entity instanceof Addressee;
}

/** The name of an entity in messages. */
export function nameOf(entity: Entity): Pid | Port {
  return isProcess(entity) ? (entity.pid as unknown as Pid) : entity;
}

/** Whether the actor lives, or the port is open. */
export function isThere(entity: Entity): boolean {
  return isProcess(entity) ? entity.state !== dead : entity.isOpen;
}
