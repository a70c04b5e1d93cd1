/**
 * The calls of an SCTP socket: gen_sctp's functions as methods, with what each takes, does and fails with. `SctpSocket` has them, besides the functions of inet
 * (inetSocket.ts) and what every transport has: ownership, `close` and `controllingProcess` (actors/socket/socketPort.ts).
 *
 * All calls check their arguments first and throw `BadArg` at once. Later failures are `SocketError`s: thrown, or given as the rejection of the promise that
 * a call returns. On a closed socket every call fails with 'closed'.
 */
import type { AnySelf, Pid } from '../../runtime/index.js';
import type { Active, HandoffOptions, IoData, SockAddr, SocketMessage, WaitOptions } from '../socket/index.js';
import type { AssocId, SctpAssocChange, StreamId } from './events.js';
import type { OptionList, SctpOptions } from './options.js';
import type { SctpItem, SctpReceived } from './received.js';
import type { AssocRef, SendInfo, SendOptions } from './sending.js';
import type { StreamsToAdd, StreamsToReset } from './streams.js';

/** Options for a socket that is to connect, as an object or as Erlang's list. */
export type ConnectOptions = SctpOptions | OptionList<SctpOptions>;

export interface SctpCalls<Socket> {
  /**
   * Accepts associations from others (true, or a backlog), or no longer (false, 0) (LS-1..LS-6). At a socket of type 'seqpacket' an association begins with its
   * comm_up event, and of the backlog only 0 matters. At a socket of type 'stream' associations wait for `accept`, up to backlog + 1 of them as on Linux; further
   * ones are refused. Nothing but associations ever comes to a listening socket of type 'stream' (FC-39).
   *
   * @param backlog true stands for 5; a negative one, or one above the system's limit (4096), for that limit
   * @throws SocketError 'einval' (a socket that has an association of its own), 'eaddrinuse' (LS-7), 'closed'
   */
  listen(backlog: boolean | number): Promise<void>;

  /**
   * The next association that comes to a listening socket of type 'stream', as a socket of its own that the caller owns. The new socket takes over the options and
   * the `active` mode, as in gen_tcp; a count goes on where it stood (FC-34). Its first item is its comm_up. Several calls may wait, and are served in order; the
   * death of a caller ends its wait. Closing the listening socket leaves accepted sockets open and aborts associations that nobody has accepted (CL-13). gen_sctp
   * has no accept (OPN-10); this is RFC 6458 section 4.1.4.
   *
   * @param timeoutMs Infinity by default; 0 takes an association that is there already
   * @param wait a signal that ends the wait, or `{ signal }`, or an actor's self
   * @throws SocketError 'einval' (not listening, or one-to-many), 'timeout', 'aborted', 'closed'; 'emfile' | 'enfile' | 'enomem': it can be accepted
   *   later
   */
  accept(self: AnySelf, timeoutMs?: number, options?: WaitOptions): Promise<Socket>;
  accept(self: AnySelf, wait: AbortSignal | WaitOptions): Promise<Socket>;

  /**
   * Associates with a peer and waits for the outcome: resolves with the `comm_up` change. Other items of the socket stay queued, in order, and
   * the change is not delivered again (CN-8, CN-12). `options` are set on the socket first and stay (CN-1). With a count as `active` the
   * outcome counts as one item (CN-15). After a timeout the attempt goes on, and its change comes as an ordinary item (CN-7).
   *
   * The peer is given as an address and a port, which may be a service's name (CN-3), or as a `SockAddr`, which has both (CN-4).
   *
   * @param timeoutMs for look-up and handshake together; Infinity by default
   * @throws SocketError 'cant_assoc' | 'comm_lost' | 'restart' | 'shutdown_comp' with the change as `event`, 'timeout', 'closed',
   *   'nxdomain', 'eafnosupport', 'eisconn', 'ealready', 'eaddrnotavail', 'einval'
   */
  connect(address: string, port: number | string, options?: ConnectOptions, timeoutMs?: number): Promise<SctpAssocChange>;
  connect(sockAddr: SockAddr, options?: ConnectOptions, timeoutMs?: number): Promise<SctpAssocChange>;

