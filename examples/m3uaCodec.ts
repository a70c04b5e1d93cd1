/**
 * Messages of M3UA (RFC 4666) as bytes: a common header, then parameters, each padded to four bytes. Only what the example speaks is in here: management,
 * transfer, DUNA and DAVA, and the upkeep and traffic of ASPs. A message that cannot be read is an `M3uaError`, whose code goes into the answer.
 */

/** The class and the type of each message (§3.1.2, §3.1.3), and the parameters that it must have. */
const messages = {
  ERR: { id: [0, 0], needs: ['errorCode'] },
  NTFY: { id: [0, 1], needs: ['status'] },
  DATA: { id: [1, 1], needs: ['protocolData'] },
  DUNA: { id: [2, 1], needs: ['affectedPointCode'] },
  DAVA: { id: [2, 2], needs: ['affectedPointCode'] },
  ASPUP: { id: [3, 1], needs: [] },
  ASPDN: { id: [3, 2], needs: [] },
  BEAT: { id: [3, 3], needs: [] },
  ASPUP_ACK: { id: [3, 4], needs: [] },
  ASPDN_ACK: { id: [3, 5], needs: [] },
  BEAT_ACK: { id: [3, 6], needs: [] },
  ASPAC: { id: [4, 1], needs: [] },
  ASPIA: { id: [4, 2], needs: [] },
  ASPAC_ACK: { id: [4, 3], needs: [] },
  ASPIA_ACK: { id: [4, 4], needs: [] },
} as const satisfies Record<string, { id: readonly [number, number]; needs: readonly (keyof M3uaParameters)[] }>;

export type M3uaName = keyof typeof messages;
export const m3uaNames = Object.keys(messages) as readonly M3uaName[];

/** A message of one MTP3 user to another: addresses, routing and payload (§3.3.1). */
export interface ProtocolData {
  readonly originPointCode: number;
  readonly destinationPointCode: number;
  readonly serviceIndicator: number;
  readonly networkIndicator: number;
  readonly messagePriority: number;
  /** Messages of one selection stay in order. */
  readonly signallingLinkSelection: number;
  readonly userData: Buffer;
}

export interface M3uaParameters {
  readonly infoString?: string;
  readonly routingContext?: readonly number[];
  readonly diagnosticInformation?: Buffer;
  readonly heartbeatData?: Buffer;
  readonly trafficModeType?: number;
  readonly errorCode?: number;
  /** Type and information: [1, 3] says that the application server is active (§3.8.2). */
  readonly status?: readonly [type: number, information: number];
  readonly aspIdentifier?: number;
  /** Eight bits of mask, then the point code. */
  readonly affectedPointCode?: readonly number[];
  readonly networkAppearance?: number;
  readonly protocolData?: ProtocolData;
  readonly correlationId?: number;
}

export interface M3uaMessage {
  readonly name: M3uaName;
  readonly parameters: M3uaParameters;
}

/** §3.8.1. */
export const errorCodes = {
  'Invalid Version': 0x01,
  'Unsupported Message Class': 0x03,
  'Unsupported Message Type': 0x04,
  'Unsupported Traffic Mode Type': 0x05,
  'Unexpected Message': 0x06,
  'Protocol Error': 0x07,
  'Invalid Stream Identifier': 0x09,
  'Refused - Management Blocking': 0x0d,
  'ASP Identifier Required': 0x0e,
  'Invalid ASP Identifier': 0x0f,
  'Invalid Parameter Value': 0x11,
  'Parameter Field Error': 0x12,
  'Unexpected Parameter': 0x13,
  'Missing Parameter': 0x16,
  'Invalid Routing Context': 0x19,
  'No Configured AS for ASP': 0x1a,
} as const;
export type ErrorName = keyof typeof errorCodes;

export function errorName(code: number): string {
  return Object.entries(errorCodes).find(([, each]) => each === code)?.[0] ?? `error ${code}`;
}

/** What is wrong with a message that came; nothing else is thrown by `decodeM3ua`. */
export class M3uaError extends Error {
  readonly code: ErrorName;

  constructor(code: ErrorName, detail: string) {
    super(`${code}: ${detail}`);
    this.name = 'M3uaError';
    this.code = code;
  }
}

const version = 1;
const headerBytes = 8;
/** Of a parameter: its tag and its length. */
const tagBytes = 4;
/** Of protocol data: all but the payload. */
const labelBytes = 12;

const padded = (bytes: number) => (bytes + 3) & ~3;

export function encodeM3ua(name: M3uaName, parameters: M3uaParameters = {}): Buffer {
  const parts = Object.entries(parameters).map(([parameter, value]) => {
    const { tag, form } = tags[parameter as keyof M3uaParameters];
    const bytes = (form as Form<unknown>).write(value);
    const part = Buffer.alloc(padded(tagBytes + bytes.length));
    part.writeUInt16BE(tag, 0);
    // The length field does not count the padding.
    part.writeUInt16BE(tagBytes + bytes.length, 2);
    bytes.copy(part, tagBytes);
    return part;
  });
  const [messageClass, type] = messages[name].id;
  const header = Buffer.from([version, 0, messageClass, type, 0, 0, 0, 0]);
  header.writeUInt32BE(
    parts.reduce((sum, part) => sum + part.length, headerBytes),
    4,
  );
  return Buffer.concat([header, ...parts]);
}

