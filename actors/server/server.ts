/**
 * A server in one call: a supervised listener, an actor for each connection, a limit, an end in good order. It knows no transport but by `Acceptable`.
 * Mirrors what Ranch does for Erlang and Thousand Island for Elixir.
 */
import { notSelf } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg, isAlive, isPid, isSelf, type Pid, type Port, whereis } from '../../runtime/index.js';
import { type StartOptions, type SupervisorMessage, supervisor } from '../behaviours/index.js';
import { startDrain } from './drain.js';
import { Listeners } from './listener.js';
import { type ServerInfo, Service } from './service.js';
import { type SessionMessage, sessionStarter } from './session.js';
import { limitsOf, type ServerSpec } from './spec.js';

/** Of each server, for whoever asks about it. */
const services = new WeakMap<Pid, Service<Port, never>>();

/**
 * Starts a server; settles when it listens. It is a supervisor, with all that goes with one: `stop`, `exit(pid, 'shutdown')`, a place in another supervisor.
 *
 * - Each connection is handed off to an actor of its own, the session, with nothing lost. A session that ends, however it does, ends its connection and
 *   nothing else. A session that throws since its peer has gone has not crashed.
 * - A listener that fails is started again; the sessions do not notice. If the port cannot be opened again it is tried on, with pauses up to 5 s.
 * - With `maxSessions` sessions the stack refuses newcomers, at no cost, until one has ended.
 * - When it is to end ('shutdown'), it stops listening, sends each session `['drain', drainMs]`, and waits so long for them to end. What is left then gets
 *   an exit signal 'shutdown' and, a second later, 'kill'.
 *
 * @throws BadArg naming what is wrong
 * @throws StartError if `listen` fails the first time
 * @example
 * const echo = await server.start({
 *   listen: (self) => sctp.open(self, 2006),
 *   session: async (self, socket) => {
 *     for await (const [, , [info], data] of socket) if (info !== undefined) await socket.send(info, data as Buffer);
 *   },
 * });
 */
function start<Socket extends Port, Arrival, M = SessionMessage>(
  spec: ServerSpec<Socket, Arrival, M>,
  options: StartOptions = {},
): Promise<Pid<SupervisorMessage>> {
  const { maxSessions, drainMs } = limitsOf(spec);
  const service = new Service<Socket, Arrival>(maxSessions, sessionStarter(spec.session, spec.sessionOptions ?? {}));
  const listeners = new Listeners<Socket, Arrival>(service, spec.listen);
  const startListener = (top: AnySelf): Promise<Pid> => {
    services.set(top.pid, service as unknown as Service<Port, never>);
    return listeners.start(top);
  };
  return supervisor.start(
    {
      // A part that fails is started again, however often: the sessions, which do not need it, must not fall with it.
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

/** As `start`, linked to its parent, which it ends with. */
function startLink<Socket extends Port, Arrival, M = SessionMessage>(
  self: AnySelf,
  spec: ServerSpec<Socket, Arrival, M>,
  options: StartOptions = {},
): Promise<Pid<SupervisorMessage>> {
  if (!isSelf(self)) throw new BadArg('self', notSelf);
  return start(spec, { ...options, link: self });
}

/** What is known of a server, by its pid or its name; undefined if it is none, or has ended. */
function info(which: Pid | string): ServerInfo | undefined {
  return serviceOf(which)?.info;
}

/** The sessions that there are, the oldest first. */
function sessions(which: Pid | string): Pid[] {
  return [...(serviceOf(which)?.sessions.values() ?? [])].map((session) => session.worker());
}

/** `start`, `startLink`, `info`, `sessions`. */
export const server = { start, startLink, info, sessions } as const;

function serviceOf(which: Pid | string): Service<Port, never> | undefined {
  const pid = typeof which === 'string' ? whereis(which) : which;
  if (pid !== undefined && !isPid(pid)) throw new BadArg('server', 'must be a Pid or a name');
  return pid !== undefined && isAlive(pid) ? services.get(pid) : undefined;
}
