/** A simulated socket of UDP: what has come and waits, in a queue that is bounded by `recbuf` as the kernel's is. */
import { inetFamily, inetOption } from '../../../native/contract/inet.js';
import { udpFlag, udpKind, udpRecord } from '../../../native/contract/udp.js';
import type { BatchWriter } from '../../socket/index.js';
import { wordsOf } from './addresses.js';
import type { InetEnd, Name } from './inetSource.js';
import { SimulatedOptions } from './options.js';
import { Credit } from './source.js';

/** What Linux counts for a datagram beside its bytes, roughly: so few small ones fill a queue (UB-3). */
const overheadBytes = 768;

/** A datagram that has come. */
export interface Datagram {
  readonly from: Name;
  readonly to: string;
  readonly payload: Uint8Array;
  readonly ttl: number;
  readonly tos: number;
}

type Waiting = { readonly datagram: Datagram } | { readonly error: number };

export class UdpEnd implements InetEnd {
  readonly credit = new Credit();
  readonly family: number;
  readonly options: SimulatedOptions;
  local: Name | undefined;
  remote: Name | undefined;
  /** An error of an earlier send, for the next call (UE-3). */
  error = 0;
  /** The groups that it has joined, each with the sources that it hears; undefined: all. */
  readonly groups = new Map<string, Set<string> | undefined>();
  readonly #onReady: () => void;
  readonly #queue: Waiting[] = [];
  /** Local sockets whose sends found no room here. */
  readonly #waitingSenders = new Set<UdpEnd>();
  #wantsRoom = false;
  #queuedBytes = 0;

  constructor(family: number, onReady: (end: UdpEnd) => void) {
    this.family = family;
    this.options = new SimulatedOptions('udp', family);
    this.#onReady = () => onReady(this);
  }

  /** Bytes of payload that wait. */
  get waitingBytes(): number {
    return this.#queue.reduce((sum, item) => sum + ('datagram' in item ? item.datagram.payload.length : 0), 0);
  }

  /** Whether it hears what that source sends to the group. */
  isIn(group: string, source: string): boolean {
    return this.groups.has(group) && this.groups.get(group)?.has(source) !== false;
  }

  /** Whether the queue has room. If not, a local sender is told when it has: its datagrams wait, and are not lost. */
  hasRoomFor(bytes: number, sender: UdpEnd): boolean {
    const hasRoom = this.#queuedBytes === 0 || this.#queuedBytes + bytes + overheadBytes <= this.options.word(inetOption.recbuf);
    if (!hasRoom) this.#waitingSenders.add(sender);
    return hasRoom;
  }

  /** The socket has closed, or its queue has room: those who wait try again. */
  tellWaiting(): void {
    for (const sender of this.#waitingSenders) sender.#tellRoom();
    this.#waitingSenders.clear();
  }

  #tellRoom(): void {
    this.#wantsRoom = true;
    this.#onReady();
  }

  /** A datagram for this socket. It is lost if the queue is full (UB-3). One alone always has room (UB-4). */
  receive(datagram: Datagram): void {
    const bytes = datagram.payload.length + overheadBytes;
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > this.options.word(inetOption.recbuf)) return;
    this.#queue.push({ datagram });
    this.#queuedBytes += bytes;
    this.#onReady();
  }

  /** The network has reported an error of an earlier send. */
  fail(error: number): void {
    this.error = error;
    this.#queue.push({ error });
    this.#onReady();
  }

  /** Takes the error out, for the call that gets it (UE-3). */
  takeError(): number {
    const { error } = this;
    this.error = 0;
    if (error !== 0) this.#drop((item) => 'error' in item);
    return error;
  }

  /** From now on only the peer is heard; what others have sent is dropped (UC-3). */
  dropOthers(isPeer: (from: Name) => boolean): void {
    this.#drop((item) => 'datagram' in item && !isPeer(item.datagram.from));
  }

  fill(handle: number, batch: BatchWriter): boolean {
    if (this.#wantsRoom && batch.add(handle, udpKind.writable, 0) < 0) return false;
    this.#wantsRoom = false;
    while (this.#queue.length > 0 && this.credit.isOpen) {
      const next = this.#queue[0]!;
      if (!('error' in next ? this.#fillError(handle, batch, next.error) : this.#fillDatagram(handle, batch, next.datagram)))
        return false;
      this.#queue.shift();
    }
    return true;
  }

  #drop(isUnwanted: (item: Waiting) => boolean): void {
    const left = this.#queue.filter((item) => !isUnwanted(item));
    this.#queue.splice(0, this.#queue.length, ...left);
    this.#queuedBytes = left.reduce(
      (sum, item) => sum + ('datagram' in item ? item.datagram.payload.length + overheadBytes : 0),
      0,
    );
  }

  #fillError(handle: number, batch: BatchWriter, error: number): boolean {
    const base = batch.add(handle, udpKind.error, 0);
    if (base < 0) return false;
    batch.meta[base + udpRecord.error] = error;
    this.error = 0;
    return true;
  }

  #fillDatagram(handle: number, batch: BatchWriter, datagram: Datagram): boolean {
    const { from, payload } = datagram;
    const path = this.family === inetFamily.local ? Buffer.from(from.address, 'latin1') : undefined;
    const pathLength = path?.length ?? 0;
    const length = Math.min(payload.length, this.options.word(inetOption.buffer));
    const base = batch.add(handle, udpKind.data, pathLength + length);
    if (base < 0) return false;
    if (path !== undefined) batch.target.set(path, batch.at);
    batch.target.set(payload.subarray(0, length), batch.at + pathLength);
    const set = (word: number, value: number): void => {
      batch.meta[base + word] = value;
    };
    set(udpRecord.family, this.family);
    set(udpRecord.pathLength, pathLength);
    if (path === undefined) this.#writeNames(datagram, set);
    this.#writeAncillary(datagram, length < payload.length ? udpFlag.truncated : 0, set);
    this.credit.use(length);
    this.#queuedBytes -= payload.length + overheadBytes;
    this.tellWaiting();
    return true;
  }

  #writeNames({ from, to }: Datagram, set: (word: number, value: number) => void): void {
    for (const [index, word] of this.#words(from.address).entries()) set(udpRecord.address + index, word);
    set(udpRecord.port, from.port);
    if (this.options.word(inetOption.recvPktinfo) === 0) return;
    for (const [index, word] of this.#words(to).entries()) set(udpRecord.destination + index, word);
    set(udpRecord.ifIndex, 1);
  }

  #writeAncillary({ ttl, tos }: Datagram, first: number, set: (word: number, value: number) => void): void {
    const wants = (option: number): boolean => this.options.word(option) === 1;
    let flags = first;
    if (wants(inetOption.recvPktinfo)) flags |= udpFlag.pktinfo;
    if (wants(inetOption.recvTtl) && this.family === inetFamily.ipv4) flags |= udpFlag.ttl;
    if (wants(inetOption.recvTos) && this.family === inetFamily.ipv4) flags |= udpFlag.tos;
    if (wants(inetOption.recvTclass)) flags |= udpFlag.tclass;
    set(udpRecord.flags, flags);
    if ((flags & udpFlag.ttl) !== 0) set(udpRecord.ttl, ttl);
    if ((flags & udpFlag.tos) !== 0) set(udpRecord.tos, tos);
    if ((flags & udpFlag.tclass) !== 0) set(udpRecord.tclass, tos);
  }

  #words(address: string): number[] {
    return wordsOf(this.family === inetFamily.ipv6 && !address.includes(':') ? `::ffff:${address}` : address);
  }
}
