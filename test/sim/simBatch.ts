/** Writes what a simulated stack delivers into the words of a batch, as native/contract/sctp.ts lays them out. The counterpart of `recordReader.ts`. */
import { where } from '../../native/contract/batch.js';
import { kind, record } from '../../native/contract/sctp.js';

/** A record that a simulated socket delivers. Fields that its kind does not use are left out. */
export interface SimItem {
  readonly kind: number;
  readonly assocId: number;
  readonly address: string;
  readonly port: number;
  /** peerAddrChange: the address that has changed, if it is another. */
  readonly changed?: string;
  readonly state?: number;
  readonly error?: number;
  readonly outboundStreams?: number;
  readonly inboundStreams?: number;
  readonly stream?: number;
  readonly ssn?: number;
  readonly flags?: number;
  readonly ppid?: number;
  readonly context?: number;
  readonly timeToLive?: number;
  readonly tsn?: number;
  readonly cumTsn?: number;
  /** sendFailed: whether the message was transmitted. */
  readonly transmitted?: boolean;
  readonly payload?: Uint8Array;
}

const maxRecords = 256;
const slabBytes = 64 * 1024;

export class SimBatch {
  readonly meta = new Uint32Array(maxRecords * record.words);
  readonly slab = new Uint8Array(slabBytes);
  readonly large: Uint8Array[] = [];
  count = 0;
  #used = 0;

  clear(): void {
    // Code that reads the batch after its time gets words that are plainly wrong.
    this.meta.fill(0xdeadbeef);
    this.slab.fill(0xee);
    this.count = 0;
    this.#used = 0;
    this.large.length = 0;
  }

  /** False if there is no room. */
  add(socket: number, item: SimItem): boolean {
    const payload = item.payload ?? new Uint8Array(0);
    const isLarge = payload.length > slabBytes / 4;
    if (this.count === maxRecords || (!isLarge && this.#used + payload.length > slabBytes)) return false;
    const base = this.count * record.words;
    this.count += 1;
    const set = (word: number, value: number): void => {
      this.meta[base + word] = value;
    };
    set(record.socket, socket);
    set(record.kind, item.kind);
    set(record.assocId, item.assocId);
    this.#address(item.address, item.port, set);
    set(record.length, payload.length);
    if (isLarge) {
      set(record.where, where.large);
      set(record.offset, this.large.push(Uint8Array.from(payload)) - 1);
    } else {
      set(record.where, where.slab);
      set(record.offset, this.#used);
      this.slab.set(payload, this.#used);
      this.#used += payload.length;
    }
    this.#details(item, set);
    return true;
  }

  #details(item: SimItem, set: (word: number, value: number) => void): void {
    if (item.kind === kind.data || item.kind === kind.sendFailed) {
      set(record.stream, item.stream ?? 0);
      set(record.ssn, item.ssn ?? 0);
      set(record.flags, item.flags ?? 0);
      set(record.ppid, item.ppid ?? 0);
      set(record.context, item.context ?? 0);
      set(record.timeToLive, item.timeToLive ?? 0);
      set(record.tsn, item.tsn ?? 0);
      set(record.cumTsn, item.cumTsn ?? 0);
      set(record.failedState, item.transmitted === true ? 1 : 0);
      set(record.failedError, item.error ?? 0);
    } else if (item.kind === kind.peerAddrChange) {
      set(record.state, item.state ?? 0);
      set(record.error, item.error ?? 0);
      this.#address(item.changed ?? item.address, item.port, (word, value) => set(record.toChanged + word, value));
    } else {
      set(record.state, item.state ?? 0);
      set(record.error, item.error ?? 0);
      set(record.outboundStreams, item.outboundStreams ?? 0);
      set(record.inboundStreams, item.inboundStreams ?? 0);
    }
  }

  #address(address: string, port: number, set: (word: number, value: number) => void): void {
    set(record.port, port);
    set(record.scopeId, 0);
    if (address === '::1') {
      set(record.family, 6);
      for (let word = 0; word < 4; word += 1) set(record.address + word, word === 3 ? 1 : 0);
      return;
    }
    set(record.family, 4);
    set(
      record.address,
      address.split('.').reduce((word, byte) => (word << 8) | Number(byte), 0),
    );
  }
}
