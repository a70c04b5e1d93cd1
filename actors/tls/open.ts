/**
 * The functions of ssl that need no socket of TLS: `listen`, `connect`, `upgrade`. They are made for the stack of TCP that they are given, so that tests can give
 * another than the machine's.
 */

import type { Duplex } from 'node:stream';
import { Server, type TLSSocket } from 'node:tls';
import { type AnySelf, BadArg, isAlive } from '../../runtime/index.js';
import {
  type Active,
  charging,
  checkLivingCaller,
  checkSignal,
  checkTimeout,
  detach,
  type HandoffReason,
  Limits,
  SocketError,
  type WaitOptions,
} from '../socket/index.js';
import { belowOf } from '../tcp/below.js';
import { hasDuplex, sealedDuplex } from '../tcp/duplex.js';
import { createDuplexTcp, type DuplexTcp } from '../tcp/duplexTcp.js';
import { type TcpOptions, TcpSocket } from '../tcp/index.js';
import { createTcp, type TcpOpener } from '../tcp/open.js';
import { handshakeAsClient, handshakeAsServer } from './handshake.js';
import {
  clientOf,
  defaultHandshakeMs,
  serverOf,
  splitOptions,
  type TlsClientOptions,
  type TlsConnectOptions,
  type TlsListenOptions,
  type TlsUpgradeOptions,
} from './options.js';
import type { HandshakeReason } from './reasons.js';
import { listensWith, secured, TlsSocket } from './socket.js';

/** The surface of ssl. */
export interface Tls {
  /**
   * Opens a socket that listens for connections of TLS, with the options of `tcp.listen`. `tls` is what `tls.createServer` of Node takes: `cert` and `key`,
   * `SNICallback`, `ALPNProtocols`, `requestCert` with `ca`, and so on. What the other options say is inherited by the sockets that `accept` gives.
   *
   * @throws BadArg naming an argument or option, also if node:tls refuses the certificate
   * @throws SocketError as `tcp.listen`
   */
  listen(self: AnySelf, port: number | string, options: TlsListenOptions): Promise<TlsSocket>;
  /**
   * Connects, and makes the handshake. `tls` is what `tls.connect` of Node takes: `ca`, `cert` and `key`, `servername`, `ALPNProtocols`, `session`,
   * `rejectUnauthorized`, and so on. The certificate of the server must be one for `address`, unless `tls` says otherwise.
   *
   * @param timeoutMs for everything together; Infinity by default
   * @throws BadArg naming an argument or option
   * @throws SocketError as `tcp.connect`, and 'tls_alert' | 'closed' | 'timeout' | 'aborted' as `upgrade`
   */
  connect(
    self: AnySelf,
    address: string | { readonly local: string },
    port: number | string,
    options?: TlsConnectOptions,
    timeoutMs?: number,
    wait?: WaitOptions,
  ): Promise<TlsSocket>;
  /**
   * Makes a TLS socket of a connection of TCP that the caller owns, as STARTTLS does: `tls: { isServer: true, cert, key }` on one side, `tls: { ca, servername }` on the
   * other. What has come of the socket and was not received belongs to TLS, messages in the caller's mailbox included. The TLS socket takes over the options of the
   * socket, and `active`, unless they are given; it has `buffer` 16384 if nobody has set another. The TCP socket is TLS's own from then on: it cannot be handed
   * over, whatever would send, receive or set by it fails with 'not_owner', and it ends with the TLS socket. Erlang leaves the former owner's `gen_tcp:send` free to
   * write into the stream of TLS. If the handshake fails, the connection is closed.
   *
   * @param timeoutMs for the handshake; 10,000 by default
   * @throws BadArg naming an argument or option; nothing has happened then
   * @throws SocketError 'not_owner', 'ealready' (a `recv` waits), 'enotconn' (it listens): nothing has happened; 'closed'; 'tls_alert': one of the ends refuses the
   *   other, and the message and `cause` say why; 'timeout'; 'aborted'; 'econnreset'
   */
  upgrade(
    self: AnySelf,
    socket: TcpSocket,
    options: TlsUpgradeOptions,
    timeoutMs?: number,
    wait?: WaitOptions,
  ): Promise<TlsSocket>;
  /** The sockets of this environment that are open, listeners too. */
  openSockets(): TlsSocket[];
}

/** The longest payload of a record. */
const recordBytes = 16_384;
const defaultTcpBuffer = 1460;

/** Options that a TLS socket takes over from the socket below. */
const inherited = [
  'mode',
  'packet',
  'packetSize',
  'lineDelimiter',
  'buffer',
  'exitOnClose',
  'showEconnreset',
  'sendTimeout',
  'sendTimeoutClose',
  'highWatermark',
  'lowWatermark',
  'flushTimeout',
  'highMsgqWatermark',
  'lowMsgqWatermark',
  'highMsgqWatermarkBytes',
  'lowMsgqWatermarkBytes',
] as const satisfies readonly (keyof TcpOptions)[];

type Shake = (duplex: Duplex) => Promise<TLSSocket>;

/** What `upgrade` and the others do with a connection. */
interface Upgrade {
  readonly options: TcpOptions;
  readonly shake: Shake;
  readonly withinMs: number;
  readonly signal: AbortSignal | undefined;
  readonly syscall: string;
}

