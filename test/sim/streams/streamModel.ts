/**
 * What one end of a connection must receive, found in the naive way: all bytes that were sent to it and that it has not had yet are one text, from which each item
 * is cut as the options say. And in which mode the end is, as Erlang counts it. It has no code of mailport's.
 */
import type { Active } from '../../../actors/socket/index.js';
import type { Packet } from './streamProgram.js';

/** What the owner of an end has done, in its place among the messages. */
export type Mark =
  | { readonly packet: Packet; failed?: true }
  /** A handoff says what `active` is to be; otherwise a number is added to the count. */
  | { readonly active: Active; readonly byHandoff?: true; failed?: true }
  | { readonly unrecv: string; failed?: true };

export class StreamModel {
  /** Sent to this end, and not received. */
  pending = '';
  received = 0;
  readonly #buffer: number;
  #packet: Packet = 0;
  #active: boolean | 'once' = false;
  /** What is left of a count; 0: none. */
  #count = 0;
  /** Passive messages that must come next. */
  #owed = 0;

  constructor(buffer: number) {
    this.#buffer = buffer;
  }

  get isPassive(): boolean {
    return this.#active === false && this.#count === 0;
  }

  get packet(): Packet {
    return this.#packet;
  }

  /** Something that the owner has done takes effect here, between two messages. */
  mark(mark: Mark): void {
    if (mark.failed) return;
    if ('packet' in mark) this.#packet = mark.packet;
    else if ('unrecv' in mark) this.pending = mark.unrecv + this.pending;
    else this.#setActive(mark.active, mark.byHandoff ? 0 : this.#count);
  }

  /** A message with data has come. */
  message(text: string): void {
    if (this.#owed > 0) throw new Error(`data ${show(text)} where the passive message must be`);
    if (this.isPassive) throw new Error(`data ${show(text)} from a passive socket`);
    this.#cut(text, 0);
    if (this.#active === 'once') this.#active = false;
    if (this.#count === 0) return;
    this.#count -= 1;
    if (this.#count === 0) this.#owed += 1;
  }

  /** A passive message has come. */
  passive(): void {
    if (this.#owed === 0) throw new Error('a passive message that nothing explains');
    this.#owed -= 1;
  }

  /** A recv has given data; it was asked for so many bytes, or for what there is. */
  recv(text: string, length: number): void {
    if (!this.isPassive) throw new Error(`recv gives ${show(text)} on an active socket`);
    this.#cut(text, length);
  }

  /** A recv has found nothing in its time. It may not miss what has been here for long; whether it was cannot be told from here. */
  get isBehind(): boolean {
    return this.#owed > 0;
  }

  #setActive(value: Active, count: number): void {
    if (typeof value !== 'number') {
      this.#active = value;
      this.#count = 0;
      return;
    }
    const sum = count + value;
    this.#active = false;
    this.#count = Math.max(sum, 0);
    if (sum <= 0) this.#owed += 1;
  }

  #cut(text: string, length: number): void {
    const [header, expected] = this.#next(text, length);
    const found = this.pending.slice(header, header + expected);
    if (text !== found || text.length !== expected)
      throw new Error(
        `got ${show(text)} in mode ${this.#packet}, of ${show(this.pending)} expected ${show(found)} (${expected} bytes)`,
      );
    this.pending = this.pending.slice(header + expected);
    this.received += expected;
  }

  /** Bytes of the header, and of the item. Of raw data any number up to `buffer` will do. */
  #next(text: string, length: number): readonly [number, number] {
    const packet = this.#packet;
    if (packet === 0) return [0, length > 0 ? length : Math.max(1, Math.min(text.length, this.#buffer))];
    if (packet === 'line') {
      const end = this.pending.indexOf('\n') + 1 || Number.POSITIVE_INFINITY;
      return [0, Math.min(end, this.#buffer)];
    }
    const announced = [...this.pending.slice(0, packet)].reduce((value, byte) => value * 256 + byte.charCodeAt(0), 0);
    return [packet, announced];
  }
}

/** The bytes that a send puts on the wire; undefined if the header cannot say how many there are (TM-7). */
export function onTheWire(packet: Packet, data: string): string | undefined {
  if (packet === 0 || packet === 'line') return data;
  if (data.length >= 256 ** packet) return undefined;
  const header = Array.from({ length: packet }, (_, index) => Math.floor(data.length / 256 ** (packet - 1 - index)) % 256);
  return String.fromCharCode(...header) + data;
}

const show = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...${text.length}` : text);
