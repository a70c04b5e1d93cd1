/** What both ends of an M3UA association share: the events of their state machines, the way they send, and the heartbeat. */
import { ppids } from 'mailport/sctp';
import { type Association, type AssociationEvent, eventReader, type Protocol } from './associations.js';
import {
  decodeM3ua,
  type ErrorName,
  encodeM3ua,
  errorCodes,
  isErrorMessage,
  M3uaError,
  type M3uaName,
  type M3uaParameters,
  type ProtocolData,
} from './m3uaCodec.js';

/** A message of the peer is an event of its name, so that a state says what it takes. */
type PeerEvent = {
  readonly [Name in M3uaName]: { readonly type: `m3ua.${Name}`; readonly parameters: M3uaParameters; readonly stream: number };
}[M3uaName];

export type M3uaEvent =
  | AssociationEvent
  | PeerEvent
  /** A message that could not be read. The answer is an ERR with that code, unless the message is an ERR itself. */
  | { readonly type: 'malformed'; readonly code: ErrorName; readonly bytes: Buffer };

export const m3ua: Protocol<M3uaEvent> = {
  ppid: ppids.m3ua,
  credit: 64,
  read: (bytes, stream) => {
    try {
      const { name, parameters } = decodeM3ua(bytes);
      return { type: `m3ua.${name}`, parameters, stream };
    } catch (error) {
      if (!(error instanceof M3uaError)) throw error;
      return { type: 'malformed', code: error.code, bytes };
    }
  },
};

export const m3uaEvents = eventReader(m3ua);

/** §3.8.2: states of an application server, as NTFY tells them. */
export const asStates = { 'AS-INACTIVE': 2, 'AS-ACTIVE': 3, 'AS-PENDING': 4 } as const;
export type AsState = keyof typeof asStates;
/** The type of such a status. */
export const asStateChange = 1;

/** §3.8.2, loadshare: the only mode of traffic in this example. */
export const loadshare = 2;

/** §3.8.1: so many bytes of a message that is wrong are sent back. */
const diagnosticBytes = 40;

export interface HeartbeatSettings {
  /** Milliseconds of quiet before the next BEAT; Infinity for none. */
  readonly beatEveryMs: number;
  /** Milliseconds within which the peer must answer a BEAT. */
  readonly beatWithinMs: number;
}

export const heartbeatDefaults: HeartbeatSettings = { beatEveryMs: 30_000, beatWithinMs: 30_000 };

/**
 * A region of a parallel state: sends a BEAT now and then, and goes to the state `#silent` when one is not answered in time. The machine has the action
 * `sendBeat`, the guard `isOurBeat`, and the delays of `HeartbeatSettings`.
 */
export const heartbeat = {
  initial: 'quiet',
  states: {
    quiet: { after: { beatEveryMs: 'asked' } },
    asked: {
      entry: 'sendBeat',
      on: { 'm3ua.BEAT_ACK': { guard: 'isOurBeat', target: 'quiet', actions: 'beatAnswered' } },
      after: { beatWithinMs: '#silent' },
    },
  },
} as const;

/** The sending half of a session. Stream 0 is for everything but payload (§1.4.7). */
export class M3uaSender {
  readonly #association: Association;
  #beats = 0;

  constructor(association: Association) {
    this.#association = association;
  }

  say(name: M3uaName, parameters: M3uaParameters = {}): void {
    this.#association.say(encodeM3ua(name, parameters));
  }

  /** Payload of one signalling link selection keeps to one stream, so it stays in order, and payload of other selections does not wait for it. */
  transfer(data: ProtocolData, routingContext: number): void {
    const streams = this.#association.outboundStreams - 1;
    const stream = streams > 0 ? 1 + (data.signallingLinkSelection % streams) : 0;
    this.#association.say(encodeM3ua('DATA', { routingContext: [routingContext], protocolData: data }), stream);
  }

  refuse(code: ErrorName, offending?: Buffer): void {
    // An ERR is never answered by another.
    if (offending !== undefined && isErrorMessage(offending)) return;
    const diagnosticInformation = offending?.subarray(0, diagnosticBytes);
    this.say('ERR', { errorCode: errorCodes[code], ...(diagnosticInformation && { diagnosticInformation }) });
  }

  beat(): void {
    this.#beats += 1;
    this.say('BEAT', { heartbeatData: this.#beatData() });
  }

  /** Whether this message answers the last BEAT, and not an earlier one that was given up. */
  isOurBeat({ heartbeatData }: M3uaParameters): boolean {
    return heartbeatData?.equals(this.#beatData()) === true;
  }

  #beatData(): Buffer {
    return Buffer.from(`beat ${this.#beats}`);
  }
}
