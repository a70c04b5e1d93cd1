/** Options of the simulated stack: the values of a fresh socket, and the values that it refuses, as the embedded stack does. */
import { constants } from 'node:os';
import { option, type SctpOpenParams } from '../../native/contract/sctp.js';

const { EINVAL, ENOTSUP } = constants.errno;

/** The words of a fresh socket's options. */
export function defaultOptions(params: SctpOpenParams, recbuf: number): [number, number[]][] {
  const forIpv6: [number, number[]][] = [
    [option.tclass, [0]],
    [option.recvTclass, [0]],
    [option.ipv6Only, [params.ipv6Only ? 1 : 0]],
  ];
  return [
    [option.rtoInfo, [3000, 60000, 1000]],
    [option.assocInfo, [10, 0, 0, 0, 60000]],
    [option.initMsg, [10, 65535, 8, 60000]],
    [option.maxAssociations, [65536]],
    [option.maxAssociationsPerPeer, [16384]],
    [option.maxHeld, [134217728]],
    [option.held, [0, 0, 0, 0]],
    [option.maxSending, [134217728]],
    [option.sending, [0, 0, 0, 0]],
    [option.nodelay, [0]],
    [option.disableFragments, [0]],
    [option.maxSeg, [0]],
    [option.adaptation, [0]],
    [option.peerAddrParams, [30000, 5, 0, 200, 41]],
    [option.defaultSendParam, [0, 0, 0, 0, 0]],
    [option.events, [127]],
    [option.delayedAck, [200]],
    [option.linger, [0, 0]],
    [option.recbuf, [recbuf]],
    [option.sndbuf, [65536]],
    [option.mappedV4, [0]],
    [option.enableStreamReset, [0]],
    [option.reconfigSupported, [0]],
    [option.prSupported, [1]],
    [option.fragmentInterleave, [0]],
    [option.interleavingSupported, [0]],
    [option.streamScheduler, [0]],
    [option.congestionControl, [0]],
    [option.defaultPrinfo, [0, 0]],
    [option.remoteUdpEncapsPort, [params.remoteEncapsPort]],
    [option.reuseAddr, [params.reuseaddr === true ? 1 : 0]],
    [option.priority, [0]],
    [option.tos, [0]],
    [option.ttl, [64]],
    [option.recvTos, [0]],
    [option.recvTtl, [0]],
    [option.dontRoute, [0]],
    [option.bindToDevice, deviceWords(params.bindToDevice ?? '')],
    [option.busyPoll, [0]],
    ...(params.oneToOne ? [] : [[option.autoclose, [0]] as [number, number[]]]),
    ...(params.family === 6 ? forIpv6 : []),
  ];
}

function deviceWords(device: string): number[] {
  const bytes = Buffer.alloc(16);
  bytes.write(device);
  return [0, 4, 8, 12].map((at) => bytes.readUInt32BE(at));
}

/** Options of an association that have no effect in the simulation. */
export const keyedOptions: ReadonlySet<number> = new Set([
  option.rtoInfo,
  option.assocInfo,
  option.delayedAck,
  option.peerAddrParams,
  option.defaultPrinfo,
  option.enableStreamReset,
  option.streamScheduler,
  option.congestionControl,
  option.remoteUdpEncapsPort,
]);

/** Options that have one value only. */
const fixed: ReadonlySet<number> = new Set([option.mappedV4, option.interleavingSupported]);

/** Why the words cannot be set, as a negative errno; 0 if they can. */
export function settingProblem(number: number, values: readonly number[], present: readonly number[] | undefined): number {
  const [first = 0] = values;
  if (number === option.setPeerPrimary) return -ENOTSUP;
  if (number === option.ipv6Only || present === undefined || values.length !== present.length) return -EINVAL;
  if (fixed.has(number) && first !== 0) return -ENOTSUP;
  if (number === option.enableStreamReset && first > 7) return -EINVAL;
  if (number === option.defaultPrinfo && first > 3) return -EINVAL;
  if (number === option.streamScheduler && first > 5) return -EINVAL;
  if (number === option.congestionControl && first > 2) return -EINVAL;
  const least1 = number === option.ttl || number === option.maxAssociations || number === option.maxAssociationsPerPeer;
  if (least1 && first === 0) return -EINVAL;
  if (number === option.maxSeg && first !== 0 && (first < 464 || first > 65516)) return -EINVAL;
  if ((number === option.maxHeld || number === option.maxSending) && first < 65536) return -EINVAL;
  if (number === option.rtoInfo && (values[2] || (present[2] ?? 0)) > (values[1] || (present[1] ?? 0))) return -EINVAL;
  if (number === option.delayedAck && first > 500) return -EINVAL;
  if (number === option.peerAddrParams) return peerAddrProblem(values);
  return 0;
}

function peerAddrProblem([, , pathmtu = 0, sackdelay = 0, flags = 0]: readonly number[]): number {
  const both = [3, 24, 96].some((pair) => (flags & pair) === pair);
  const demand = (flags & 4) !== 0;
  return both || demand || sackdelay > 500 || (pathmtu !== 0 && pathmtu < 512) ? -EINVAL : 0;
}

/** The words that read back after words were set over `present`. */
export function settled(number: number, values: readonly number[], present: readonly number[]): number[] {
  const given = values.map((value, index) => (value === 0 ? (present[index] ?? 0) : value));
  if (number === option.initMsg || number === option.rtoInfo) return given;
  if (number === option.peerAddrParams) {
    // A number counts with its flag alone, but for pathmaxrxt.
    const flags = values[4] ?? 0;
    const wants = [1, undefined, 16, 32];
    const counts = (index: number): boolean => wants[index] === undefined || (flags & wants[index]) !== 0;
    const counted = given.map((value, index) => (counts(index) ? value : (present[index] ?? 0)));
    // Of a pair of flags of which nothing is said the present one stays.
    const kept = [3, 24, 96]
      .filter((pair) => (flags & pair) === 0)
      .reduce((bits, pair) => bits | ((present[4] ?? 0) & pair), flags);
    return (kept & 8) === 0 ? counted.with(4, kept) : counted.with(4, kept).with(2, 0);
  }
  if (number === option.tos || number === option.tclass) return values.map((value) => value & 0xfc);
  if (number === option.fragmentInterleave) return values.map((value) => Math.min(value, 1));
  if (number === option.recbuf) return values.map((value) => Math.max(value, 2304));
  if (number === option.sndbuf) return values.map((value) => Math.max(value, 4608));
  if (number === option.linger && values[0] === 0) return [0, 0];
  if (number === option.autoclose) return values.map((value) => Math.min(value, 8589934));
  if (number === option.assocInfo) return [values[0] || (present[0] ?? 0), 0, 0, 0, values[4] || (present[4] ?? 0)];
  return [...values];
}

/** The lifetime of default send parameters and the value of their policy are one number. */
export function shareLifetime(number: number, options: Map<number, number[]>): void {
  const [params = [], prinfo = []] = [options.get(option.defaultSendParam), options.get(option.defaultPrinfo)];
  if (number === option.defaultSendParam) options.set(option.defaultPrinfo, prinfo.with(1, params[4] ?? 0));
  if (number === option.defaultPrinfo) options.set(option.defaultSendParam, params.with(4, prinfo[1] ?? 0));
}
