/**
 * Associations in the care of session actors, for any protocol over SCTP; both `m3ua` and `diameter` are built on it. A `server` hands each new association off to a
 * session, a state machine; `Association` is what a session then has in its hands.
 */
import {
  type AnySelf,
  type ChildSpec,
  type Pid,
  type StartOptions,
  type SupervisorMessage,
  send,
  server,
  supervisor,
} from 'mailport';
import {
  type SctpAssocChange,
  type SctpMessage,
  type SctpOpenOptions,
  SctpSocket,
  type SctpSocketMessage,
  sctp,
} from 'mailport/sctp';

/** What happens to an association, as events of the session's state machine. */
export type AssociationEvent =
  /** The socket has become the session's own: the session may begin. */
  | { readonly type: 'association.yours' }
  | { readonly type: 'association.lost'; readonly why: string }
  /** As many messages have come as were asked for. */
  | { readonly type: 'association.passive' }
  | { readonly type: 'association.other'; readonly message: unknown };

/** Of a protocol: how its messages are sent and read. */
export interface Protocol<Event> {
  readonly ppid: number;
  /** How many messages a session lets come before it says that it wants more. */
  readonly credit: number;
  /** Makes an event of what came. Must not throw: what cannot be read is an event too. */
  readonly read: (data: Buffer, stream: number) => Event;
}

/** For the option `toEvent` of a session's state machine. */
export function eventReader<Event extends { readonly type: string }>({ read }: Protocol<Event>) {
  return (message: unknown): Event | AssociationEvent => {
    const [tag, socket] = Array.isArray(message) ? (message as readonly unknown[]) : [];
    // What a socket had sent before we closed it is not for the next one.
    if (!(socket instanceof SctpSocket && socket.isOpen)) return { type: 'association.other', message };
    if (tag === 'socket') return { type: 'association.yours' };
    if (tag === 'sctp_passive') return { type: 'association.passive' };
    const [[info], content] = (message as Exclude<SctpMessage | SctpSocketMessage, { length: 2 }>)[4];
    if (Buffer.isBuffer(content)) return read(content, info?.stream ?? 0);
    // A restarted peer has forgotten everything that was agreed upon, so this session is over too.
    if ('type' in content && content.type === 'sctp_assoc_change' && content.state !== 'comm_up') {
      return { type: 'association.lost', why: content.state };
    }
    return { type: 'association.other', message };
  };
}

/** One association and its socket, whose owner is the session. */
export class Association {
  readonly socket: SctpSocket;
  readonly outboundStreams: number;
  readonly #assocId: number;
  readonly #session: Pid<AssociationEvent>;
  readonly #protocol: Protocol<unknown>;
  #unsent = 0;
  #wantsMore = false;

  constructor(session: Pid, socket: SctpSocket, change: SctpAssocChange, protocol: Protocol<unknown>) {
    this.socket = socket;
    this.outboundStreams = change.outboundStreams;
    this.#assocId = change.assocId;
    this.#session = session as Pid<AssociationEvent>;
    this.#protocol = protocol;
  }

  /** Sends without waiting: an action of a state machine cannot wait. Failure comes as `association.lost`. */
  say(data: Buffer, stream = 0): void {
    this.#unsent += 1;
    this.socket.send({ assocId: this.#assocId, stream, ppid: this.#protocol.ppid }, data).then(
      () => {
        this.#unsent -= 1;
        this.#resume();
      },
      (error: Error) => send(this.#session, { type: 'association.lost', why: error.message }),
    );
  }

  /**
   * Lets `credit` more messages come, as soon as all that was said has been taken. Thus a peer that does not read our answers is not read
   * either, and nothing piles up in between.
   */
  more(): void {
    this.#wantsMore = true;
    this.#resume();
  }

  #resume(): void {
    if (!this.#wantsMore || this.#unsent > 0 || !this.socket.isOpen) return;
    this.#wantsMore = false;
    this.socket.setopts({ active: this.#protocol.credit });
  }
}

/** Opens a socket in the name of `self`, which will own it, and associates. Nothing is left open if that fails. */
export async function associate(
  self: AnySelf,
  host: string,
  port: number,
  options: SctpOpenOptions,
  protocol: Protocol<unknown>,
): Promise<Association> {
  const socket = await sctp.open(self, { ...options, active: false });
  try {
    return new Association(self.pid, socket, await socket.connect(host, port), protocol);
  } catch (error) {
    socket.close();
    throw error;
  }
}

/**
 * Starts a supervisor of one session that associates by itself. The session's end in good order is the supervisor's too; one that fails is started again, unless
 * that happens too often.
 */
export function startClient(start: (parent: AnySelf) => Promise<Pid>, options: StartOptions): Promise<Pid<SupervisorMessage>> {
  const child = { id: 'client', restart: 'transient', significant: true, start } as const;
  return supervisor.start({ autoShutdown: 'any_significant', children: [child] }, options);
}

export interface Service {
  readonly port: number;
  readonly options: SctpOpenOptions;
  /** Starts the session of an association, linked to `parent`. It must not touch the socket until it gets `association.yours`. */
  readonly startSession: (parent: AnySelf, socket: SctpSocket, change: SctpAssocChange) => Promise<Pid>;
  /** Called when the listening socket is open. */
  readonly onListening: (port: number) => void;
  readonly log: (line: string) => void;
}

/** The server of the associations, as a child of a supervisor. Should it be started again, it comes back on its port. */
export function serviceChild({ options, startSession, onListening, log, ...service }: Service): ChildSpec {
  let { port } = service;
  const start = async (self: AnySelf, socket: SctpSocket, change: SctpAssocChange): Promise<Pid> => {
    const session = await startSession(self, socket, change);
    log(`association ${change.assocId} belongs to ${session}`);
    return session;
  };
  return {
    id: 'server',
    type: 'supervisor',
    start: async (parent) => {
      const pid = await server.startLink(parent, {
        listen: (self, before) => sctp.open(self, before || port, { ...options, active: false }),
        session: { start },
        drainMs: 0,
      });
      // Where peers will look for it.
      port = server.info(pid)?.port ?? port;
      onListening(port);
      return pid;
    },
  };
}
