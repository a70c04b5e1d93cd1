/** The options of TLS sockets: those of TCP, and what node:tls is told. */
import { constants } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, createSecureContext, createServer, Server, type TlsOptions } from 'node:tls';
import { BadArg } from '../../runtime/index.js';
import type { TcpConnectOptions, TcpListenOptions, TcpOptions } from '../tcp/index.js';

/** How long a handshake may take, in milliseconds, unless something else is given. */
export const defaultHandshakeMs = 10_000;

/** What node:tls is told of a connection that we begin: `ca`, `cert`, `key`, `servername`, `ALPNProtocols`, `session`, `rejectUnauthorized`, … */
export type TlsClientOptions = Omit<ConnectionOptions, 'socket' | 'host' | 'port' | 'path' | 'timeout' | 'lookup'>;

/** What node:tls is told of connections that come to us: `cert`, `key`, `SNICallback`, `ALPNProtocols`, `requestCert`, `ca`, `ticketKeys`, … */
export type TlsServerOptions = Omit<TlsOptions, 'handshakeTimeout' | 'pauseOnConnect'>;

export interface TlsListenOptions extends TcpListenOptions {
  /** Options, or a server of node:tls that was made of them. Such a server need not listen; it is told of sessions and OCSP requests, and takes `addContext`. */
  readonly tls: TlsServerOptions | Server;
  /** How long the handshake of a connection that was accepted may take, in milliseconds; 10,000 unless given. A server has an option of its own for that. */
  readonly handshakeMs?: number;
}

export interface TlsConnectOptions extends TcpConnectOptions {
  /** `servername` is the address, unless that is a number or something else is given. */
  readonly tls?: TlsClientOptions;
}

/** `isServer: true`, or a server of node:tls, for the side that was connected to. */
export interface TlsUpgradeOptions extends TcpOptions {
  readonly tls?: (TlsClientOptions & { readonly isServer?: false }) | (TlsServerOptions & { readonly isServer: true }) | Server;
}

/**
 * The server of node:tls that knows the certificates, for options that are used again and again. It never listens. It is what keeps secure contexts, SNI, tickets and
 * sessions.
 */
const servers = new WeakMap<object, Server>();

/** One of these has a server, or it cannot answer: a certificate, or what takes the place of one. */
const certifying = ['cert', 'key', 'pfx', 'secureContext', 'SNICallback', 'pskCallback', 'ciphers'];

/** @throws BadArg if node:tls refuses the options, or they have no certificate */
export function serverOf(options: TlsServerOptions | Server): Server {
  if (options instanceof Server) return options;
  let server = servers.get(options);
  if (server === undefined) {
    if (!certifying.some((name) => name in options))
      throw new BadArg('options.tls', 'must have `cert` and `key`, or whatever else node:tls makes a server of');
    server = checked(() => createServer(withoutRenegotiation(options) as TlsOptions));
    servers.set(options, server);
  }
  return server;
}

/** The options of a client for node:tls, with the certificates read already, so that whatever is wrong with them shows at once. @throws BadArg */
export function clientOf(options: TlsClientOptions, address: string | undefined): ConnectionOptions {
  const servername = address === undefined || isIP(address) !== 0 ? {} : { servername: address };
  const given: ConnectionOptions = { ...(address === undefined ? {} : { host: address }), ...servername, ...options };
  return { ...given, secureContext: options.secureContext ?? checked(() => createSecureContext(withoutRenegotiation(options))) };
}

/**
 * No peer begins a new handshake on a connection (TLSv1.2; TLSv1.3 has no such thing). Each would cost us a handshake at no cost to the peer, and node:tls, over a
 * Duplex that is about to end, answers one by an assertion that ends the process. A server of node:tls that is given in place of options may allow them: there the
 * first one ends its connection (handshake.ts).
 */
function withoutRenegotiation<T extends TlsClientOptions | TlsServerOptions>(options: T): T {
  return { ...options, secureOptions: (options.secureOptions ?? 0) | constants.SSL_OP_NO_RENEGOTIATION };
}

/** Options of node:tls that people give beside those of TCP. */
const tlsNames: ReadonlySet<string> = new Set([
  ...certifying,
  ...['ca', 'crl', 'passphrase', 'requestCert', 'rejectUnauthorized', 'servername', 'checkServerIdentity', 'ALPNProtocols'],
  ...['session', 'isServer', 'minVersion', 'maxVersion'],
]);

/** What was given, in two: options of TCP, and those of TLS. @throws BadArg */
export function splitOptions<T extends object>(given: T): [Omit<T, 'tls'>, unknown] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new BadArg('options', 'must be an object');
  for (const name of Object.keys(given)) {
    if (tlsNames.has(name)) throw new BadArg(`options.${name}`, `is for node:tls: write { tls: { ${name}: ... } }`);
  }
  const { tls, ...rest } = given as T & { tls?: unknown };
  if (tls !== undefined && (typeof tls !== 'object' || tls === null))
    throw new BadArg('options.tls', 'must be an object, as node:tls takes it');
  return [rest, tls];
}

/** Calls node:tls, whose complaint about options is the caller's mistake. */
function checked<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new BadArg('options.tls', error instanceof Error ? error.message : String(error));
  }
}
