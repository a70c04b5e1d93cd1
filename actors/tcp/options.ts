/** The options of TCP sockets: those of actors/socket/inetOptions.ts, and these. `listen`, `connect` and `setopts` take the same ones (TL-5). */
import { inetOption } from '../../native/contract/inet.js';
import { BadArg } from '../../runtime/index.js';
import {
  booleanOption,
  byteOption,
  defaultWatermarks,
  type InetCodec,
  type InetKept,
  type InetOpeningOptions,
  type InetOptions,
  type InetTable,
  inetOptions,
  isCount,
  lingerOption,
  maxInteger,
  numberOption,
  u16,
} from '../socket/index.js';

/** How a stream becomes packets: as it comes; behind a length of 1, 2 or 4 bytes, highest first; by lines. 0 is 'raw'. */
export type PacketMode = 'raw' | 0 | 1 | 2 | 4 | 'line';

/** Options of a TCP socket that may be set at any time, and that an accepted socket takes over from its listener (TA-9, TA-11). */
export interface TcpOptions extends InetOptions {
  /** How the stream becomes packets, one message each (TM-5, TM-12); 'raw'. Bytes that have come and been given to nobody are cut anew after a change (TM-22). */
  readonly packet?: PacketMode;
  /** The longest packet that is taken, in bytes without the header. A longer one ends the connection with 'emsgsize' (TM-8, TM-9). 0 (default): 64 MiB; only a larger value allows more. */
  readonly packetSize?: number;
  /** The byte that ends a line; 10. */
  readonly lineDelimiter?: number;
  /** Bytes: in mode raw of one message at most, of a line of one piece (TM-3, TM-13); 1460. A `recbuf` that is larger raises it, unless it has been set (TO-5). */
  readonly buffer?: number;
  /** true (default): the end of what the peer sends closes the socket. false: the socket can go on sending, until `close` (TH-9..TH-12). */
  readonly exitOnClose?: boolean;
  /** true: a reset by the peer is told as 'econnreset'; false (default): it is an end as any other (TC-9). */
  readonly showEconnreset?: boolean;
  /** Milliseconds that a `send` may wait for room; Infinity. */
  readonly sendTimeout?: number;
  /** true: a `send` that is out of time closes the socket, and what has not left is dropped (TS-13). */
  readonly sendTimeoutClose?: boolean;
  /** Bytes of output that wait in this process at which a `send` waits; 8192. Into an empty queue one send of any size goes (TS-4). */
  readonly highWatermark?: number;
  /** Bytes of output at which sends go on; 4096. */
  readonly lowWatermark?: number;
  /** Milliseconds that a closed socket with output goes on without progress before it drops the rest and resets the connection; 60000 (TC-13, TC-19). */
  readonly flushTimeout?: number;
  /** true: small sends leave at once (TCP_NODELAY). */
  readonly nodelay?: boolean;
  /** true: a connection without traffic is probed, and ends if its peer does not answer. */
  readonly keepalive?: boolean;
  /** Seconds without traffic before the first probe. */
  readonly keepIdle?: number;
  /** Seconds between probes. */
  readonly keepInterval?: number;
  /** Probes before the connection is given up. */
  readonly keepCount?: number;
  /** Whether `close` waits for output for so many seconds at most; [true, 0] drops it and resets the connection (TC-16). */
  readonly linger?: readonly [on: boolean, seconds: number];
}

/** Options of `connect`: where the socket's own end is, too. */
export interface TcpConnectOptions extends TcpOptions, InetOpeningOptions {}

/** Options of `listen`. */
export interface TcpListenOptions extends TcpOptions, InetOpeningOptions {
  /** Connections that may wait to be accepted; 5. Linux has one more. A negative one stands for the system's limit (TL-8). */
  readonly backlog?: number;
}

/** Options that may be read. */
export interface TcpReadableOptions extends Required<TcpOptions> {
  readonly netns: string;
}

/** Options that a socket keeps itself. */
export interface TcpOwn {
  readonly exitOnClose: boolean;
  readonly showEconnreset: boolean;
  readonly sendTimeout: number;
  readonly sendTimeoutClose: boolean;
}