/** @throws M3uaError */
export function decodeM3ua(bytes: Buffer): M3uaMessage {
  if (bytes.length < headerBytes) throw new M3uaError('Protocol Error', `${bytes.length} bytes are no header`);
  if (bytes[0] !== version) throw new M3uaError('Invalid Version', String(bytes[0]));
  const length = bytes.readUInt32BE(4);
  // §3.1.4: the padding of the last parameter may be there and not counted.
  if (length < headerBytes || length > bytes.length || bytes.length > padded(length)) {
    throw new M3uaError('Protocol Error', `${bytes.length} bytes came of ${length}`);
  }
  const name = nameOf(bytes[2]!, bytes[3]!);
  const parameters = decodeParameters(bytes.subarray(headerBytes, length));
  for (const needed of messages[name].needs) {
    if (!(needed in parameters)) throw new M3uaError('Missing Parameter', `${name} without ${needed}`);
  }
  return { name, parameters };
}

/** Whether bytes, even malformed ones, are an ERR. An ERR is not answered by another, or two peers would never stop. */
export function isErrorMessage(bytes: Buffer): boolean {
  return bytes[2] === 0 && bytes[3] === 0;
}

function nameOf(messageClass: number, type: number): M3uaName {
  const ofClass = m3uaNames.filter((name) => messages[name].id[0] === messageClass);
  if (ofClass.length === 0) throw new M3uaError('Unsupported Message Class', String(messageClass));
  const found = ofClass.find((name) => messages[name].id[1] === type);
  if (found === undefined) throw new M3uaError('Unsupported Message Type', `${messageClass}/${type}`);
  return found;
}

function decodeParameters(bytes: Buffer): M3uaParameters {
  const parameters: Record<string, unknown> = {};
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < tagBytes) throw new M3uaError('Parameter Field Error', 'a parameter is cut short');
    const tag = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    if (length < tagBytes || at + length > bytes.length)
      throw new M3uaError('Parameter Field Error', `${length} bytes of ${tag}`);
    const [name, kind] = Object.entries(tags).find(([, each]) => each.tag === tag) ?? [];
    // A parameter that is not known, from a later version or another vendor, is passed over.
    if (name !== undefined && kind !== undefined) {
      if (name in parameters) throw new M3uaError('Unexpected Parameter', `a second ${name}`);
      parameters[name] = kind.form.read(bytes.subarray(at + tagBytes, at + length), name);
    }
    at += padded(length);
  }
  return parameters;
}

/** How a value looks on the wire. */
interface Form<Value> {
  write(value: Value): Buffer;
  /** @throws M3uaError */
  read(bytes: Buffer, name: string): Value;
}

const text: Form<string> = { write: (value) => Buffer.from(value), read: (bytes) => bytes.toString() };
/** A copy, so that a value that is kept does not keep the whole message in memory. */
const octets: Form<Buffer> = { write: (value) => value, read: (bytes) => Buffer.from(bytes) };

const integers: Form<readonly number[]> = {
  write: (values) => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
    return bytes;
  },
  read: (bytes, name) => {
    if (bytes.length === 0 || bytes.length % 4 !== 0) throw wrongSize(bytes, name);
    return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32BE(4 * index));
  },
};

const integer: Form<number> = {
  write: (value) => integers.write([value]),
  read: (bytes, name) => {
    if (bytes.length !== 4) throw wrongSize(bytes, name);
    return bytes.readUInt32BE();
  },
};

const pair: Form<readonly [number, number]> = {
  write: ([type, information]) => integer.write(type * 0x10000 + information),
  read: (bytes, name) => {
    const both = integer.read(bytes, name);
    return [both >>> 16, both & 0xffff];
  },
};

const protocolData: Form<ProtocolData> = {
  write: (data) => {
    const { serviceIndicator, networkIndicator, messagePriority, signallingLinkSelection } = data;
    const selectors = Buffer.from([serviceIndicator, networkIndicator, messagePriority, signallingLinkSelection]);
    return Buffer.concat([integers.write([data.originPointCode, data.destinationPointCode]), selectors, data.userData]);
  },
  read: (bytes, name) => {
    if (bytes.length < labelBytes) throw wrongSize(bytes, name);
    return {
      originPointCode: bytes.readUInt32BE(0),
      destinationPointCode: bytes.readUInt32BE(4),
      serviceIndicator: bytes[8]!,
      networkIndicator: bytes[9]!,
      messagePriority: bytes[10]!,
      signallingLinkSelection: bytes[11]!,
      userData: Buffer.from(bytes.subarray(labelBytes)),
    };
  },
};

/** §3.2. */
const tags = {
  infoString: { tag: 0x0004, form: text },
  routingContext: { tag: 0x0006, form: integers },
  diagnosticInformation: { tag: 0x0007, form: octets },
  heartbeatData: { tag: 0x0009, form: octets },
  trafficModeType: { tag: 0x000b, form: integer },
  errorCode: { tag: 0x000c, form: integer },
  status: { tag: 0x000d, form: pair },
  aspIdentifier: { tag: 0x0011, form: integer },
  affectedPointCode: { tag: 0x0012, form: integers },
  networkAppearance: { tag: 0x0200, form: integer },
  protocolData: { tag: 0x0210, form: protocolData },
  correlationId: { tag: 0x0213, form: integer },
} satisfies { [Name in keyof M3uaParameters]-?: { tag: number; form: Form<NonNullable<M3uaParameters[Name]>> } };

function wrongSize(bytes: Buffer, name: string): M3uaError {
  return new M3uaError('Parameter Field Error', `${name} cannot have ${bytes.length} bytes`);
}