  /**
   * Begins to associate with a peer. Resolves with the id of the association to be. The outcome comes as an `sctp_assoc_change` item with that id (CN-20). The
   * arguments are those of `connect`, but the timeout is for the look-up alone (CN-21).
   */
  connectInit(address: string, port: number | string, options?: ConnectOptions, timeoutMs?: number): Promise<AssocId>;
  connectInit(sockAddr: SockAddr, options?: ConnectOptions, timeoutMs?: number): Promise<AssocId>;

  /**
   * As `connectInit`, to a peer that has several addresses: the handshake may use any of them, and all become paths of the association (CN-30). The peer is given
   * as 1 to 255 addresses and a port, or as addresses with their ports; of these ports the last one that is not 0 counts for all addresses (CN-31, CN-33).
   *
   * @throws SocketError as `connect`, and 'enotsup' for several addresses on a stack that is single-homed (CN-34)
   */
  connectxInit(
    addresses: readonly string[],
    port: number | string,
    options?: ConnectOptions,
    timeoutMs?: number,
  ): Promise<AssocId>;
  connectxInit(sockAddrs: readonly SockAddr[], options?: ConnectOptions, timeoutMs?: number): Promise<AssocId>;

  /**
   * Sends one message on a stream of an association, with the association's default parameters (SD-1); or, with an `sctp_sndrcvinfo`, with the parameters in that
   * record alone (SD-2). Resolves when the stack has taken the message, which says nothing about the peer (SD-6).
   *
   * A message for which there is no room waits, and later messages to the same association wait behind it, in order (SD-7, SD-8). The bytes must not be changed
   * until the promise resolves. `options.signal` withdraws a message that waits.
   *
   * @throws SocketError 'epipe' (no such association), 'eshutdown', 'einval' (no such stream, or no data), 'emsgsize', 'eagain' (with
   *   `nonBlockSend`), 'aborted', 'closed' (SD-10)
   */
  send(assoc: AssocRef, stream: StreamId, data: IoData, options?: SendOptions): Promise<void>;
  send(info: SendInfo, data: IoData, options?: SendOptions): Promise<void>;

  /** Ends an association when all messages sent have arrived (AS-2). The call takes its turn behind sends that wait. @throws SocketError as `send` */
  eof(assoc: AssocRef): Promise<void>;

  /**
   * Ends an association at once; messages that have not been sent yet are dropped (AS-2).
   *
   * @throws SocketError 'epipe', 'einval' (a socket of type 'stream'), 'closed'
   */
  abort(assoc: AssocRef): Promise<void>;

  /**
   * The next item of any association, in passive mode: data or an event, among them events that tell of an error (RV-1, RV-2, RV-16). One call may wait at a time
   * (RV-6).
   *
   * @param timeoutMs Infinity by default; 0 takes an item that is there already
   * @param options `signal` ends the wait. An actor that is not the owner gives its `self`, so that its death ends the wait (RV-14)
   * @throws SocketError 'timeout', 'einval' (the socket is active), 'ealready' (another call waits), 'closed', 'aborted'
   */
  recv(timeoutMs?: number, options?: WaitOptions): Promise<SctpReceived>;

  /**
   * The items of a passive socket, one after the other, until the socket is closed. The loop over a socket that was handed off, peeled off or accepted ends with
   * its association, too: the last items are the event that tells of the end, and messages that could not be sent. Each turn is a `recv`, and fails as `recv`
   * does. Leaving the loop leaves the socket open.
   *
   * @param options as of `recv`: an actor that is not the owner gives its `self`, so that its death ends the loop (RV-14)
   */
  messages(options?: WaitOptions): AsyncGenerator<SctpItem, void, void>;

