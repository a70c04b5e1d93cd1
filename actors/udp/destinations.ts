/** Where datagrams go: an address in the words of a send. They are made once for each address that is sent to, and remembered. */
import { type InetFamily, inetFamily } from '../../native/contract/inet.js';
import { addressWords, type InetAddress, inetLiteral, pathOf, resolveInet, SocketError } from '../socket/index.js';
import type { UdpSendReason } from './reasons.js';

/** An address as a send has it. */
export interface Destination {
  readonly family: InetFamily;
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
  readonly scopeId: number;
  /** Of a local socket: its path, in Latin-1. */
  readonly path: string;
  /** As the stack takes it as text. */
  readonly literal: string;
}

/** So many are remembered before all are forgotten. Whoever answers strangers has as many destinations as there are strangers. */
const mostRemembered = 1024;

/** Destinations of the sockets of one family. */
export class Destinations {
  readonly #family: InetFamily;
  readonly #known = new Map<string, Destination>();
  #lastAddress: string | undefined;
  #last: Destination | undefined;

  constructor(family: InetFamily) {
    this.#family = family;
  }

  /**
   * The destination of a literal address, 'any', 'loopback' or a path. Undefined for a name, to be looked up by `resolve`. The hot path: the address that came
   * last is not looked for.
   *
   * @throws SocketError 'eafnosupport'; 'einval' for a scope that is not there
   */
  find(address: InetAddress, syscall: string): Destination | undefined {
    const key = typeof address === 'string' ? address : address.local;
    if (key === this.#lastAddress && (typeof address === 'string') === (this.#family !== inetFamily.local)) return this.#last;
    const literal = inetLiteral(address, this.#family, syscall);
    if (literal === undefined) return undefined;
    let found = this.#known.get(literal);
    if (found === undefined) {
      found = this.#make(literal, syscall);
      if (this.#known.size >= mostRemembered) this.#known.clear();
      this.#known.set(literal, found);
    }
    this.#lastAddress = key;
    this.#last = found;
    return found;
  }

  /** Looks a name up, each time anew (US-3). @throws SocketError 'nxdomain', and as `find` */
  async resolve(name: InetAddress, syscall: string): Promise<Destination> {
    const literal = await resolveInet(name, this.#family, syscall);
    return this.#make(literal, syscall);
  }

  #make(literal: string, syscall: string): Destination {
    if (this.#family === inetFamily.local) {
      return { family: this.#family, word0: 0, word1: 0, word2: 0, word3: 0, scopeId: 0, path: literal, literal };
    }
    const parsed = addressWords(literal);
    if (parsed === undefined) {
      const detail = 'this host has no interface as the address names behind its %';
      throw new SocketError<UdpSendReason>('einval', syscall, { address: literal, detail });
    }
    const { family, scopeId } = parsed;
    const [word0, word1, word2, word3] = parsed.words;
    return { family, word0, word1, word2, word3, scopeId, path: '', literal };
  }
}

/** A destination in the words of errors: a path has no port. */
export function placeOf(to: Destination, port: number): { readonly address: string; readonly port?: number } {
  return to.family === inetFamily.local ? { address: pathOf(to.path) } : { address: to.literal, port };
}

/** Whether it is the address that stands for any address of this host. */
export function isAny({ word0, word1, word2, word3, path }: Destination): boolean {
  return path === '' && (word0 | word1 | word2 | word3) === 0;
}

/** Whether two are the same address. */
export function isSameDestination(one: Destination, other: Destination): boolean {
  return (
    one.word0 === other.word0 &&
    one.word1 === other.word1 &&
    one.word2 === other.word2 &&
    one.word3 === other.word3 &&
    one.scopeId === other.scopeId &&
    one.path === other.path
  );
}
