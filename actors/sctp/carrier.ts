/** Carriers over datagrams of any kind: what `sctp.overDatagrams` makes. */
import type { Handle, SctpStack } from '../../native/contract/sctp.js';
import { checkKeys } from '../../runtime/behaviour.js';
import { BadArg } from '../../runtime/index.js';
import { type Family, familyOf, isCount, type PayloadReader, reasonOf } from '../socket/index.js';
import { sctpError } from './failure.js';
import { type LeavingPacket, type PacketEnd, PacketTaker } from './packetTaker.js';
import type { OpenReason } from './reasons.js';

export type { PacketEnd } from './packetTaker.js';

/** Options of `sctp.overDatagrams`. */
export interface DatagramsOptions {
  /**
   * Brings a packet to its receiver, as one datagram, or loses it. It is called with packets in the order in which they leave, never in the middle of another call,
   * and may make any call. The packet is its own to keep. `to` is the peer: the address of `connect`, and the UDP port that RFC 6951 would have, which is the
   * peer's SCTP port unless `remoteEncapsPort` or a packet of the peer says otherwise. If the datagrams have only one receiver, ignore it. A promise that it returns
   * is not awaited. What it throws, or rejects with, loses that packet and goes to `onError`.
   */
  readonly send: (packet: Buffer, to: PacketEnd) => unknown;
  /** Called at once with the carrier's `receive`, to be called with each packet that comes. */
  readonly onPacket?: (receive: SctpCarrier['receive']) => void;
  /** Called with what `send` has thrown. Without it, and for what it throws itself, the first error of the carrier is a warning of the process. */
  readonly onError?: (error: unknown) => void;
  /** Bytes of the longest packet that the datagrams carry, 512..65535. 1200, which passes nearly everywhere, unless given. */
  readonly mtu?: number;
  /**
   * 'none': the datagrams have an integrity check of their own, as DTLS has. Packets to and from peers that say the same leave without a checksum (RFC 9653). 'crc32c'
   * unless given.
   */
  readonly checksum?: 'crc32c' | 'none';
  /** The address of sockets over this carrier. It means nothing to the system. '127.0.0.1' unless given. */
  readonly localAddress?: string;
  /** The address of the peer, if the datagrams have only one: packets that come without `from` are from there. '127.0.0.1', or '::1', unless given. */
  readonly remoteAddress?: string;
}

/** Options that have been checked. */
export type CheckedDatagrams = Required<Omit<DatagramsOptions, 'onError' | 'onPacket'>> & {
  readonly [Name in 'onError' | 'onPacket']: DatagramsOptions[Name] | undefined;
} & { readonly family: Family };

/** What has gone through a carrier. */
export interface CarrierStats {
  /** Packets for the sockets of the carrier that were taken, and those for which there was no room: 2 MiB wait at most. */
  readonly packetsIn: number;
  readonly packetsInLost: number;
  /** The same of packets that leave. */
  readonly packetsOut: number;
  readonly packetsOutLost: number;
}

/** The parts of an environment that a carrier needs. */
interface Home {
  readonly stack: SctpStack;
  readonly reader: { readonly payloads: PayloadReader };
  readonly sockets: { register(handle: Handle, taker: PacketTaker): void; forget(handle: Handle): void };
}

const keys = new Set([
  'send',
  'onPacket',
  'onError',
  'mtu',
  'checksum',
  'localAddress',
  'remoteAddress',
] satisfies (keyof DatagramsOptions)[]);
const loopback = { 4: '127.0.0.1', 6: '::1' } as const;
const defaultMtu = 1200;

/** @throws BadArg naming the option */
export function checkDatagrams(options: DatagramsOptions): CheckedDatagrams {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, keys);
  const { send, onPacket, onError, mtu = defaultMtu, checksum = 'crc32c', localAddress = loopback[4] } = options;
  if (typeof send !== 'function') throw new BadArg('options.send', 'must be a function');
  for (const [name, value] of Object.entries({ onPacket, onError })) {
    if (value !== undefined && typeof value !== 'function') throw new BadArg(`options.${name}`, 'must be a function');
  }
  if (!isCount(mtu, 512) || mtu > 65535) throw new BadArg('options.mtu', 'must be an integer in 512..65535');
  if (checksum !== 'crc32c' && checksum !== 'none') throw new BadArg('options.checksum', "must be 'crc32c' or 'none'");
  const family = familyOfHost(localAddress, 'options.localAddress');
  const { remoteAddress = loopback[family] } = options;
  if (familyOfHost(remoteAddress, 'options.remoteAddress') !== family)
    throw new BadArg('options.remoteAddress', 'must be of the family of localAddress');
  return { send, onPacket, onError, mtu, checksum, localAddress, remoteAddress, family };
}

