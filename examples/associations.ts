/**
 * Associations that session actors look after, for any protocol over SCTP. `m3ua` and `diameter` are both built on this file. A `server` hands each new association off to a
 * session, which is a state machine. The session works with an `Association`.
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
  /** All messages that the session asked for have come. */
  | { readonly type: 'association.passive' }
  | { readonly type: 'association.other'; readonly message: unknown };

/** How the messages of a protocol are sent and read. */
export interface Protocol<Event> {
  readonly ppid: number;
  /** How many messages come before the session asks for more. */
  readonly credit: number;
  /** Makes an event of a message that came. It must not throw: a message that cannot be read is an event too. */
  readonly read: (data: Buffer, stream: number) => Event;
}

/** For the option `toEvent` of a session's state machine. */
export function eventReader<Event extends { readonly type: string }>({ read }: Protocol<Event>) {
  return (message: unknown): Event | AssociationEvent => {
    const [tag, socket] = Array.isArray(message) ? (message as readonly unknown[]) : [];
    // Messages that an earlier socket had sent before we closed it are not for this one.
    if (!(socket instanceof SctpSocket && socket.isOpen)) return { type: 'association.other', message };
    if (tag === 'socket') return { type: 'association.yours' };
    if (tag === 'sctp_passive') return { type: 'association.passive' };
    const [[info], content] = (message as Exclude<SctpMessage | SctpSocketMessage, { length: 2 }>)[4];
    if (Buffer.isBuffer(content)) return read(content, info?.stream ?? 0);
    // A peer that has restarted has forgotten everything that it agreed to, so this session is over too.
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

  /** Sends without waiting, because an action of a state machine cannot wait. A send that fails comes as the event `association.lost`. */
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
   * Lets `credit` more messages come, as soon as the stack has taken everything that we said. So if a peer does not read our answers, we do not read
   * the peer either, and nothing piles up in between.
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

/** Opens a socket for `self`, which owns it, and associates. If that fails, nothing is left open. */
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
 * Starts a supervisor of one session that associates by itself. If the session ends in good order, its supervisor ends with it. If the session fails, it is started again, unless
 * it fails too often.
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

/** The server of the associations, as a child of a supervisor. If it is started again, it comes back on its port. */
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
      // The port at which peers look for the server.
      port = server.info(pid)?.port ?? port;
      onListening(port);
      return pid;
    },
  };
}
