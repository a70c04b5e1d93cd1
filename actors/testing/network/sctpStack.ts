/**
 * SCTP of one simulated host: the embedded engine, by the time and the seed of the network. What the addon does with UDP sockets is done here with the network's datagrams: a
 * socket has a carrier for each of its addresses, all with one UDP port, and a packet for a port that nobody has is answered as ICMP does.
 */
import { constants } from 'node:os';
import type { BatchCallback, Handle } from '../../../native/contract/batch.js';
import { carrierKind, carrierRecord } from '../../../native/contract/carrier.js';
import type { SctpOpenParams } from '../../../native/contract/sctp.js';
import type { SteppedSctpStack } from '../../../native/contract/stepped.js';
import type { Timer } from '../../../runtime/index.js';
import { AddressReader, familyOf } from '../../socket/index.js';
import { openSteppedSctp } from '../stacks.js';
import { isAny, plainAddress } from './addresses.js';
import { Channel } from './channel.js';
import type { Host, Hosts } from './host.js';
import type { Name } from './inetSource.js';
import { protocolSctp } from './packetTrace.js';
import type { SctpPlace } from './sctpPlace.js';
import { TimedSctp } from './timedSctp.js';
import type { Wire } from './wire.js';

const { EADDRNOTAVAIL, EINVAL, ENODEV, ENOENT } = constants.errno;
/** What an Ethernet carries, less the headers of IPv6 and UDP: the MTU of a host's interface. */
const interfaceMtu = 1452;
/** The least that a carrier may have. */
const leastMtu = 512;
/** Time begins here, as 0 means no time to the engine. */
const firstUs = 1_000_000;
const stepsPerTurn = 1000;

export class SimulatedSctpStack extends TimedSctp {
  readonly #wire: Wire;
  readonly #hosts: Hosts;
  readonly #host: Host;
  readonly #onBatch: BatchCallback;
  readonly #places = new Map<Handle, SctpPlace>();
  readonly #byName = new Map<string, SctpPlace>();
  /** Carriers that have lost a socket, and are to be closed when nothing uses them any more. */
  readonly #left = new Set<SctpPlace>();
  readonly #channels = new Map<string, Channel>();
  readonly #addresses = new AddressReader();
  readonly #sources = new AddressReader();
  #timer: Timer | undefined;
  #timerUs = 0;
  #isWoken = false;
  #isHandingOver = false;
  readonly #step = { run: (): void => this.#run() };

  constructor(wire: Wire, hosts: Hosts, host: Host, onBatch: BatchCallback) {
    super(openSteppedSctp(wire.randomness.below(2 ** 32)));
    this.#wire = wire;
    this.#hosts = hosts;
    this.#host = host;
    this.#onBatch = onBatch;
  }

  open(params: SctpOpenParams): Handle | number {
    const below = this.wake();
    if (params.carriers !== undefined) return below.open(params);
    if (params.netns !== undefined) return -ENOENT;
    if (params.bindToDevice !== undefined && params.bindToDevice !== '' && params.bindToDevice !== 'lo') return -ENODEV;
    const places = this.#placesFor(params);
    if (typeof places === 'number') return places;
    const port = params.encapsPort === 0 ? places[0]!.port : params.port;
    const handle = below.open({ ...params, port, addresses: [], carriers: places.map((place) => place.handle) });
    if (handle < 0) for (const place of places) this.#left.add(place);
    return handle;
  }

  close(handle: Handle, abort: boolean): number {
    for (const place of this.#places.values()) this.#left.add(place);
    return this.wake().close(handle, abort);
  }

  drain(handle: Handle): number {
    // As in the addon: what is there comes as the next batch of this turn.
    return this.#isHandingOver ? 0 : this.wake().drain(handle);
  }

  protected wake(): SteppedSctpStack {
    this.below.setTime(this.#nowUs);
    this.#wakeStep();
    return this.below;
  }

  get #nowUs(): number {
    return firstUs + Math.round(this.#wire.nowMs * 1000);
  }

  #wakeStep(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    this.#wire.soon(this.#step);
  }

  #run(): void {
    this.#isWoken = false;
    const { below } = this;
    const now = this.#nowUs;
    below.setTime(now);
    let steps = 0;
    for (let records = below.step(); records > 0 || below.nextStep() <= now; records = below.step()) {
      if (records > 0) this.#handOver(records);
      steps += 1;
      if (steps === stepsPerTurn) {
        this.#wakeStep();
        return;
      }
    }
    this.#closeLeft();
    this.#arm(below.nextStep());
  }

