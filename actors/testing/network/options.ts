/** The options of a simulated socket, by number: their values, and which of those that are set the kernel of Linux would take. */
import { constants } from 'node:os';
import { inetFamily, inetOption, packetMode } from '../../../native/contract/inet.js';

const { EINVAL } = constants.errno;

type Rule = (values: readonly number[]) => readonly number[] | undefined;

const within =
  (least: number, most: number): Rule =>
  (values) =>
    values[0]! >= least && values[0]! <= most ? values : undefined;
const oneOf =
  (...allowed: number[]): Rule =>
  (values) =>
    allowed.includes(values[0]!) ? values : undefined;
const flag = oneOf(0, 1);
const any: Rule = (values) => values;
/** Linux doubles what is asked for, as it counts its own bookkeeping, too (TO-6). */
const doubled =
  (least: number): Rule =>
  ([bytes = 0]) =>
    bytes < 0 ? undefined : [Math.max(2 * bytes, least)];
/** The two lowest bits are ECN's. */
const trafficClass: Rule = ([value = 0]) => (value >= 0 && value <= 255 ? [value & 0xfc] : undefined);

/** No device, or `lo`, the only one that a host has by name. */
const device: Rule = (values) =>
  [0, 0x6c6f0000].includes(values[0]!) && values.slice(1).every((word) => word === 0) ? values : undefined;

interface Known {
  readonly number: number;
  readonly first: readonly number[];
  readonly rule: Rule;
}

const known = (number: number, rule: Rule, ...first: number[]): Known => ({ number, rule, first });

const ofSockets: readonly Known[] = [
  known(inetOption.recbuf, doubled(2304), 212992),
  known(inetOption.sndbuf, doubled(4608), 212992),
  known(inetOption.reuseAddr, flag, 0),
  known(inetOption.reusePort, flag, 0),
  known(inetOption.dontRoute, flag, 0),
  known(inetOption.keepalive, flag, 0),
  known(inetOption.priority, within(0, 6), 0),
  known(inetOption.bindToDevice, device, 0, 0, 0, 0),
  known(inetOption.busyPoll, within(0, 1_000_000), 0),
];

const ofIp: readonly Known[] = [
  known(inetOption.ttl, within(1, 255), 64),
  known(inetOption.tos, trafficClass, 0),
  known(inetOption.recvTos, flag, 0),
  known(inetOption.recvTtl, flag, 0),
];

const ofIpv6: readonly Known[] = [
  known(inetOption.tclass, trafficClass, 0),
  known(inetOption.recvTclass, flag, 0),
  known(inetOption.ipv6Only, flag, 0),
];

const ofTcp: readonly Known[] = [
  known(inetOption.packet, oneOf(...Object.values(packetMode)), packetMode.raw),
  known(inetOption.packetSize, within(0, 0x7fffffff), 0),
  known(inetOption.lineDelimiter, within(0, 255), 10),
  known(inetOption.buffer, ([bytes = 0]) => [Math.max(bytes, 1)], 1460),
  known(inetOption.highWatermark, within(0, 0x7fffffff), 8192),
  known(inetOption.lowWatermark, within(0, 0x7fffffff), 4096),
  known(inetOption.flushTimeout, within(0, 0xffffffff), 60_000),
  known(inetOption.linger, any, 0, 0),
  // Local sockets take these, too, though they mean nothing there (TN-16).
  known(inetOption.nodelay, flag, 0),
  known(inetOption.keepIdle, within(1, 32767), 7200),
  known(inetOption.keepInterval, within(1, 32767), 75),
  known(inetOption.keepCount, within(1, 127), 9),
];

const ofUdp: readonly Known[] = [
  known(inetOption.buffer, ([bytes = 0]) => [Math.max(bytes, 1)], 65536),
  known(inetOption.readPackets, within(1, 0x7fffffff), 5),
];

const ofUdpOverIp: readonly Known[] = [
  known(inetOption.broadcast, flag, 0),
  known(inetOption.multicastTtl, within(0, 255), 1),
  known(inetOption.multicastLoop, flag, 1),
  known(inetOption.multicastIf, any, 0),
  known(inetOption.recvPktinfo, flag, 0),
  known(inetOption.gro, flag, 0),
  known(inetOption.gso, flag, 0),
];

function allOf(transport: 'tcp' | 'udp', family: number): Map<number, Known> {
  const overIp = family === inetFamily.local ? [] : [...ofIp, ...(transport === 'tcp' ? [] : ofUdpOverIp)];
  const own = transport === 'tcp' ? ofTcp : ofUdp;
  const all = [...ofSockets, ...own, ...overIp, ...(family === inetFamily.ipv6 ? ofIpv6 : [])];
  return new Map(all.map((option) => [option.number, option]));
}

const tables = new Map<string, Map<number, Known>>();

function tableOf(transport: 'tcp' | 'udp', family: number): Map<number, Known> {
  const key = `${transport} ${family}`;
  const table = tables.get(key) ?? allOf(transport, family);
  tables.set(key, table);
  return table;
}

export class SimulatedOptions {
  readonly #known: ReadonlyMap<number, Known>;
  readonly #set = new Map<number, readonly number[]>();

  constructor(transport: 'tcp' | 'udp', family: number) {
    this.#known = tableOf(transport, family);
  }

  /** 0, or a negative errno. */
  set(number: number, values: readonly number[]): number {
    const option = this.#known.get(number);
    if (option === undefined) return -EINVAL;
    const settled = values.length === option.first.length ? option.rule(values) : undefined;
    if (settled === undefined) return -EINVAL;
    this.#set.set(number, settled);
    this.#pullMark(number, settled[0]!);
    return 0;
  }

  /** A high watermark below the low one pulls it down, and the other way round (TS-7). */
  #pullMark(number: number, bytes: number): void {
    const { highWatermark, lowWatermark } = inetOption;
    if (number === highWatermark && this.word(lowWatermark) > bytes) this.#set.set(lowWatermark, [bytes]);
    if (number === lowWatermark && this.word(highWatermark) < bytes) this.#set.set(highWatermark, [bytes]);
  }

  read(number: number): number[] | number {
    const option = this.#known.get(number);
    return option === undefined ? -EINVAL : [...(this.#set.get(number) ?? option.first)];
  }

  /** The first word of an option; 0 if there is no such option here. */
  word(number: number): number {
    return this.#set.get(number)?.[0] ?? this.#known.get(number)?.first[0] ?? 0;
  }

  words(number: number): readonly number[] {
    return this.#set.get(number) ?? this.#known.get(number)?.first ?? [];
  }

  /** Takes over what has been set on another socket of the same kind: all of it, or some. */
  inherit(from: SimulatedOptions, numbers: Iterable<number> = from.#set.keys()): void {
    for (const number of numbers) {
      const values = from.#set.get(number);
      if (values === undefined) this.#set.delete(number);
      else this.#set.set(number, values);
    }
  }
}