function familyOfHost(address: unknown, argument: string): Family {
  const family = typeof address === 'string' ? familyOf(address) : 0;
  if (family === 0 || address === '0.0.0.0' || address === '::')
    throw new BadArg(argument, 'must be a numeric address of one host');
  return family;
}

/**
 * Carries packets between sockets of the embedded stack and datagrams of any kind. Any number of sockets may be opened over one carrier, with SCTP ports that tell
 * them apart. An open socket keeps the process alive; a carrier without sockets does not.
 */
export class SctpCarrier {
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly mtu: number;
  /** @internal */
  readonly family: Family;
  /** @internal */
  readonly stack: SctpStack;
  /** @internal */
  readonly handle: Handle;
  readonly #home: Home;
  readonly #taker: PacketTaker;
  readonly #send: DatagramsOptions['send'];
  readonly #onError: DatagramsOptions['onError'];
  #isOpen = true;
  #hasWarned = false;
  #lastStats: CarrierStats | undefined;

  /** @internal Made by `sctp.overDatagrams`. */
  constructor(home: Home, options: CheckedDatagrams) {
    const { localAddress, remoteAddress, mtu, checksum, family } = options;
    const { stack } = home;
    const handle = stack.openCarrier({
      addresses: [localAddress],
      any: false,
      remote: remoteAddress,
      port: 0,
      mtu,
      integrity: checksum === 'none',
    });
    if (handle < 0) throw sctpError<OpenReason>(reasonOf(-handle) as OpenReason, 'overDatagrams');
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
    this.mtu = mtu;
    this.family = family;
    this.stack = stack;
    this.handle = handle;
    this.#home = home;
    this.#send = options.send;
    this.#onError = options.onError;
    this.#taker = new PacketTaker(stack, home.reader.payloads, (leaving) => this.#pass(leaving));
    home.sockets.register(handle, this.#taker);
    try {
      options.onPacket?.(this.receive);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Whether `close` has not been called. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * A packet has come. It is copied at once, and its sockets see it in the next turn of the event loop. It may hold anything: what is no packet for a socket of this
   * carrier is dropped, and so is what comes when 2 MiB wait, or after `close`. It needs no `this`, so it can be given away as a function.
   *
   * @param from where it comes from; `remoteAddress` and the SCTP port in the packet unless given. Answers go there
   * @throws BadArg unless `packet` is a Uint8Array and `from` a numeric address of the carrier's family with a port
   */
  readonly receive = (packet: Uint8Array, from?: PacketEnd): void => {
    if (!(packet instanceof Uint8Array)) throw new BadArg('packet', 'must be a Uint8Array');
    if (from !== undefined) checkEnd(from);
    if (!this.#isOpen) return;
    const result = this.stack.input(this.handle, packet, from?.address, from?.port ?? 0, undefined);
    if (result === 0 || from === undefined) return;
    const problem = reasonOf(-result);
    if (problem === 'einval' || problem === 'eafnosupport')
      throw new BadArg('from.address', `must be a numeric address of IPv${this.family}`);
  };

  /** What has gone through, and what was lost here. */
  stats(): CarrierStats {
    return this.#lastStats ?? (this.stack.carrierStats(this.handle) as unknown as CarrierStats);
  }

  /**
   * From now on nothing leaves and nothing comes, as over a network that has died. Its sockets stay open: their associations notice by their timeouts, and end with
   * comm_lost. To let peers know, close the sockets first, and this when `send` has been called with what they had to say. A second call does nothing.
   */
  close(): void {
    if (!this.#isOpen) return;
    this.#lastStats = this.stats();
    this.#isOpen = false;
    this.#taker.drop();
    this.#home.sockets.forget(this.handle);
    this.stack.closeCarrier(this.handle, true);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #pass({ packet, to }: LeavingPacket): void {
    if (!this.#isOpen) return;
    try {
      const sent = this.#send(packet, to);
      if (isThenable(sent)) sent.then(undefined, this.#tell);
    } catch (error) {
      this.#tell(error);
    }
  }

  readonly #tell = (error: unknown): void => {
    let untold = error;
    try {
      if (this.#onError !== undefined) {
        this.#onError(error);
        return;
      }
    } catch (thrown) {
      untold = thrown;
    }
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(`a carrier's send has thrown, and packets are lost: ${textOf(untold)}`, { code: 'MAILPORT_CARRIER' });
  };
}

function checkEnd(from: PacketEnd): void {
  if (typeof from !== 'object' || from === null) throw new BadArg('from', 'must be an object with address and port');
  if (typeof from.address !== 'string') throw new BadArg('from.address', 'must be a numeric address');
  if (!isCount(from.port, 1) || from.port > 65535) throw new BadArg('from.port', 'must be an integer in 1..65535');
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Anything can be thrown, also what cannot be printed. */
function textOf(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } catch {
    return 'a value that cannot be printed';
  }
}