  /** As `messages`, without a signal: `for await (const [ip, port, anc, content] of socket)`. */
  [Symbol.asyncIterator](): AsyncGenerator<SctpItem, void, void>;

  /**
   * Makes an association a socket of its own, owned by the caller (PO-3). The new socket takes over the options and the `active` mode; a count goes on where it
   * stood, so data may reach its owner at once (PO-4, PO-5). Items that wait for the association move along, in order; messages that are in a mailbox already do
   * not (PO-7).
   *
   * @throws SocketError 'einval' (no such association, or a one-to-one socket; or the new socket refuses an option, and is closed with its
   *   association), 'ebusy' (a send or connect of the association waits), 'closed'; 'emfile' | 'enfile' | 'enomem': nothing has happened
   */
  peeloff(self: AnySelf, assoc: AssocRef): Socket;

  /**
   * Peels an association off and gives the new socket to another actor, in one step. The mailbox of `to` gets, in this order:
   *
   * 1. `['socket', socket]`, or `options.message`: so a new owner knows its socket before it is sent anything of it;
   * 2. the messages of the association, data and events, that wait in the mailbox of this socket's owner, with the new socket in them: so nothing is lost;
   * 3. what the peer sends from then on.
   *
   * The new socket takes over the options and the `active` mode, a count where it stood, unless `options.active` gives another mode. `to` may be the caller.
   *
   * @example socket.handOff(self, change, session, { active: 10, message: (socket) => ['yours', socket] })
   * @throws BadArg unless `to` is a Pid, or naming an option
   * @throws SocketError as `peeloff`, and 'badarg' (`to` has ended); nothing has happened then
   */
  handOff(
    self: AnySelf,
    assoc: AssocRef,
    to: Pid<SocketMessage<Socket>>,
    options?: { readonly active?: Active; readonly message?: undefined },
  ): Socket;
  handOff<const M>(self: AnySelf, assoc: AssocRef, to: Pid<M>, options: HandoffOptions<Socket, M>): Socket;

  /**
   * Adds local addresses to the socket, or takes some away: all of them or, if one is refused, none. Without addresses nothing happens. Existing associations
   * follow if both ends have address re-configuration enabled (RFC 5061), which the embedded stack has not. OTP has this function inside, not for users (MH-9); RFC 6458 section 9.1.
   *
   * @throws SocketError 'eaddrnotavail', 'eaddrinuse', 'einval' (bound already, or to any, or not bound), 'ebusy' (the last one cannot be removed),
   *   'nxdomain', 'enotsup' (a single-homed stack), 'closed'
   */
  bindx(addresses: string | readonly string[], how: 'add' | 'remove'): Promise<void>;

  /**
   * Asks for streams of an association to begin anew, with sequence number 0 (RFC 6525): the 'outgoing' streams, the 'incoming' ones, or 'both'; all of these, unless
   * `streams` lists some. Both ends must support this (`sctpReconfigSupported`, set before they associate) and enable it (`sctpEnableStreamReset`). The outcome
   * comes as an `sctp_stream_reset_event`. Messages that are sent after the call arrive behind the reset.
   *
   * @throws SocketError 'enoprotoopt' (an end does not offer it, or this one has not enabled it), 'einprogress' (one at a time), 'enotconn' (not up), 'einval' (no such association or streams),
   *   'eagain' (messages of the streams wait; on the kernel's stack), 'closed'
   */
  resetStreams(assoc: AssocRef, request: StreamsToReset): Promise<void>;

  /** Asks for all streams and the transmission sequence numbers to begin anew, as `resetStreams`. The outcome comes as an `sctp_assoc_reset_event`. */
  resetAssoc(assoc: AssocRef): Promise<void>;

  /** Asks for more streams, as `resetStreams`. The outcome comes as an `sctp_stream_change_event`. */
  addStreams(assoc: AssocRef, request: StreamsToAdd): Promise<void>;
}
