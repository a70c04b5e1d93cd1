/** One end of an association, of whatever stack: what the rows of the matrix (matrix.ts) tell it to do, and what comes to it, in the same words for all. */
import type { SctpOpenOptions, SctpSocket } from 'mailport/sctp';
import { nextTurn } from '../support/waiting.js';
import { payload, sumOf } from './payload.js';

/** A message to be sent. Its bytes are those of `payload(bytes, seed)`. */
export interface Outgoing {
  readonly stream: number;
  readonly bytes: number;
  readonly seed: number;
  readonly ppid?: number;
  readonly unordered?: boolean;
  /** When it may be given up (RFC 7496). */
  readonly limit?: readonly ['ttl' | 'rtx' | 'prio', number];
}

/** A message as it has come. */
export interface Arrived {
  readonly stream: number;
  readonly ppid: number;
  readonly bytes: number;
  readonly sum: number;
  /** An end whose `tellsHow` is false has neither of these. */
  readonly ssn?: number;
  readonly unordered?: boolean;
}

/**
 * A message, or an event in words: `comm_up`, `restart`, `comm_lost CAUSE`, `shutdown_event`, `shutdown_comp`, `cant_assoc`, `addr_STATE IP`, `send_failed STREAM PPID`,
 * `stream_reset incoming|outgoing STREAM...`, `stream_change`; a re-configuration that has failed has `failed` in it.
 */
export type Item = Arrived | string;

export abstract class End {
  abstract readonly port: number;
  /** The SCTP addresses, the first one the primary of the association. */
  abstract readonly addresses: readonly string[];
  /** Whether it tells of every message that it has given up. Linux is silent about those that had left. */
  abstract readonly tellsOfGivenUp: boolean;
  /** Whether it tells the number of a message in its stream, and whether it was ordered. */
  readonly tellsHow: boolean = true;
  /** Whether it can begin a shutdown. */
  readonly canShutDown: boolean = true;
  /** The cause in its ABORT: User-Initiated Abort, or 0 for none. */
  readonly abortCause: number = 12;
  /** Resolves when the association is up. */
  abstract connect(to: End): Promise<void>;
  /** Resolves when the stack has taken the message. */
  abstract send(message: Outgoing): Promise<void>;
  abstract resetStreams(direction: 'incoming' | 'outgoing', streams: readonly number[]): Promise<void>;
  abstract addStreams(inbound: number, outbound: number): Promise<void>;
  abstract bindx(address: string, what: 'add' | 'remove'): Promise<void>;
  /** Asks the peer to make one of this end's addresses its primary one. */
  abstract prefer(address: string): Promise<void>;
  /** Ends the association when everything sent has arrived. */
  abstract shutdown(): Promise<void>;
  /** Resolves when the ABORT has left. */
  abstract abort(): Promise<void>;
  /** The next item, whatever it is. */
  abstract item(): Promise<Item>;

  /** The next message. Nothing may come before but events of addresses, which come whenever a HEARTBEAT has been answered. */
  async data(): Promise<Arrived> {
    const next = await this.#beside((item) => typeof item !== 'string');
    if (typeof next === 'string') throw new Error(`data expected, not ${next}`);
    return next;
  }

  async messages(count: number): Promise<Arrived[]> {
    const arrived: Arrived[] = [];
    while (arrived.length < count) arrived.push(await this.data());
    return arrived;
  }

  /** The next event, which must be that one; as `data`. */
  async event(word: string): Promise<void> {
    const next = await this.#beside((item) => item === word);
    if (next !== word) throw new Error(`${word} expected, not ${typeof next === 'string' ? next : JSON.stringify(next)}`);
  }

  /** Reads on until that event, whatever else its words say, and gives what came before. */
  async until(word: string): Promise<Item[]> {
    const before: Item[] = [];
    for (;;) {
      const next = await this.item();
      if (typeof next === 'string' && `${next} `.startsWith(`${word} `)) return before;
      before.push(next);
    }
  }

  /** A message as it has to arrive here. @param ssn its number in its stream, where that matters */
  expects({ stream, bytes, seed, ppid = 0, unordered = false }: Outgoing, ssn?: number): Arrived {
    const what = { stream, ppid, bytes, sum: sumOf(payload(bytes, seed)) };
    return this.tellsHow ? { ...what, unordered, ...(ssn !== undefined && { ssn }) } : what;
  }

  async #beside(isIt: (item: Item) => boolean): Promise<Item> {
    for (;;) {
      const next = await this.item();
      if (isIt(next) || typeof next !== 'string' || !next.startsWith('addr_')) return next;
    }
  }
}

/** What both ends of a row offer each other. */
export type Offer = 'idata' | 'reconfig' | 'auth' | 'asconf';

