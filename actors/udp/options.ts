/** The options of UDP sockets: those of all sockets of the internet (actors/socket/inetOptions.ts), those of UDP alone, and those of multicast. */
import { type InetFamily, inetFamily, inetOption } from '../../native/contract/inet.js';
import {
  booleanOption,
  type InetCodec,
  type InetOpeningOptions,
  type InetOptionList,
  type InetOptions,
  type InetTable,
  inetOptions,
  maxInteger,
  numberOption,
  type RawOption,
} from '../socket/index.js';
import { multicastOptions, type UdpMulticastOptions } from './multicast.js';

/** Options that may be set at any time. They are OTP's (gen_udp, inet) unless their text says otherwise. */
export interface UdpOptions extends InetOptions, UdpMulticastOptions {
  /**
   * Bytes of the longest datagram that is taken whole, 1 or more; 65536, which every datagram of IP fits. A longer one is cut, and told with `truncated` (UB-1).
   * Erlang has 8192.
   */
  readonly buffer?: number;
  /** true: datagrams may be sent to broadcast addresses; else that fails with 'eacces' (US-7). */
  readonly broadcast?: boolean;
  /** Datagrams read in one go before other sockets have their turn, 1 or more (UM-5). */
  readonly readPackets?: number;
  /** Datagrams are told with the address to which they were sent, and with their interface. Beyond OTP. */
  readonly recvPktinfo?: boolean;
  /**
   * The kernel may join datagrams of one sender on their way in (generic receive offload). They come one by one as ever, and cost less. true where the system has
   * it; Linux; beyond OTP.
   */
  readonly gro?: boolean;
  /**
   * Datagrams of one turn of the same length and to the same destination leave as one, which the kernel or the device takes apart (generic segmentation offload).
   * They arrive one by one as ever. true where the system has it; Linux; beyond OTP.
   */
  readonly gso?: boolean;
}

/** Options that may be read: all but those of memberships. */
export interface UdpReadableOptions
  extends Omit<UdpOptions, 'raw' | 'addMembership' | 'dropMembership' | 'addSourceMembership' | 'dropSourceMembership'> {
  /** As given to `open`; left out if it was not. */
  readonly netns?: string;
  readonly raw?: readonly RawOption[];
}

/** The options of `open`: those of `setopts`, and where the socket is bound. */
export interface UdpOpenOptions extends UdpOptions, InetOpeningOptions {}

/** Options as an object, or as Erlang's list. */
export type UdpOptionsArgument = UdpOptions | InetOptionList<UdpOptions>;
export type UdpOpenOptionsArgument = UdpOpenOptions | InetOptionList<UdpOpenOptions>;

/** UDP sockets keep no options of their own beside those that all sockets keep. */
export type UdpKept = Readonly<Record<never, never>>;

/** Bytes: what Erlang's driver allows `recbuf` to make of `buffer` (TO-5). */
const mostBuffer = 65536;

/** Options of TCP alone (UO-4, TO-4). */
const ofTcp: ReadonlySet<string> = new Set(
  (
    'packet packetSize lineDelimiter exitOnClose showEconnreset sendTimeout sendTimeoutClose highWatermark lowWatermark flushTimeout ' +
    'nodelay keepalive keepIdle keepInterval keepCount linger backlog'
  ).split(' '),
);

const ownOptions: { readonly [name: string]: InetCodec } = {
  broadcast: booleanOption(inetOption.broadcast),
  readPackets: numberOption(inetOption.readPackets, maxInteger),
  recvPktinfo: booleanOption(inetOption.recvPktinfo),
  gro: booleanOption(inetOption.gro),
  gso: booleanOption(inetOption.gso),
};

function tableOf(family: InetFamily): InetTable<UdpKept> {
  const stack = { ...inetOptions, ...ownOptions, ...multicastOptions(family !== inetFamily.ipv6) };
  return { transport: 'UDP', stack: new Map(Object.entries(stack)), kept: {}, mostBuffer, ofOthers: ofTcp };
}

const tables: { readonly [Family in InetFamily]: InetTable<UdpKept> } = {
  [inetFamily.local]: tableOf(inetFamily.local),
  [inetFamily.ipv4]: tableOf(inetFamily.ipv4),
  [inetFamily.ipv6]: tableOf(inetFamily.ipv6),
};

/** The options of sockets of a family. Groups and interfaces are written in its way. */
export function udpTable(family: InetFamily): InetTable<UdpKept> {
  return tables[family];
}
