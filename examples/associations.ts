/**
 * Associations in the care of session actors, for any protocol over SCTP; both `m3ua` and `diameter` are built on it. A supervised listener peels each
 * new association off into a socket of its own and hands that to a session; `Association` is what a session then has in its hands.
 */
import {
  type AnySelf,
  type ChildSpec,
  exit,
  genServer,
  type Pid,
  type Self,
  type StartOptions,
  type SupervisorMessage,
  send,
  spawnLink,
  supervisor,
} from 'mailport';
import { type SctpAssocChange, type SctpMessage, type SctpOpenOptions, SctpSocket, SocketError, sctp } from 'mailport/sctp';

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
    if (tag === 'sctp_passive') return { type: 'association.passive' };
    const [[info], content] = (message as Exclude<SctpMessage, { length: 2 }>)[4];
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
  /** Starts the session of an association, linked to its supervisor. It must not touch the socket until it gets `association.yours`. */
  readonly startSession: (parent: AnySelf, socket: SctpSocket, change: SctpAssocChange) => Promise<Pid>;
  /** Called when the listening socket is open. */
  readonly onListening: (port: number) => void;
  readonly log: (line: string) => void;
}

/**
 * The children of a supervisor with the strategy 'rest_for_one' that serve associations; `needed` are those that sessions cannot do without. What comes later
 * depends on what comes before:
 *
 * - 'port' opens the listening socket and owns it. It does nothing else, so that nothing can go wrong in it, and the port is never lost.
 * - 'sessions' supervises the sessions, none of which is restarted: one that fails takes its own association with it, and the peer comes again.
 * - 'listener' takes associations from the listening socket, which is passive, one at a time. Should it fail, the next one goes on where it was.
 */
export function serviceChildren(service: Service, needed: readonly ChildSpec[] = []): readonly ChildSpec[] {
  let listening: SctpSocket | undefined;
  let sessions: Pid<SupervisorMessage> | undefined;
  let { port } = service;
  const open = async (self: Self<never>): Promise<void> => {
    listening = await sctp.open(self, port, { ...service.options, active: false });
    await listening.listen(true);
    // Where peers will look for it, should it ever be opened again.
    port = listening.port;
    service.onListening(port);
  };
  return [
    { id: 'port', start: (self) => startKeeper(self, open) },
    ...needed,
    {
      id: 'sessions',
      type: 'supervisor',
      start: async (self) => {
        const child = { id: 'session', start: service.startSession, restart: 'temporary' } as const;
        sessions = await supervisor.startLink(self, { strategy: 'simple_one_for_one', child }, { label: 'sessions' });
        return sessions;
      },
    },
    {
      id: 'listener',
      start: (self) => spawnLink(self, (own) => listen(own, listening!, sessions!, service), { label: 'listener' }),
    },
  ];
}

/** An actor that opens something and keeps it; it has started when that is open. */
async function startKeeper(parent: AnySelf, open: (self: Self<never>) => Promise<void>): Promise<Pid> {
  return genServer.startLink(parent, { init: async (self) => ['ok', await open(self as Self<never>)] }, { label: 'port' });
}

type Sessions = Pid<SupervisorMessage>;

/** While one association is being handed over no other is taken, and whatever has come for the first goes along with it. */
async function listen(self: AnySelf, listening: SctpSocket, sessions: Sessions, service: Service): Promise<never> {
  for (;;) {
    const content = await nextItem(self, listening);
    if ('type' in content && content.type === 'sctp_assoc_change' && content.state === 'comm_up') {
      await handOver(self, listening, content, sessions, service);
    }
  }
}

/** Events that tell of errors come as rejections. They are of associations that nobody has taken, and must not end the listener. */
async function nextItem(self: AnySelf, listening: SctpSocket) {
  for (;;) {
    try {
      return (await listening.recv(Number.POSITIVE_INFINITY, self))[3];
    } catch (error) {
      if (!(error instanceof SocketError) || error.event === undefined) throw error;
    }
  }
}

/** The new owner exists, the socket becomes its own, and only then is it told to begin. If that fails it concerns this association alone. */
async function handOver(
  self: AnySelf,
  listening: SctpSocket,
  change: SctpAssocChange,
  sessions: Sessions,
  { log }: Service,
): Promise<void> {
  let socket: SctpSocket | undefined;
  let session: Pid | undefined;
  try {
    socket = listening.peeloff(self, change);
    session = await supervisor.startChild(self, sessions, [socket, change]);
    if (session === undefined) throw new Error('there is no session for it');
    socket.controllingProcess(self, session);
    send(session as Pid<AssociationEvent>, { type: 'association.yours' });
    log(`association ${change.assocId} belongs to ${session}`);
  } catch (error) {
    // The peer is to know, and nothing of it is to come here any more.
    if (socket === undefined) await listening.abort(change).catch(() => undefined);
    else socket.close();
    if (session !== undefined) exit(session, 'shutdown', self);
    log(`association ${change.assocId} could not be handed over: ${String(error)}`);
  }
}
