/**
 * The end of a connection without loss. Closing a socket whose bytes nobody has read makes the system reset the connection, and throw away what it has not sent yet. So a
 * socket that has unread bytes, or something left to send, first ends its own direction only, and drops what comes, until the remote end has closed too.
 */
import type { AnySelf } from '../../runtime/index.js';
import { SocketError } from '../socket/index.js';
import type { TcpSocket } from '../tcp/index.js';

/** How many milliseconds the remote end has to read and to close. */
const patienceMs = 5000;

/** Whether closing the socket now could lose something that was sent. */
export function mayLose(tcp: TcpSocket): boolean {
  if (!tcp.isOpen) return false;
  const { unread, room } = tcp.readiness();
  return unread || room < Number.POSITIVE_INFINITY;
}

/** Resolves when the socket may be closed. Nobody else reads it any more. */
export async function lastWords(self: AnySelf, tcp: TcpSocket): Promise<void> {
  const untilMs = self.system.clock.now() + patienceMs;
  try {
    tcp.shutdown('write');
    for (;;) await tcp.recv(0, Math.max(0, Math.ceil(untilMs - self.system.clock.now())), self);
  } catch (error) {
    // The remote end has closed, or the connection is lost, or time is over.
    if (!(error instanceof SocketError)) throw error;
  }
}
