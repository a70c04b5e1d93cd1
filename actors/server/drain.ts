/** The end of a server in good order: its sessions are told, given time, and then ended. */
import { isExit, tell } from '../../runtime/behaviour.js';
import { type AnySelf, exit, makeRef, type Pid, type Port, reply, spawnLink } from '../../runtime/index.js';
import type { Service } from './service.js';

/** For a session that traps exits, between the signal 'shutdown' and the end. */
const lastMs = 1000;

/**
 * The actor that ends the sessions. It does nothing else, so they do not need it until then. Only the server itself can tell it to: any other exit signal
 * or message that finds it must not cost a session anything.
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
