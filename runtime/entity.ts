/** What links, monitors and exit signals reach: actors and ports. */
import type { Pid } from './pid.js';
import type { Port } from './port.js';
import type { Process } from './process.js';
import { Receiver } from './receiver.js';
import { dead } from './states.js';

export type Entity = Process | Port;

/** Asks for a `Receiver`, which every process is and no port: so what only tells the two apart need not load all that a process is made of. */
export function isProcess(entity: Entity | null): entity is Process {
  return entity instanceof Receiver;
}

/** The name of an entity in messages. */
export function nameOf(entity: Entity): Pid | Port {
  return isProcess(entity) ? (entity.pid as unknown as Pid) : entity;
}

/** Whether the actor lives, or the port is open. */
export function isThere(entity: Entity): boolean {
  return isProcess(entity) ? entity.state !== dead : entity.isOpen;
}