/** Chunks of DATA and I-DATA have to be authenticated by this key. */
export const key = { keyNumber: 5, key: 'a-secret-of-both-ends' } as const;

const authenticated = {
  sctpAuthSupported: { assocValue: true },
  sctpAuthChunk: ['data', 'i_data'],
  sctpAuthKey: key,
  sctpAuthActiveKey: { keyNumber: key.keyNumber },
} as const satisfies SctpOpenOptions;

const offered: Readonly<Record<Offer, SctpOpenOptions>> = {
  idata: { sctpInterleavingSupported: { assocValue: true }, sctpStreamScheduler: { assocValue: 'rr' } },
  reconfig: {
    sctpReconfigSupported: { assocValue: true },
    sctpEnableStreamReset: { assocValue: ['streams', 'assoc', 'change'] },
    sctpEvents: { streamResetEvent: true, streamChangeEvent: true },
  },
  auth: authenticated,
  asconf: { ...authenticated, sctpAsconfSupported: { assocValue: true } },
};

/** Options of a socket that offers these things. */
export function offering(offers: readonly Offer[], streams: number): SctpOpenOptions {
  const sctpInitmsg = { numOstreams: streams, maxInstreams: streams + 16, maxAttempts: 8 };
  return Object.assign({ sctpInitmsg }, ...offers.map((offer) => offered[offer]));
}

/** A passive socket of ours, of either stack. */
export class SocketEnd extends End {
  readonly #socket: SctpSocket;
  readonly addresses: readonly string[];
  readonly tellsOfGivenUp: boolean;
  #assocId = 0;

  constructor(socket: SctpSocket, addresses: readonly string[], stack: 'embedded' | 'kernel') {
    super();
    this.#socket = socket;
    this.addresses = addresses;
    this.tellsOfGivenUp = stack === 'embedded';
  }

  get port(): number {
    return this.#socket.port;
  }

  async connect(to: End): Promise<void> {
    this.#assocId = (await this.#socket.connect(to.addresses[0]!, to.port)).assocId;
  }

  async send({ stream, bytes, seed, ppid = 0, unordered = false, limit }: Outgoing): Promise<void> {
    const flags = unordered ? (['unordered'] as const) : [];
    const how = limit === undefined ? {} : { prPolicy: limit[0], prValue: limit[1] };
    await this.#socket.send({ assocId: this.#assocId, stream, ppid, flags, ...how }, payload(bytes, seed));
  }

  async resetStreams(direction: 'incoming' | 'outgoing', streams: readonly number[]): Promise<void> {
    await this.#socket.resetStreams(this.#assocId, { direction, streams });
  }

  async addStreams(inbound: number, outbound: number): Promise<void> {
    const added = { ...(inbound > 0 && { inbound }), ...(outbound > 0 && { outbound }) };
    await this.#socket.addStreams(this.#assocId, added);
  }

  async bindx(address: string, what: 'add' | 'remove'): Promise<void> {
    await this.#socket.bindx(address, what);
  }

  async prefer(address: string): Promise<void> {
    this.#socket.setopts({ sctpSetPeerPrimaryAddr: { assocId: this.#assocId, addr: [address, this.port] } });
  }

  async shutdown(): Promise<void> {
    await this.#socket.eof(this.#assocId);
  }

  async abort(): Promise<void> {
    await this.#socket.abort(this.#assocId);
    // The packets of a turn leave before the loop waits again: the first of these may come before that.
    await nextTurn();
    await nextTurn();
  }

  async item(): Promise<Item> {
    const [, , [info], content] = await this.#socket.recv();
    if (Buffer.isBuffer(content)) {
      const { stream, ssn, ppid, flags } = info!;
      return { stream, ssn, ppid, bytes: content.length, sum: sumOf(content), unordered: flags.includes('unordered') };
    }
    if (!('type' in content)) throw new Error('data must be a Buffer');
    const failed = 'flags' in content && Array.isArray(content.flags) && /denied|failed/.test(content.flags.join());
    const more = failed ? ' failed' : '';
    switch (content.type) {
      case 'sctp_assoc_change':
        if (content.state === 'comm_up' || content.state === 'restart') this.#assocId = content.assocId;
        return content.state === 'comm_lost' ? `comm_lost ${content.error}` : content.state;
      case 'sctp_paddr_change':
        return `${content.state} ${content.addr[0]}`;
      case 'sctp_send_failed':
        return `send_failed ${content.info.stream} ${content.info.ppid}`;
      case 'sctp_stream_reset_event': {
        const direction = content.flags.includes('incoming') ? 'incoming' : 'outgoing';
        return ['stream_reset', `${direction}${more}`, ...content.streams].join(' ');
      }
      case 'sctp_stream_change_event':
        return `stream_change${more}`;
      default:
        return content.type.replace(/^sctp_/, '');
    }
  }
}
