/** What the way between two addresses does to packets, and the check of what a test asks for. */

import { checkKeys } from '../../../runtime/behaviour.js';
import { BadArg } from '../../../runtime/index.js';

/** The conditions on the way from one address to another. Those that are not given stay as they are. */
export interface LinkConditions {
  /** Milliseconds that a packet is on its way. 0 unless given: it arrives as soon as the network has its turn. */
  readonly latencyMs?: number;
  /** Up to so many milliseconds more, evenly spread. Datagrams overtake each other by that; the bytes of a stream do not. 0. */
  readonly jitterMs?: number;
  /** Bytes that each stream, or all datagrams together, bring through in a second. Infinity. */
  readonly bytesPerSecond?: number;
  /** Bytes of datagrams that wait where `bytesPerSecond` lets no more through; what comes then is lost. Infinity. */
  readonly queueBytes?: number;
  /** The share of packets that get lost, 0..1. A datagram is gone; the bytes of a stream come 200 ms later, as TCP sends them again. 0. */
  readonly loss?: number;
  /** How many datagrams are lost in a row, on average, 1 or more; the share that `loss` says stays the same. 1: each is lost by itself. */
  readonly burstPackets?: number;
  /** The share of datagrams that come twice, 0..1. 0. */
  readonly duplication?: number;
  /** The share of datagrams that are held back for up to 10 ms, so that later ones overtake them, 0..1. 0. */
  readonly reordering?: number;
  /** The share of datagrams in which a bit changes, 0..1. UDP drops them by its checksum; SCTP gets them, and drops them by its own. 0. */
  readonly corruption?: number;
  /**
   * Bytes of the longest datagram that gets through; longer ones are lost. 65535. The MTU that the whole network has when a socket of SCTP is opened is that of the
   * host's own link. A smaller one on the way, or later, is found out by probes (RFC 8899), as on a real network. Packets of SCTP that IP may fragment get through.
   */
  readonly mtu?: number;
  /** Whether the sender of a packet of SCTP that was too long is told so, as by ICMP. false: he has to find out. */
  readonly tellsMtu?: boolean;
  /** The bytes of a stream come in pieces of 1 to so many bytes. 16384, and then all of them are that long, unless given. */
  readonly pieceBytes?: number;
}

export type Conditions = Required<LinkConditions> & {
  /** Pieces of streams are as long as chance has it. */
  readonly cutsAtRandom: boolean;
};

export const perfect: Conditions = {
  latencyMs: 0,
  jitterMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  queueBytes: Number.POSITIVE_INFINITY,
  loss: 0,
  burstPackets: 1,
  duplication: 0,
  reordering: 0,
  corruption: 0,
  mtu: 65535,
  tellsMtu: false,
  pieceBytes: 16384,
  cutsAtRandom: false,
};

const isTime = (value: number): boolean => value >= 0 && value < Number.POSITIVE_INFINITY;
const isShare = (value: number): boolean => value >= 0 && value <= 1;
const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;

const rules: { readonly [Name in Exclude<keyof LinkConditions, 'tellsMtu'>]-?: readonly [(value: number) => boolean, string] } = {
  latencyMs: [isTime, 'must be a number of milliseconds, 0 or more'],
  jitterMs: [isTime, 'must be a number of milliseconds, 0 or more'],
  bytesPerSecond: [(value) => value > 0, 'must be a number above 0, or Infinity'],
  queueBytes: [(value) => value >= 0, 'must be a number of bytes, 0 or more, or Infinity'],
  burstPackets: [(value) => value >= 1 && value < Number.POSITIVE_INFINITY, 'must be a number of 1 or more'],
  loss: [isShare, 'must be a number in 0..1'],
  duplication: [isShare, 'must be a number in 0..1'],
  reordering: [isShare, 'must be a number in 0..1'],
  corruption: [isShare, 'must be a number in 0..1'],
  mtu: [isCount, 'must be an integer of 1 or more'],
  pieceBytes: [isCount, 'must be an integer of 1 or more'],
};
export const linkKeys: ReadonlySet<string> = new Set([...Object.keys(rules), 'tellsMtu']);

/** `before` with what `wanted` changes. @throws BadArg naming the condition */
export function conditionsAfter(before: Conditions, wanted: LinkConditions, argument: string): Conditions {
  if (typeof wanted !== 'object' || wanted === null) throw new BadArg(argument, 'must be an object');
  checkKeys(argument, wanted, linkKeys);
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (name === 'tellsMtu') {
      if (typeof value !== 'boolean') throw new BadArg(`${argument}.${name}`, 'must be a boolean');
      continue;
    }
    const [holds, complaint] = rules[name as keyof typeof rules];
    if (typeof value !== 'number' || !holds(value)) throw new BadArg(`${argument}.${name}`, complaint);
  }
  return { ...before, ...Object.fromEntries(given), cutsAtRandom: before.cutsAtRandom || wanted.pieceBytes !== undefined };
}
