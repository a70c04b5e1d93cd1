/**
 * The calls of an SCTP socket: gen_sctp's functions as methods, with what each takes, does and fails with. `SctpSocket` has them, besides the functions of inet
 * (inetSocket.ts) and what every transport has: ownership, `close` and `controllingProcess` (actors/socket/socketPort.ts).
 *
 * All calls check their arguments first and throw `BadArg` at once. Later failures are `SocketError`s: thrown, or given as the rejection of the promise that
 * a call returns. On a closed socket every call fails with 'closed'.
 */
import type { AnySelf, Pid } from '../../runtime/index.js';
import type { Active, HandoffOptions, SocketMessage, WaitOptions } from '../socket/index.js';
import type { AssocId, SctpAssocChange, StreamId } from './events.js';
import type { OptionList, SctpOptions } from './options.js';
import type { SctpItem, SctpReceived } from './received.js';
import type { AssocRef, IoData, SendInfo, SendOptions } from './sending.js';
import type { SockAddr } from './sockAddr.js';
import type { StreamsToAdd, StreamsToReset } from './streams.js';

/** Options for a socket that is to connect, as an object or as Erlang's list. */
export type ConnectOptions = SctpOptions | OptionList<SctpOptions>;

export interface SctpCalls<Socket> {
  /**
   * Accepts associations from others (true, or a backlog), or no more (false, 0) (LS-1..LS-6). They show up as comm_up events; at a socket of type
   * 'stream' they wait for `accept`, and nothing else is ever delivered to it (FC-39). As many may wait as the backlog says, and one more, as on
   * Linux; who comes then is refused. At a socket of type 'seqpacket' nobody waits, and only the backlog's being 0 matters.
   *
   * @param backlog true is 5; what is negative, or above the system's greatest (4096), is that
   * @throws SocketError 'einval' (a socket that has an association of its own), 'eaddrinuse' (LS-7), 'closed'
   */
  listen(backlog: boolean | number): Promise<void>;

  /**
   * The next association that comes to a listening socket of type 'stream', as a socket of its own, owned by the caller. It has this one's options
   * and its `active` value, count included, as in gen_tcp (FC-34); its first item is its comm_up. Several calls may wait, and are served in order;
   * the death of the caller ends its wait. Closing this socket does not touch accepted ones; what was not accepted is aborted (CL-13). gen_sctp
   * has no accept (OPN-10); this is RFC 6458 section 4.1.4.
   *
   * @param timeoutMs Infinity by default; 0 takes what is there
   * @throws SocketError 'einval' (not listening, or one-to-many), 'timeout', 'aborted', 'closed'; 'emfile' | 'enfile' | 'enomem': it can be accepted
   *   later
   */
  accept(self: AnySelf, timeoutMs?: number, options?: WaitOptions): Promise<Socket>;

  /**
   * Associates with a peer and waits for the outcome: resolves with the `comm_up` change. Other items of the socket stay queued, in order, and
   * the change is not delivered again (CN-8, CN-12). `options` are set on the socket first and stay (CN-1). With a count as `active` the
   * outcome counts as one item (CN-15). After a timeout the attempt goes on, and its change comes as an ordinary item (CN-7).
   *
   * The peer is an address and a port, which may be a service's name (CN-3), or both in one as a `SockAddr` (CN-4).
   *
   * @param timeoutMs for look-up and handshake together; Infinity by default
   * @throws SocketError 'cant_assoc' | 'comm_lost' | 'restart' | 'shutdown_comp' with the change as `event`, 'timeout', 'closed',
   *   'nxdomain', 'eafnosupport', 'eisconn', 'ealready', 'eaddrnotavail', 'einval'
   */
  connect(address: string, port: number | string, options?: ConnectOptions, timeoutMs?: number): Promise<SctpAssocChange>;
  connect(sockAddr: SockAddr, options?: ConnectOptions, timeoutMs?: number): Promise<SctpAssocChange>;

  /**
   * Begins to associate with a peer; the outcome comes as an `sctp_assoc_change` item (CN-20). Resolves with the id of the association to be,
   * which the change carries. Arguments as in `connect`, but the timeout is only for the look-up (CN-21).
   */
  connectInit(address: string, port: number | string, options?: ConnectOptions, timeoutMs?: number): Promise<AssocId>;
  connectInit(sockAddr: SockAddr, options?: ConnectOptions, timeoutMs?: number): Promise<AssocId>;

