/** What is known of a connection of TLS. */
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { TcpSocketInfo } from '../tcp/index.js';

/** Facts of the handshake. */
export interface TlsFacts {
  /** 'TLSv1.3', 'TLSv1.2'. */
  readonly protocol: string;
  /** The cipher suite, by its name in the standard: 'TLS_AES_256_GCM_SHA384'. */
  readonly cipher: string;
  /** The protocol that both ends have chosen by ALPN, if any: 'h2'. */
  readonly alpn: string | undefined;
  /** The name that the client asked for (SNI), if any. */
  readonly servername: string | undefined;
  /** Whether the peer has shown a certificate that `ca` vouches for. */
  readonly authorized: boolean;
  /** Why it is not authorized, as node:tls says it: 'DEPTH_ZERO_SELF_SIGNED_CERT'. */
  readonly authorizationError: string | undefined;
  /** The certificate of the peer, if it has shown one. */
  readonly peerCertificate: PeerCertificate | undefined;
  /** Whether an earlier session was taken up again. */
  readonly isResumed: boolean;
  /** Of a client: the newest session, to be given as `tls.session` to the next connect. With TLSv1.3 it comes a moment after the handshake. */
  readonly session: Buffer | undefined;
}

/** The state of a socket; of a connection also the facts of its handshake. */
export interface TlsSocketInfo extends TcpSocketInfo, Partial<TlsFacts> {}

const sessions = new WeakMap<TLSSocket, Buffer>();

/** Keeps the newest session of a client. To be called before the handshake. */
export function keepSession(socket: TLSSocket): void {
  socket.on('session', (session) => sessions.set(socket, session));
}

/** After the end of the connection some of them are not known any more. */
export function factsOf(socket: TLSSocket): TlsFacts {
  const { servername } = socket as { readonly servername?: unknown };
  const { authorizationError } = socket;
  const certificate: PeerCertificate | null = socket.getPeerCertificate();
  return {
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.standardName ?? '',
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
    servername: typeof servername === 'string' ? servername : undefined,
    authorized: socket.authorized,
    authorizationError: authorizationError === null || authorizationError === undefined ? undefined : String(authorizationError),
    peerCertificate: certificate === null || Object.keys(certificate).length === 0 ? undefined : certificate,
    isResumed: socket.isSessionReused() === true,
    session: sessions.get(socket),
  };
}
