/**
 * The options that sockets of TCP and of UDP share, named as in Erlang's inet in camelCase: their meaning, and how each is written for the stack. A transport adds
 * its own and makes a table of all (`InetTable`), by which options are planned (inetPlan.ts), set and read (inetSettings.ts).
 */
import { inetOption } from '../../native/contract/inet.js';
import { BadArg } from '../../runtime/index.js';
import type { Active } from './activeMode.js';
import type { KeptOptions } from './keptOptions.js';
import {
  booleanOption,
  byteOption,
  deviceOption,
  integer,
  maxBusyPollUs,
  maxInteger,
  numberOption,
  type OptionCodec,
} from './optionCodec.js';
import type { Mode } from './optionPairs.js';

/** An option of the system that has no name here, as setsockopt takes it (TO-9). */
export type RawOption = readonly [level: number, option: number, value: Uint8Array];

/** Options of sockets of TCP and of UDP that may be set at any time. */
export interface InetOptions extends KeptOptions {
  /** true (default), false, 'once', or an integer in -32768..32767 that is added to the count (FC-1..FC-9). */
  readonly active?: Active;
  /** Bytes of the kernel's queue of what has come. Linux doubles what is set, and reads it so (TO-6). */
  readonly recbuf?: number;
  /** Bytes of the kernel's queue of what is to leave. Linux doubles what is set, and reads it so (TO-6). */
  readonly sndbuf?: number;
  /** The address may be bound again while connections of an earlier socket end (TL-10), or by several sockets of UDP, if all of them have this set (UO-6). */
  readonly reuseaddr?: boolean;
  /** Several sockets may have the port, if all of them and the same user set this. Linux shares connections or datagrams out among them. */
  readonly reuseport?: boolean;
  /** As `reuseport`: on Linux both are one. */
  readonly reuseportLb?: boolean;
  /** true: packets do not go through a gateway. */
  readonly dontroute?: boolean;
  /** Priority of packets within this host, 0..6 or, with privileges, more (socket(7), SO_PRIORITY). */
  readonly priority?: number;
  /** Type of service of IPv4 packets, 0..255. The two lowest bits are ECN's: they are ignored, and read 0 (TO-10). */
  readonly tos?: number;
  /** Traffic class of IPv6 packets, 0..255, as `tos`; IPv6 sockets alone have it. */
  readonly tclass?: number;
  /** Hops that packets may take, 1..255; 64. */
  readonly ttl?: number;
  /** Datagrams are told with the `tos` with which they came. */
  readonly recvtos?: boolean;
  /** Datagrams are told with their `tclass`; IPv6 sockets alone have it. */
  readonly recvtclass?: boolean;
  /** Datagrams are told with the `ttl` with which they came. */
  readonly recvttl?: boolean;
  /** An IPv6 socket bound to any address takes IPv6 only, and leaves the IPv4 port to others (TL-14). IPv6 sockets alone have it, and before they are bound. */
  readonly ipv6V6only?: boolean;
  /** Network device that alone is used, of at most 15 bytes; '' for any. */
  readonly bindToDevice?: string;
  /**
   * Microseconds, 0..1000000: whenever the event loop is about to sleep while the socket is open, it looks first for so long whether anything comes. 0 (default): it
   * does not, beyond the short wait of a dialogue. The longest of all sockets' counts. Beyond OTP. docs/tcp.md, "Dialogues".
   */
  readonly busyPollUs?: number;
  /** Options of the system that have no name here; one, or a list. In an option list Erlang's form stands, too: `['raw', level, option, value]`. */
  readonly raw?: RawOption | readonly RawOption[];
}

/** Erlang's way to write options; names may repeat, and some words stand alone. */
export type InetOptionList<Options> = readonly (
  | readonly [name: keyof Options, value: unknown]
  | readonly [name: 'raw', level: number, option: number, value: Uint8Array]
  | Mode
  | 'inet'
  | 'inet6'
  | 'local'
)[];