  /**
   * As `connectInit`, to a peer that has several addresses: the handshake may use any of them, all become paths of the association (CN-30). Either 1
   * to 255 addresses and a port, or addresses with their ports, of which the last that is not 0 counts for all (CN-31, CN-33).
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
   * Sends one message on a stream of an association, with the association's default parameters (SD-1); or, with an `sctp_sndrcvinfo`, exactly
   * as that says (SD-2). Resolves when the stack has taken it, which says nothing of the peer (SD-6). Without room it waits, and whatever is
   * sent after it to this association too, in order (SD-7, SD-8); the bytes must not be changed meanwhile. `options.signal` withdraws a send that waits.
   *
   * @throws SocketError 'epipe' (no such association), 'eshutdown', 'einval' (no such stream, or no data), 'emsgsize', 'eagain' (with
   *   `nonBlockSend`), 'enotsup' (a `prPolicy` that this stack does not have), 'aborted', 'closed' (SD-10)
   */
  send(assoc: AssocRef, stream: StreamId, data: IoData, options?: SendOptions): Promise<void>;
  send(info: SendInfo, data: IoData, options?: SendOptions): Promise<void>;

  /** Ends an association when everything sent has arrived (AS-2). It waits its turn behind waiting sends. @throws SocketError as `send` */
  eof(assoc: AssocRef): Promise<void>;

  /** Ends an association at once; what was not sent is dropped (AS-2). @throws SocketError 'epipe', 'einval' (a socket of type 'stream'), 'closed' */
  abort(assoc: AssocRef): Promise<void>;

  /**
   * The next item of any association, in passive mode: data or an event, also one that tells of an error (RV-1, RV-2, RV-16). It rejects when there is
   * no next item. One call may wait at a time (RV-6).
   *
   * @param timeoutMs Infinity by default; 0 takes what is there
   * @param options `signal` ends the wait; an actor that is not the owner gives its `self`, so that its death does (RV-14)
   * @throws SocketError 'timeout', 'einval' (the socket is active), 'ealready' (another call waits), 'closed', 'aborted'
   */
  recv(timeoutMs?: number, options?: WaitOptions): Promise<SctpReceived>;

  /**
   * Everything that a passive socket receives, until it is closed; and of a socket that was handed off, peeled off or accepted, until its association has
   * ended: the event that says so, and what could not be sent, are the last items. Each turn is a `recv`, with its errors. Leaving the loop leaves the socket
   * open.
   *
   * @param options as of `recv`: an actor that is not the owner gives its `self`, so that its death ends the loop (RV-14)
   */
  messages(options?: WaitOptions): AsyncGenerator<SctpItem, void, void>;

  /** As `messages`, without a signal: `for await (const [ip, port, anc, content] of socket)`. */
  [Symbol.asyncIterator](): AsyncGenerator<SctpItem, void, void>;

  /**
   * Makes an association a socket of its own, owned by the caller (PO-3), with the options of this one and its `active` value, count
   * included (PO-4, PO-5). Items that wait for the association move along, in order; messages already in a mailbox do not (PO-7).
   *
   * @throws SocketError 'einval' (no such association, or a one-to-one socket; or the new socket refuses an option, and is closed with its
   *   association), 'ebusy' (a send or connect of it waits), 'closed'; 'emfile' | 'enfile' | 'enomem': nothing has happened
   */
  peeloff(self: AnySelf, assoc: AssocRef): Socket;

  /**
   * Peels an association off and gives it to another actor, in one step. `to` gets a message that says so, `['socket', socket]` or `options.message`; then
   * everything of the association that waits in the mailbox of this socket's owner, data and events, in order and with the new socket in it; then what
   * comes. So nothing is lost, and a new owner knows what it owns before it is sent anything of it. `to` may be the caller.
   *
   * The new socket has the options of this one, and its `active` value, count included, unless `options.active` says another.
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
   * Adds local addresses to the socket, or takes some away: all of them or, if one is refused, none. Existing associations follow if both ends have
   * address re-configuration enabled (RFC 5061). Beyond OTP, which has it inside only (MH-9); RFC 6458 section 9.1. No addresses: nothing happens.
   *
   * @throws SocketError 'eaddrnotavail', 'eaddrinuse', 'einval' (bound already, or to any, or not bound), 'ebusy' (the last one cannot be removed),
   *   'nxdomain', 'enotsup' (a single-homed stack), 'closed'
   */
  bindx(addresses: string | readonly string[], how: 'add' | 'remove'): Promise<void>;

  /**
   * Asks for streams of an association to begin anew, their sequence numbers at 0 (RFC 6525): 'outgoing' ones, those that are 'incoming', or 'both'; all
   * of them unless `streams` lists some. It has to be supported by both ends (`sctpReconfigSupported`, before
   * they associate) and enabled (`sctpEnableStreamReset`); the outcome comes as an
   * `sctp_stream_reset_event`. @throws SocketError 'enoprotoopt' (not enabled), 'einprogress', 'einval', 'enotsup', 'closed'
   */
  resetStreams(assoc: AssocRef, request: StreamsToReset): Promise<void>;

  /** Asks for all streams and the transmission sequence numbers to begin anew, as `resetStreams`; tells by an `sctp_assoc_reset_event`. */
  resetAssoc(assoc: AssocRef): Promise<void>;

  /** Asks for more streams, as `resetStreams`; tells by an `sctp_stream_change_event`. */
  addStreams(assoc: AssocRef, request: StreamsToAdd): Promise<void>;
}
