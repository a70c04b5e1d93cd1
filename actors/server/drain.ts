/** How a server ends in good order: it tells its sessions, gives them time, and then ends those that are left. */
import { isExit, tell } from '../../runtime/behaviour.js';
import { type AnySelf, exit, makeRef, type Pid, type Port, reply, spawnLink } from '../../runtime/index.js';
import type { Service } from './service.js';

/** How many milliseconds a session that traps exits has between 'shutdown' and 'kill'. */
const lastMs = 1000;

/**
 * Starts the actor that ends the sessions. Until then it does nothing, and the sessions do not depend on it. It obeys the server's exit signal alone: no other
 * signal or message may end a session.
 */
export function startDrain<Socket extends Port, Arrival>(top: AnySelf, service: Service<Socket, Arrival>, drainMs: number): Pid {
  const body = async (self: AnySelf): Promise<never> => {
    while (!isExit(await self.receive(), top.pid));
    await drain(self, service, drainMs);
    return self.exit('shutdown');
  };
  return spawnLink(top, body, { label: 'sessions', trapExit: true });
}

async function drain<Socket extends Port, Arrival>(
  self: AnySelf,
  service: Service<Socket, Arrival>,
  drainMs: number,
): Promise<void> {
  service.draining = true;
  if (drainMs > 0) {
    for (const session of service.sessions.values()) tell(session.worker(), ['drain', drainMs]);
    await untilEmpty(self, service, drainMs);
  }
  for (const session of service.sessions.values()) exit(session.worker(), 'shutdown', self);
  await untilEmpty(self, service, lastMs);
  for (const session of service.sessions.values()) {
    exit(session.worker(), 'kill');
    exit(session.pid, 'kill');
  }
}

async function untilEmpty<Socket extends Port, Arrival>(
  self: AnySelf,
  service: Service<Socket, Arrival>,
  withinMs: number,
): Promise<void> {
  const ref = makeRef();
  service.whenEmpty(() => tell(self.pid, [ref]));
  await self.receive(reply(ref), { after: withinMs });
  service.whenEmpty(undefined);
}
