/** Which sockets of a host have which ports and paths, for one transport. */
import { constants } from 'node:os';
import { addressFor, isAny } from './addresses.js';

const { EADDRINUSE } = constants.errno;
const firstFreePort = 49152;
const lastFreePort = 65535;

/** What a socket is bound to. */
export interface Place {
  readonly family: number;
  readonly address: string;
  readonly port: number;
  /** An IPv6 socket that has nothing to do with IPv4. */
  readonly isV6Only: boolean;
}

interface Entry<Socket> {
  readonly place: Place;
  readonly socket: Socket;
}

export class Bindings<Socket> {
  readonly #ports = new Map<number, Entry<Socket>[]>();
  readonly #paths = new Map<string, Socket>();
  #nextPort = firstFreePort;

  /**
   * Binds a socket; port 0 is a free one.
   *
   * @param mayShare whether the place may be shared with the socket that has it
   * @returns the port, or a negative errno
   */
  bind(socket: Socket, wanted: Place, mayShare: (other: Socket) => boolean): number {
    const port = wanted.port === 0 ? this.#freePort() : wanted.port;
    const place = { ...wanted, port };
    const others = this.#ports.get(port) ?? [];
    if (others.some((other) => clash(other.place, place) && !mayShare(other.socket))) return -EADDRINUSE;
    this.#ports.set(port, [...others, { place, socket }]);
    return port;
  }

  bindPath(socket: Socket, path: string): number {
    if (this.#paths.has(path)) return -EADDRINUSE;
    this.#paths.set(path, socket);
    return 0;
  }

  release(socket: Socket, port: number, path: string): void {
    if (this.#paths.get(path) === socket) this.#paths.delete(path);
    const left = this.#ports.get(port)?.filter((entry) => entry.socket !== socket) ?? [];
    if (left.length > 0) this.#ports.set(port, left);
    else this.#ports.delete(port);
  }

  /** Those for whom packets to this address are, the most particular place first, then the newest. */
  find(address: string, port: number): Socket[] {
    const found = (this.#ports.get(port) ?? []).filter(({ place }) => takes(place, address)).reverse();
    return [...found.filter(({ place }) => !isAny(place.address)), ...found.filter(({ place }) => isAny(place.address))].map(
      ({ socket }) => socket,
    );
  }

  /** All who have the port, whatever the address. */
  findAll(port: number): Socket[] {
    return (this.#ports.get(port) ?? []).map(({ socket }) => socket);
  }

  findPath(path: string): Socket | undefined {
    return this.#paths.get(path);
  }

  #freePort(): number {
    for (;;) {
      const port = this.#nextPort;
      this.#nextPort = port === lastFreePort ? firstFreePort : port + 1;
      if (!this.#ports.has(port)) return port;
    }
  }
}

function takes({ family, address, isV6Only }: Place, packetTo: string): boolean {
  if (address === packetTo || addressFor(family, packetTo) === address) return true;
  if (!isAny(address)) return false;
  const isV4 = !packetTo.includes(':');
  return family === 4 ? isV4 : !(isV4 && isV6Only);
}

function clash(a: Place, b: Place): boolean {
  if (a.family !== b.family && (a.isV6Only || b.isV6Only)) return false;
  return a.address === b.address || isAny(a.address) || isAny(b.address);
}