  /** Packets leave, and the others of the batch go to their sockets. */
  #handOver(records: number): void {
    const { meta } = this;
    const end = records * carrierRecord.words;
    for (let base = 0; base < end; base += carrierRecord.words) {
      if (meta[base + carrierRecord.kind] !== carrierKind.packet) continue;
      const place = this.#places.get(meta[base + carrierRecord.socket]!);
      if (place !== undefined) this.#transmit(place, base);
    }
    this.#isHandingOver = true;
    try {
      this.#onBatch(records);
    } finally {
      this.#isHandingOver = false;
    }
  }

  #transmit(place: SctpPlace, base: number): void {
    const { meta, slab } = this;
    const wire = this.#wire;
    const offset = meta[base + carrierRecord.offset]!;
    const packet = slab.slice(offset, offset + meta[base + carrierRecord.length]!);
    const to = { address: plainAddress(this.#addresses.read(meta, base)), port: meta[base + carrierRecord.port]! };
    const source = this.#sourceOf(place, base, to.address);
    const host = this.#hosts.find(this.#host, to.address);
    if (source === undefined) return;
    const from = { address: source, port: host === this.#host ? place.port : wire.nats.outsideOf(source, place.port) };
    wire.note(protocolSctp, from, to, packet);
    if (host === undefined) return;
    const mayBeFragmented = meta[base + carrierRecord.mayBeFragmented] === 1;
    const { mtu, tellsMtu } = wire.conditions(from.address, to.address);
    if (packet.length > mtu && !mayBeFragmented) {
      if (tellsMtu) this.#channel(to.address, from.address).sendLoose(0, () => this.#tooBig(place, packet, to, mtu));
      return;
    }
    const arrive = (isChanged: boolean): void => {
      const port = host === this.#host ? to.port : wire.nats.insideOf(to.address, to.port);
      if (port === undefined) return;
      const [receiver] = host.sctp.find(to.address, port);
      if (receiver !== undefined) receiver.take(isChanged ? this.#changed(packet) : packet, from, to.address);
      else this.#channel(to.address, from.address).sendLoose(0, () => this.#refused(place, packet, to));
    };
    this.#channel(from.address, to.address).sendLoose(packet.length, arrive, mayBeFragmented);
  }

  #sourceOf(place: SctpPlace, base: number, to: string): string | undefined {
    const at = base + carrierRecord.toLocal;
    if (this.meta[at + carrierRecord.family] !== 0) return plainAddress(this.#sources.read(this.meta, at));
    return isAny(place.address) ? this.#host.sourceFor(to) : plainAddress(place.address);
  }

  #changed(packet: Uint8Array): Uint8Array {
    const changed = new Uint8Array(packet);
    const bit = this.#wire.randomness.below(8 * packet.length);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    return changed;
  }

  #refused(place: SctpPlace, packet: Uint8Array, to: Name): void {
    this.wake().refused(place.handle, packet, to.address, to.port);
  }

  #tooBig(place: SctpPlace, packet: Uint8Array, to: Name, mtu: number): void {
    this.wake().tooBig(place.handle, packet, to.address, to.port, mtu);
  }

  /** The carriers of a socket, one for each address: those that are there, and new ones. */
  #placesFor({ addresses, family, port, encapsPort, ipv6Only }: SctpOpenParams): readonly SctpPlace[] | number {
    const places: SctpPlace[] = [];
    let wanted = encapsPort === 0 ? port : encapsPort;
    for (const address of addresses) {
      const own = addresses.length > 1 ? (familyOf(address) as 4 | 6) : family;
      const place = this.#place(address, own, wanted, own === 6 && (ipv6Only || addresses.length > 1));
      if (typeof place === 'number' || places.includes(place)) {
        for (const one of places) this.#left.add(one);
        return typeof place === 'number' ? place : -EINVAL;
      }
      wanted = place.port;
      places.push(place);
    }
    return places;
  }

  #place(address: string, family: 4 | 6, port: number, isV6Only: boolean): SctpPlace | number {
    const there = this.#byName.get(nameOf(address, family, port, isV6Only));
    if (there !== undefined) return there;
    if (!this.#host.mayBind(address)) return -EADDRNOTAVAIL;
    const any = isAny(address);
    const own = any ? ['127.0.0.1', '::1', ...this.#host.addresses].filter((one) => reaches(family, one, isV6Only)) : [address];
    const carrier = {
      addresses: [...new Set(own)],
      any,
      remote: family === 6 ? '::1' : '127.0.0.1',
      port: 0,
      mtu: Math.max(leastMtu, Math.min(interfaceMtu, this.#wire.usualMtu)),
      integrity: false,
    };
    const make = (handle: Handle, bound: number): SctpPlace => {
      const take = (packet: Uint8Array, from: Name, to: string): void => {
        this.wake().input(handle, packet, from.address, from.port, to);
      };
      return { handle, address, port: bound, take };
    };
    // The port is known when it is bound, and the carrier wants to know it when it is made.
    const promise = make(0, port);
    const bound = this.#host.sctp.bind(promise, { family, address, port, isV6Only }, () => false);
    if (bound < 0) return bound;
    this.#host.sctp.release(promise, bound, '');
    const handle = this.below.openCarrier({ ...carrier, port: bound });
    if (handle < 0) return handle;
    const place = make(handle, bound);
    this.#host.sctp.bind(place, { family, address, port: bound, isV6Only }, () => false);
    this.#places.set(handle, place);
    this.#byName.set(nameOf(address, family, bound, isV6Only), place);
    return place;
  }

  #closeLeft(): void {
    for (const place of this.#left) {
      if (this.below.closeCarrier(place.handle, false) !== 0) continue;
      this.#left.delete(place);
      this.#places.delete(place.handle);
      this.#host.sctp.release(place, place.port, '');
      for (const [name, other] of this.#byName) if (other === place) this.#byName.delete(name);
    }
  }

  #arm(nextUs: number): void {
    const wire = this.#wire;
    if (this.#timer !== undefined) {
      if (this.#timerUs <= nextUs) return;
      wire.cancel(this.#timer);
      this.#timer = undefined;
    }
    if (nextUs === Number.POSITIVE_INFINITY) return;
    this.#timerUs = nextUs;
    this.#timer = wire.after(Math.max(0, (nextUs - this.#nowUs) / 1000), () => {
      this.#timer = undefined;
      this.#run();
    });
  }

  #channel(from: string, to: string): Channel {
    const key = `${from} ${to}`;
    const channel = this.#channels.get(key) ?? new Channel(this.#wire, from, to);
    this.#channels.set(key, channel);
    return channel;
  }
}

const nameOf = (address: string, family: number, port: number, isV6Only: boolean): string =>
  `${address} ${family} ${port} ${isV6Only}`;

/** Whether a socket of the family that is bound to any address has this one. */
function reaches(family: 4 | 6, address: string, isV6Only: boolean): boolean {
  return familyOf(address) === family || (family === 6 && !isV6Only);
}
