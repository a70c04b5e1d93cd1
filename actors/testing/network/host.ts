/** The hosts of a simulated network as their transports see them: addresses, and who has which port. */
import { familyOf } from '../../socket/index.js';
import { isAny, isLoopback, plainAddress } from './addresses.js';
import { Bindings } from './bindings.js';
import type { SctpPlace } from './sctpPlace.js';
import type { TcpEnd } from './tcpEnd.js';
import type { UdpEnd } from './udpEnd.js';

export class Host {
  readonly addresses: ReadonlySet<string>;
  readonly tcp = new Bindings<TcpEnd>();
  readonly udp = new Bindings<UdpEnd>();
  /** SCTP has UDP ports of its own: those of RFC 6951. */
  readonly sctp = new Bindings<SctpPlace>();

  constructor(addresses: Iterable<string>) {
    this.addresses = new Set(addresses);
  }

  /** Whether packets to the address stay on this host. */
  has(address: string): boolean {
    return isLoopback(address) || this.addresses.has(address);
  }

  mayBind(address: string): boolean {
    return isAny(address) || this.has(plainAddress(address));
  }

  /** The address from which packets to `destination` leave, if the socket has not chosen one. Undefined if the host has none of that family. */
  sourceFor(destination: string): string | undefined {
    if (this.has(destination)) return destination;
    const family = familyOf(destination);
    return [...this.addresses].find((address) => familyOf(address) === family && !isLoopback(address));
  }
}

/** All hosts by address. */
export class Hosts {
  readonly #byAddress = new Map<string, Host>();

  get all(): Set<Host> {
    return new Set(this.#byAddress.values());
  }

  has(address: string): boolean {
    return this.#byAddress.has(address);
  }

  add(host: Host): void {
    for (const address of host.addresses) this.#byAddress.set(address, host);
  }

  /** The host that packets from `from` to this address come to. */
  find(from: Host, address: string): Host | undefined {
    return from.has(address) ? from : this.#byAddress.get(address);
  }
}

/** The address that stands for this host where a packet needs one: any address is its loopback one. */
export function concrete(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : plainAddress(address);
}