/** An option that the stack of TCP or UDP keeps. */
export interface InetCodec extends OptionCodec<unknown> {
  /** Of an option that can only be set: the one that takes it back. */
  readonly inverse?: number;
  /** The values in a value that may be a list of them. */
  readonly each?: (value: unknown) => readonly unknown[];
  /** A refusal has the system's own reason, where others are 'einval' (UG-2). */
  readonly tellsReason?: true;
}

/** What a transport's sockets have, beside what all sockets have (`active`, `mode`, the watermarks) and `raw`. */
export interface InetTable<Kept extends object> {
  readonly transport: 'TCP' | 'UDP';
  /** Options that the stack keeps. */
  readonly stack: ReadonlyMap<string, InetCodec>;
  /** Options that the socket keeps itself: each is checked by true, or a complaint. */
  readonly kept: { readonly [Name in keyof Kept]-?: (value: unknown) => true | string };
  /** Bytes to which `recbuf` raises `buffer` at most (TO-5). */
  readonly mostBuffer: number;
  /** Names of options that only the other transport has. They are refused (TO-4), and left out when they are read (TO-3). */
  readonly ofOthers: ReadonlySet<string>;
}

/** Linux doubles the size of a buffer that is set, and tells it so: half of what it tells is set for the same to be in force again. */
const bufferSizeOption = (number: number): InetCodec => ({
  ...numberOption(number, maxInteger),
  undo: ([bytes = 0]) => [[process.platform === 'linux' ? bytes >>> 1 : bytes]],
});

/** Below 1 it is 1 (TO-5). */
const bufferOption: InetCodec = {
  ...numberOption(inetOption.buffer, maxInteger),
  encode: (value, _present, argument) => [Math.max(1, integer(maxInteger)(value, argument))],
};

/** The options that both transports have, as the stack has them. */
export const inetOptions: { readonly [name: string]: InetCodec } = {
  recbuf: bufferSizeOption(inetOption.recbuf),
  sndbuf: bufferSizeOption(inetOption.sndbuf),
  reuseaddr: booleanOption(inetOption.reuseAddr),
  reuseport: booleanOption(inetOption.reusePort),
  reuseportLb: booleanOption(inetOption.reusePort),
  dontroute: booleanOption(inetOption.dontRoute),
  priority: numberOption(inetOption.priority, maxInteger),
  tos: byteOption(inetOption.tos),
  tclass: byteOption(inetOption.tclass),
  ttl: byteOption(inetOption.ttl),
  recvtos: booleanOption(inetOption.recvTos),
  recvtclass: booleanOption(inetOption.recvTclass),
  recvttl: booleanOption(inetOption.recvTtl),
  ipv6V6only: booleanOption(inetOption.ipv6Only),
  bindToDevice: deviceOption(inetOption.bindToDevice),
  busyPollUs: numberOption(inetOption.busyPoll, maxBusyPollUs),
  /** Bytes: of one read or piece of a line (TCP), of the longest datagram (UDP). */
  buffer: bufferOption,
};

export const isInteger = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value);

/** The raw options in a value: one, or a list. @throws BadArg */
export function rawOptionsOf(value: unknown, argument: string): RawOption[] {
  if (Array.isArray(value) && Array.isArray(value[0])) {
    return value.map((item: unknown, index) => rawOptionOf(item, `${argument}[${index}]`));
  }
  return [rawOptionOf(value, argument)];
}

function rawOptionOf(value: unknown, argument: string): RawOption {
  const [level, option, bytes]: readonly unknown[] = Array.isArray(value) && value.length === 3 ? value : [];
  if (isInteger(level) && isInteger(option) && bytes instanceof Uint8Array) return [level, option, Uint8Array.from(bytes)];
  throw new BadArg(argument, 'must be [level, option, value], two integers and a Uint8Array');
}