const modes: readonly unknown[] = ['raw', 1, 2, 'line', 4];
/** Numbers of `packetMode` by the places of `modes`. */
const modeNumbers = [0, 1, 2, 5, 4];

const packetOption: InetCodec = {
  number: inetOption.packet,
  encode: (value, _present, argument) => {
    const index = modes.indexOf(value === 0 ? 'raw' : value);
    if (index < 0) throw new BadArg(argument, "must be 'raw', 0, 1, 2, 4 or 'line'");
    return [modeNumbers[index]!];
  },
  decode: ([number = 0]) => modes[modeNumbers.indexOf(number)],
};

const delimiterOption: InetCodec = {
  ...byteOption(inetOption.lineDelimiter),
  encode: (value, present, argument) => {
    if (typeof value === 'string')
      throw new BadArg(argument, "must be one byte, as a number: 10 for a newline, ';'.charCodeAt(0)");
    return byteOption(inetOption.lineDelimiter).encode(value, present, argument);
  },
};

/** Erlang takes a negative mark for 0 (TS-7). */
const markOption = (number: number): InetCodec => ({
  number,
  encode: (value, _present, argument) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value > maxInteger) {
      throw new BadArg(argument, `must be an integer up to ${maxInteger}`);
    }
    return [Math.max(0, value)];
  },
  decode: ([bytes = 0]) => bytes,
});

const isBoolean = (value: unknown): true | string => typeof value === 'boolean' || 'must be a boolean';

export const tcpTable: InetTable<TcpOwn> = {
  transport: 'TCP',
  stack: new Map<string, InetCodec>([
    ...Object.entries(inetOptions),
    ['packet', packetOption],
    ['packetSize', numberOption(inetOption.packetSize, maxInteger)],
    ['lineDelimiter', delimiterOption],
    ['highWatermark', markOption(inetOption.highWatermark)],
    ['lowWatermark', markOption(inetOption.lowWatermark)],
    ['flushTimeout', numberOption(inetOption.flushTimeout, maxInteger)],
    ['nodelay', booleanOption(inetOption.nodelay)],
    ['keepalive', booleanOption(inetOption.keepalive)],
    ['keepIdle', numberOption(inetOption.keepIdle, u16)],
    ['keepInterval', numberOption(inetOption.keepInterval, u16)],
    ['keepCount', numberOption(inetOption.keepCount, u16)],
    ['linger', lingerOption(inetOption.linger)],
  ]),
  kept: {
    exitOnClose: isBoolean,
    showEconnreset: isBoolean,
    sendTimeout: (value) =>
      value === Number.POSITIVE_INFINITY ||
      isCount(value, 0) ||
      `must be Infinity or an integer in 0..${maxInteger}, milliseconds`,
    sendTimeoutClose: isBoolean,
  },
  mostBuffer: maxInteger,
  ofOthers: new Set([
    'broadcast',
    'readPackets',
    'multicastTtl',
    'multicastLoop',
    'multicastIf',
    'addMembership',
    'dropMembership',
    'addSourceMembership',
    'dropSourceMembership',
    'recvPktinfo',
    'gro',
    'gso',
  ]),
};

/** What a socket begins with that nobody has given options. */
export const defaultKept: InetKept<TcpOwn> = {
  mode: 'binary',
  marks: defaultWatermarks,
  own: { exitOnClose: true, showEconnreset: false, sendTimeout: Number.POSITIVE_INFINITY, sendTimeoutClose: false },
  netns: undefined,
  bufferIsSet: false,
};

/**
 * Options that the kernel has given an accepted socket as they were when its peer came. They are set again if they have been changed since (TA-9).
 */
export const inheritedLate: ReadonlySet<string> = new Set([
  'nodelay',
  'keepalive',
  'keepIdle',
  'keepInterval',
  'keepCount',
  'priority',
  'tos',
  'ttl',
  'tclass',
  'recvtos',
  'recvttl',
  'recvtclass',
]);
