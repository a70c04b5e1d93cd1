/** The port numbers under which a network knows the sockets of an address whose NAT has forgotten them, or never did. */

const firstPort = 61_000;
const lastPort = 65_535;

/** The NAT in front of one address, after it has forgotten everything once. */
class Nat {
  /** By the ports of sockets, those that others see, and the other way round. */
  readonly #outside = new Map<number, number>();
  readonly #inside = new Map<number, number>();
  #next = firstPort;

  outsideOf(port: number): number {
    const known = this.#outside.get(port);
    if (known !== undefined) return known;
    const outside = this.#next;
    this.#next = outside === lastPort ? firstPort : outside + 1;
    // When it has run out of ports it takes the oldest one away from whoever has it.
    const former = this.#inside.get(outside);
    if (former !== undefined) this.#outside.delete(former);
    this.#outside.set(port, outside);
    this.#inside.set(outside, port);
    return outside;
  }

  insideOf(port: number): number | undefined {
    return this.#inside.get(port);
  }

  /** Every socket gets another port with its next datagram. */
  forget(): void {
    this.#outside.clear();
    this.#inside.clear();
  }
}

/** The NATs of a network. Addresses without one show their ports as they are. */
export class Nats {
  readonly #byAddress = new Map<string, Nat>();

  rebind(address: string): void {
    const nat = this.#byAddress.get(address);
    if (nat === undefined) this.#byAddress.set(address, new Nat());
    else nat.forget();
  }

  /** The port that the receiver of a datagram sees. */
  outsideOf(address: string, port: number): number {
    return this.#byAddress.get(address)?.outsideOf(port) ?? port;
  }

  /** The port of the socket that a datagram is for. Undefined: it is for nobody. */
  insideOf(address: string, port: number): number | undefined {
    const nat = this.#byAddress.get(address);
    return nat === undefined ? port : nat.insideOf(port);
  }
}
