/** Names of sockets of TCP and UDP: an address with its port, or the path of a Unix-domain socket. */
import { type InetFamily, type InetName, inetFamily } from '../../native/contract/inet.js';
import { BadArg } from '../../runtime/index.js';
import { checkAddress, familyOf, literalAddress, resolveAddress } from './addresses.js';
import { errnoError, type NameReason, SocketError } from './errors.js';
import type { InetHandle } from './inetHandle.js';

/** The path of a Unix-domain socket. A first character '\0' makes it an abstract name, which is no file; '' is a socket that is not bound (UO-9, TL-17). */
export interface LocalName {
  readonly local: string;
}

/** The name of a socket or of its peer. */
export type SockName = { readonly address: string; readonly port: number } | LocalName;

/** A host, or the path of a local socket. */
export type InetAddress = string | LocalName;

export function isLocalName(value: unknown): value is LocalName {
  return typeof value === 'object' && value !== null && 'local' in value && typeof value.local === 'string';
}

/** @throws BadArg unless `address` is a string or has a path */
export function checkInetAddress(address: unknown, argument = 'address'): InetAddress {
  if (typeof address === 'object' && address !== null) {
    if (isLocalName(address)) return address;
    throw new BadArg(argument, 'must be an address, a host name, or { local: path }');
  }
  return checkAddress(address, argument);
}

/** @throws BadArg unless a path has port 0, and a host any */
export function checkLocalPort(address: InetAddress, port: number, argument = 'port'): void {
  if (typeof address !== 'string' && port !== 0) throw new BadArg(argument, 'must be 0, as a path has no ports');
}

/** As users see it. */
export function sockNameOf({ family, address, port }: InetName): SockName {
  return family === inetFamily.local ? { local: pathOf(address) } : { address, port };
}

/** @throws SocketError 'einval' */
export function sockname({ stack, handle }: InetHandle, syscall = 'sockname'): SockName {
  const name = stack.sockname(handle);
  if (typeof name === 'number') throw errnoError<NameReason>(name, syscall);
  return sockNameOf(name);
}

/** @throws SocketError 'enotconn' */
export function peername({ stack, handle }: InetHandle, syscall = 'peername'): SockName {
  const name = stack.peername(handle);
  if (typeof name === 'number') throw errnoError<NameReason>(name, syscall);
  return sockNameOf(name);
}

/**
 * The address as the stack takes it, if that can be told without asking anybody; undefined for a name to look up by `resolveInet`.
 *
 * @throws SocketError 'eafnosupport' for an address of another family than the socket's (UO-8, TN-12)
 */
export function inetLiteral(address: InetAddress, family: InetFamily, syscall: string): string | undefined {
  if (typeof address !== 'string') {
    if (family === inetFamily.local) return bytesOfPath(address.local);
    throw new SocketError('eafnosupport', syscall, {
      address: address.local,
      detail: 'a path is for a local socket: open one with the family local',
    });
  }
  if (family === inetFamily.local) {
    throw new SocketError('eafnosupport', syscall, { address, detail: 'a local socket has peers with paths: { local: path }' });
  }
  if (family === inetFamily.ipv6 && familyOf(address) === 4) throw new SocketError('eafnosupport', syscall, { address });
  return literalAddress(address, family, syscall);
}

/** Looks a host name up. @throws SocketError 'nxdomain', 'eafnosupport' */
export async function resolveInet(address: InetAddress, family: InetFamily, syscall: string): Promise<string> {
  const literal = inetLiteral(address, family, syscall);
  return literal ?? resolveAddress(address as string, family as 4 | 6, syscall);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Surrogates that stand for a byte of a path that is no UTF-8, less the byte. Text has none of these alone. */
const escapeBase = 0xdc00;
const escaped = /[\udc80-\udcff]/u;

/** A path in Latin-1, one character for each byte, as stacks have it. Text is UTF-8; what `pathOf` could not decode is the bytes that it was. */
export function bytesOfPath(path: string): string {
  if (!escaped.test(path)) return Buffer.from(path).toString('latin1');
  return Array.from(path, (character) =>
    escaped.test(character)
      ? String.fromCharCode(character.charCodeAt(0) - escapeBase)
      : Buffer.from(character).toString('latin1'),
  ).join('');
}

/** The path of a name as a stack has it, as text. Bytes that are no UTF-8 come as lone surrogates, so that every path can be sent to. */
export function pathOf(bytes: string): string {
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return bytes.replace(/[\x80-\xff]/g, (character) => String.fromCharCode(escapeBase + character.charCodeAt(0)));
  }
}