/** TLS over the TCP that `opener` opens with the first socket. */
export function createTls(opener: TcpOpener): Tls {
  const below = createTcp(opener, { tags: 'ssl', Socket: TlsSocket });
  const above = createDuplexTcp({ tags: 'ssl', Socket: TlsSocket });

  const listen: Tls['listen'] = (self, port, options) => {
    const [{ handshakeMs = defaultHandshakeMs, ...rest }, tls] = splitOptions(options);
    checkTimeout(handshakeMs, 'options.handshakeMs');
    if (tls === undefined)
      throw new BadArg('options.tls', 'must have `cert` and `key`, or whatever else node:tls makes a server of');
    const server = serverOf(tls as TlsListenOptions['tls']);
    const shake: Shake = (duplex) => handshakeAsServer(server, duplex, 'accept');
    const listening = below.listen(self, port, rest).then((socket) => {
      socket[listensWith]({
        handshakeMs,
        secure: (owner, raw, active, withinMs, signal) =>
          charging(owner.pid, secure(above, owner, raw, { options: { active }, shake, withinMs, signal, syscall: 'accept' })),
      });
      return socket;
    });
    return charging(self.pid, listening);
  };

  const connect: Tls['connect'] = (self, address, port, options = {}, timeoutMs = Number.POSITIVE_INFINITY, wait = undefined) => {
    checkLivingCaller(self);
    const [{ active = true, ...rest }, tls = {}] = splitOptions(options);
    const client = clientOf(tls as TlsClientOptions, typeof address === 'string' ? address : undefined);
    const shake: Shake = (duplex) => handshakeAsClient(client, duplex, 'connect');
    const { clock } = self.system;
    const startedMs = clock.now();
    const connecting = below.connect(self, address, port, { ...rest, active: false }, timeoutMs, wait).then((socket) => {
      const withinMs = Math.max(0, timeoutMs - (clock.now() - startedMs));
      return secure(above, self, socket, { options: { active }, shake, withinMs, signal: checkSignal(wait), syscall: 'connect' });
    });
    return charging(self.pid, connecting);
  };

  const upgrade: Tls['upgrade'] = (self, socket, options, timeoutMs = defaultHandshakeMs, wait = undefined) => {
    const owner = checkLivingCaller(self);
    if (!(socket instanceof TcpSocket)) throw new BadArg('socket', 'must be a TcpSocket');
    const [rest, tls = {}] = splitOptions(options);
    const signal = checkSignal(wait);
    checkTimeout(timeoutMs);
    above.checkOptions(rest);
    const shake = shakeOf(tls as NonNullable<TlsUpgradeOptions['tls']>);
    if (socket.isOpen && socket.owner !== owner)
      return charging(self.pid, Promise.reject(new SocketError<HandoffReason>('not_owner', 'upgrade')));
    const upgraded = async (): Promise<TlsSocket> => {
      const active: Active | undefined = rest.active ?? socket.getopts(['active']).active;
      const wanted: TcpOptions = { ...rest, ...(active === undefined ? {} : { active }) };
      return secure(above, self, socket, { options: wanted, shake, withinMs: timeoutMs, signal, syscall: 'upgrade' });
    };
    return charging(self.pid, upgraded());
  };

  return { listen, connect, upgrade, openSockets: () => [...below.openSockets(), ...above.openSockets()] };
}

/** From here on the connection is TLS's: in the end there is a TLS socket, or the connection is closed. */
async function secure(above: DuplexTcp<TlsSocket>, self: AnySelf, socket: TcpSocket, upgrade: Upgrade): Promise<TlsSocket> {
  const { options, shake, withinMs, signal, syscall } = upgrade;
  const taken = socket.getopts(inherited);
  const buffer = taken.buffer === defaultTcpBuffer ? recordBytes : taken.buffer;
  const layer = socket[belowOf];
  if (!socket.info().states.includes('connected')) throw new SocketError<'enotconn'>('enotconn', syscall);
  const refusal = hasDuplex(socket) ? 'ealready' : socket[detach]();
  if (refusal === 'not_owner') throw new SocketError<HandoffReason>(refusal, syscall, { detail: 'TLS has it already' });
  if (refusal !== undefined) throw new SocketError<'ealready'>(refusal, syscall);
  const duplex = sealedDuplex(socket);
  const late = (): Error =>
    new SocketError<HandshakeReason>('timeout', syscall, { detail: 'the handshake was not over in the time given' });
  const limits = new Limits(self, withinMs, signal, syscall, late);
  let connection: TLSSocket;
  try {
    connection = await limits.within(withinMs === 0 ? Promise.reject(late()) : shake(duplex));
    if (!isAlive(self.pid)) throw self.signal.reason;
  } catch (error) {
    duplex.destroy();
    throw error;
  } finally {
    limits.end();
  }
  const made = above.adopt(self, connection, layer, { ...taken, ...(buffer === undefined ? {} : { buffer }), ...options });
  made[secured](connection);
  return made;
}

/** The side of the handshake that `upgrade` takes. @throws BadArg */
function shakeOf(tls: NonNullable<TlsUpgradeOptions['tls']>): Shake {
  if (tls instanceof Server || tls.isServer === true) {
    const server = serverOf(tls);
    return (duplex) => handshakeAsServer(server, duplex, 'upgrade');
  }
  const { isServer, ...options } = tls;
  if (isServer !== undefined && isServer !== false) throw new BadArg('options.tls.isServer', 'must be a boolean');
  const client = clientOf(options, undefined);
  return (duplex) => handshakeAsClient(client, duplex, 'upgrade');
}
