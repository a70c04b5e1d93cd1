/** What a single datagram is sent with: its type of service, hops and traffic class, in place of the socket's (US-8). */
import { udpFlag } from '../../native/contract/udp.js';
import { BadArg } from '../../runtime/index.js';
import { unknownKey } from '../../runtime/ports.js';

/** Ancillary data of one datagram, over the socket's options of the same names (US-8). */
export interface UdpSendAnc {
  /** Type of service, 0..255; IPv4. */
  readonly tos?: number;
  /** Hops that it may take, 1..255. */
  readonly ttl?: number;
  /** Traffic class, 0..255; IPv6. */
  readonly tclass?: number;
}

/** The same as the words of a send have it. */
export interface AncWords {
  readonly flags: number;
  readonly tos: number;
  readonly ttl: number;
  readonly tclass: number;
}

const names: ReadonlySet<string> = new Set(['tos', 'ttl', 'tclass']);

/** Undefined if there is none. @throws BadArg naming the field */
export function checkSendAnc(anc: unknown, argument = 'anc'): AncWords | undefined {
  if (anc === undefined) return undefined;
  if (typeof anc !== 'object' || anc === null || Array.isArray(anc)) throw new BadArg(argument, 'must be an object');
  const fields = anc as { readonly [field: string]: unknown };
  for (const name in fields) if (!names.has(name)) throw unknownKey(argument, name, names, 'is no ancillary data of a send');
  // Each field is read once: an object may give something else the next time.
  const { tos, ttl, tclass } = fields;
  const flags =
    (tos === undefined ? 0 : udpFlag.tos) | (ttl === undefined ? 0 : udpFlag.ttl) | (tclass === undefined ? 0 : udpFlag.tclass);
  if (flags === 0) return undefined;
  const byte = (value: unknown, name: string): number => {
    if (value === undefined) return 0;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value;
    throw new BadArg(`${argument}.${name}`, 'must be an integer in 0..255');
  };
  return { flags, tos: byte(tos, 'tos'), ttl: byte(ttl, 'ttl'), tclass: byte(tclass, 'tclass') };
}
