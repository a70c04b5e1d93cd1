/**
 * Messages of Diameter (RFC 6733) as bytes: a header and AVPs (§3, §4). What the AVPs mean is in `diameterAvps`. A message that cannot be read is a `DiameterError`,
 * which knows as much of the message as its answer needs.
 */

export interface DiameterHeader {
  readonly isRequest: boolean;
  /** Nodes on the way may pass the message on. */
  readonly isProxiable: boolean;
  /** An answer that tells of a protocol error. It need not have the AVPs of its command. */
  readonly isError: boolean;
  /** A request that may have been answered already, before an association was lost. */
  readonly isRetransmitted: boolean;
  readonly command: number;
  readonly applicationId: number;
  /** Belongs to one request and its answer between two neighbours. */
  readonly hopByHop: number;
  /** Belongs to a request wherever it goes, also when the request is sent again. */
  readonly endToEnd: number;
}

export interface DiameterMessage extends DiameterHeader {
  readonly avps: readonly Avp[];
}

export interface Avp {
  readonly code: number;
  /** Undefined for AVPs of the IETF. */
  readonly vendorId?: number;
  /** A receiver that does not know the AVP must refuse the request. */
  readonly isMandatory: boolean;
  readonly data: Buffer;
}

/** §7.1. */
export const resultCodes = {
  success: 2001,
  commandUnsupported: 3001,
  unableToDeliver: 3002,
  applicationUnsupported: 3007,
  invalidHeaderBits: 3008,
  avpUnsupported: 5001,
  invalidAvpValue: 5004,
  missingAvp: 5005,
  noCommonApplication: 5010,
  unsupportedVersion: 5011,
  unableToComply: 5012,
  invalidAvpLength: 5014,
  invalidMessageLength: 5015,
} as const;
export type ResultName = keyof typeof resultCodes;

/** What is wrong with a message that came. */
export class DiameterError extends Error {
  readonly result: ResultName;
  /** The AVP that is wrong, or an example of the AVP that is missing. */
  readonly failed: Avp | undefined;
  /** The header of the message, if it could be read. */
  readonly header: DiameterHeader | undefined;

  constructor(
    result: ResultName,
    detail: string,
    blame: { readonly failed?: Avp | undefined; readonly header?: DiameterHeader } = {},
  ) {
    super(`${result}: ${detail}`);
    this.name = 'DiameterError';
    this.result = result;
    this.failed = blame.failed;
    this.header = blame.header;
  }
}

const version = 1;
const headerBytes = 20;
const avpHeaderBytes = 8;
const vendorBytes = 4;

/** The bits of §3, R P E T. */
const flag = { request: 0x80, proxiable: 0x40, error: 0x20, retransmitted: 0x10 } as const;
/** The bits of §4.1, V and M. */
const avpFlag = { vendor: 0x80, mandatory: 0x40 } as const;

const padded = (bytes: number) => (bytes + 3) & ~3;

export function encodeDiameter(message: DiameterMessage): Buffer {
  const avps = encodeAvps(message.avps);
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(headerBytes + avps.length);
  header[0] = version;
  header.writeUInt32BE(message.command, 4);
  header[4] =
    (message.isRequest ? flag.request : 0) |
    (message.isProxiable ? flag.proxiable : 0) |
    (message.isError ? flag.error : 0) |
    (message.isRetransmitted ? flag.retransmitted : 0);
  header.writeUInt32BE(message.applicationId, 8);
  header.writeUInt32BE(message.hopByHop, 12);
  header.writeUInt32BE(message.endToEnd, 16);
  return Buffer.concat([header, avps]);
}

/** @throws DiameterError, and nothing else */
export function decodeDiameter(bytes: Buffer): DiameterMessage {
  const header = decodeHeader(bytes);
  if (bytes[0] !== version) throw new DiameterError('unsupportedVersion', String(bytes[0]), { header });
  const length = bytes.readUIntBE(1, 3);
  if (length !== bytes.length || length % 4 !== 0) {
    throw new DiameterError('invalidMessageLength', `${bytes.length} bytes came of ${length}`, { header });
  }
  if (header.isRequest && header.isError) throw new DiameterError('invalidHeaderBits', 'a request that is an error', { header });
  try {
    return { ...header, avps: decodeAvps(bytes.subarray(headerBytes)) };
  } catch (error) {
    if (!(error instanceof DiameterError)) throw error;
    throw new DiameterError(error.result, error.message, { failed: error.failed, header });
  }
}

function decodeHeader(bytes: Buffer): DiameterHeader {
  if (bytes.length < headerBytes) throw new DiameterError('invalidMessageLength', `${bytes.length} bytes are no header`);
  const flags = bytes[4]!;
  return {
    isRequest: (flags & flag.request) !== 0,
    isProxiable: (flags & flag.proxiable) !== 0,
    isError: (flags & flag.error) !== 0,
    isRetransmitted: (flags & flag.retransmitted) !== 0,
    command: bytes.readUIntBE(5, 3),
    applicationId: bytes.readUInt32BE(8),
    hopByHop: bytes.readUInt32BE(12),
    endToEnd: bytes.readUInt32BE(16),
  };
}

/** The bytes of AVPs: those of a message, or those in a grouped AVP. */
export function encodeAvps(avps: readonly Avp[]): Buffer {
  return Buffer.concat(avps.map(encodeAvp));
}

function encodeAvp({ code, vendorId, isMandatory, data }: Avp): Buffer {
  const dataAt = avpHeaderBytes + (vendorId === undefined ? 0 : vendorBytes);
  // The length field does not count the padding.
  const bytes = Buffer.alloc(padded(dataAt + data.length));
  bytes.writeUInt32BE(code, 0);
  bytes.writeUInt32BE(dataAt + data.length, 4);
  bytes[4] = (vendorId === undefined ? 0 : avpFlag.vendor) | (isMandatory ? avpFlag.mandatory : 0);
  if (vendorId !== undefined) bytes.writeUInt32BE(vendorId, avpHeaderBytes);
  data.copy(bytes, dataAt);
  return bytes;
}

/** @throws DiameterError 'invalidAvpLength' */
export function decodeAvps(bytes: Buffer): Avp[] {
  const avps: Avp[] = [];
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.subarray(at);
    if (rest.length < avpHeaderBytes) throw new DiameterError('invalidAvpLength', `${rest.length} bytes are no AVP`);
    const code = rest.readUInt32BE(0);
    const isMandatory = (rest[4]! & avpFlag.mandatory) !== 0;
    const hasVendor = (rest[4]! & avpFlag.vendor) !== 0;
    const length = rest.readUIntBE(5, 3);
    const dataAt = avpHeaderBytes + (hasVendor ? vendorBytes : 0);
    if (length < dataAt || length > rest.length) {
      // §7.1.5: the AVP that an error names must itself be well-formed.
      const failed = { code, isMandatory, data: Buffer.alloc(0) };
      throw new DiameterError('invalidAvpLength', `AVP ${code} with ${length} bytes`, { failed });
    }
    // A copy, so that a value that is kept does not keep the whole message in memory.
    const data = Buffer.from(rest.subarray(dataAt, length));
    avps.push({ code, isMandatory, data, ...(hasVendor && { vendorId: rest.readUInt32BE(avpHeaderBytes) }) });
    at += padded(length);
  }
  return avps;
}
