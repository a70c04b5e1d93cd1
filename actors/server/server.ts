/**
 * A server in one call: a supervised listener, an actor for each connection, a limit, and an end in good order. It works over every transport whose sockets are
 * `Acceptable`. Mirrors Ranch for Erlang and Thousand Island for Elixir.
 */
import { notSelf } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg, isAlive, isPid, isSelf, type Pid, type Port, whereis } from '../../runtime/index.js';
import { type StartOptions, type SupervisorMessage, supervisor } from '../behaviours/index.js';
import { startDrain } from './drain.js';
import { Listeners } from './listener.js';
import { type ServerInfo, Service } from './service.js';
import { type SessionMessage, sessionStarter } from './session.js';
import { limitsOf, type ServerSpec } from './spec.js';

/** The service of each server, for `info` and `sessions`. */
const services = new WeakMap<Pid, Service<Port, never>>();

/**
 * Starts a server. The start settles when the server listens. A server is a supervisor, so `stop` and `exit(pid, 'shutdown')` end it, and it can be the child of
 * another supervisor.
 *
 * - Each connection is handed to an actor of its own, the session, and no data is lost on the way. When a session ends, in whatever way, its connection ends,
 *   and nothing else does. A session that throws because its peer has gone is not reported as a crash.
 * - A listener that fails is started again, and the sessions do not notice. If the port cannot be opened, the listener tries again, with pauses of up to 5 s.
 * - While there are `maxSessions` sessions, nobody is accepted, and newcomers wait in the kernel's backlog. An SCTP socket of type 'seqpacket', which has no
 *   backlog, has the stack refuse them, at no cost.
 * - A handshake of TLS is the session's: it holds up nobody else, and has `handshakeMs`.
 * - When the server is told to end ('shutdown'), it stops listening and sends each session `['drain', drainMs]`. Sessions that still live after `drainMs` get
 *   the exit signal 'shutdown' and, a second later, 'kill'.
 *
 * @throws BadArg naming the argument that is wrong
 * @throws StartError if `listen` fails the first time
 * @example
 * const echo = await server.start({
 *   listen: (self) => tcp.listen(self, 7, { active: false }),
 *   session: async (self, socket) => {
 *     for await (const data of socket) await socket.send(data);
 *   },
 * });
 */
function start<Socket extends Port, Arrival, M = SessionMessage>(
  spec: ServerSpec<Socket, Arrival, M>,
  options: StartOptions = {},
): Promise<Pid<SupervisorMessage>> {
  const { maxSessions, acceptors, handshakeMs, drainMs } = limitsOf(spec);
  const starter = sessionStarter(spec.session, spec.sessionOptions ?? {}, handshakeMs);
  const service = new Service<Socket, Arrival>(maxSessions, starter);
  const listeners = new Listeners<Socket, Arrival>(service, spec.listen, acceptors);
  const startListener = (top: AnySelf): Promise<Pid> => {
    services.set(top.pid, service as unknown as Service<Port, never>);
    return listeners.start(top);
  };
  return supervisor.start(
    {
      // A part that fails is started again, however often, since the sessions do not need it and must not end because of it.
      intensity: Number.MAX_SAFE_INTEGER,
      periodMs: 1,
      children: [
        { id: 'sessions', start: (top) => startDrain(top, service, drainMs), shutdown: Number.POSITIVE_INFINITY },
        { id: 'listener', start: startListener },
      ],
    },
    { label: 'server', ...options },
  );
}

/** Like `start`, and links the server to its parent, so that it ends when the parent does. */
function startLink<Socket extends Port, Arrival, M = SessionMessage>(
  self: AnySelf,
  spec: ServerSpec<Socket, Arrival, M>,
  options: StartOptions = {},
): Promise<Pid<SupervisorMessage>> {
  if (!isSelf(self)) throw new BadArg('self', notSelf);
  return start(spec, { ...options, link: self });
}

/** The state of a server, by its pid or its name; undefined if that is no server, or if the server has ended. */
function info(which: Pid | string): ServerInfo | undefined {
  return serviceOf(which)?.info;
}

/** The pids of a server's sessions, the oldest first. */
function sessions(which: Pid | string): Pid[] {
  return [...(serviceOf(which)?.sessions.values() ?? [])].map((session) => session.worker());
}

/** Servers. `start` and `startLink` start one, `info` gives its state, and `sessions` the pids of its sessions. */
export const server = { start, startLink, info, sessions } as const;

function serviceOf(which: Pid | string): Service<Port, never> | undefined {
  const pid = typeof which === 'string' ? whereis(which) : which;
  if (pid !== undefined && !isPid(pid)) throw new BadArg('server', 'must be a Pid or a name');
  return pid !== undefined && isAlive(pid) ? services.get(pid) : undefined;
}
