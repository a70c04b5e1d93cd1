/** What the AVPs of the base protocol mean (RFC 6733 §4.2, §4.5): by name, with values instead of bytes. */
import { isIPv4 } from 'node:net';
import { type Avp, DiameterError, decodeAvps, encodeAvps } from './diameterCodec.js';

/** How a value is written and read. */
interface Form<Value> {
  write(value: Value): Buffer;
  /** Gives undefined if the bytes are no such value. `bytes`, the length of every such value, then says whether their length is wrong. */
  read(bytes: Buffer): Value | undefined;
  readonly bytes?: number;
}

const text: Form<string> = { write: (value) => Buffer.from(value), read: (bytes) => bytes.toString() };

const unsigned32: Form<number> = {
  bytes: 4,
  write: (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  },
  read: (bytes) => bytes.readUInt32BE(),
};

const grouped: Form<readonly Avp[]> = { write: encodeAvps, read: decodeAvps };

/** §4.3.1: a family, 1 for IPv4 and 2 for IPv6, and the address. IPv6 is read, and need not be written, in its long form. */
const address: Form<string> = {
  write: (value) =>
    isIPv4(value) ? Buffer.from([0, 1, ...value.split('.').map(Number)]) : Buffer.from([0, 2, ...ipv6Bytes(value)]),
  read: (bytes) => {
    const rest = bytes.subarray(2);
    if (bytes[1] === 1 && rest.length === 4) return rest.join('.');
    if (bytes[1] !== 2 || rest.length !== 16) return undefined;
    return Array.from({ length: 8 }, (_, group) => rest.readUInt16BE(2 * group).toString(16)).join(':');
  },
};

function ipv6Bytes(value: string): number[] {
  const [before = [], after = []] = value.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}

/** `isMandatory`: §4.5 says of each whether the M bit must be set. */
const dictionary = {
  hostIpAddress: { code: 257, form: address },
  authApplicationId: { code: 258, form: unsigned32 },
  acctApplicationId: { code: 259, form: unsigned32 },
  vendorSpecificApplicationId: { code: 260, form: grouped },
  sessionId: { code: 263, form: text },
  originHost: { code: 264, form: text },
  supportedVendorId: { code: 265, form: unsigned32 },
  vendorId: { code: 266, form: unsigned32 },
  firmwareRevision: { code: 267, form: unsigned32, isMandatory: false },
  resultCode: { code: 268, form: unsigned32 },
  productName: { code: 269, form: text, isMandatory: false },
  disconnectCause: { code: 273, form: unsigned32 },
  originStateId: { code: 278, form: unsigned32 },
  failedAvp: { code: 279, form: grouped },
  errorMessage: { code: 281, form: text, isMandatory: false },
  destinationRealm: { code: 283, form: text },
  destinationHost: { code: 293, form: text },
  originRealm: { code: 296, form: text },
  inbandSecurityId: { code: 299, form: unsigned32 },
  accountingRecordType: { code: 480, form: unsigned32 },
  accountingRecordNumber: { code: 485, form: unsigned32 },
} as const;

export type AvpName = keyof typeof dictionary;
export type AvpValue<Name extends AvpName> = (typeof dictionary)[Name]['form'] extends Form<infer Value> ? Value : never;

export const avpNames = Object.keys(dictionary) as readonly AvpName[];

export function avp<Name extends AvpName>(name: Name, value: AvpValue<Name>): Avp {
  const { code, form, isMandatory = true } = entry(name);
  return { code, isMandatory, data: form.write(value) };
}

/** The values of all AVPs of that name, in order. @throws DiameterError 'invalidAvpLength', 'invalidAvpValue' */
export function all<Name extends AvpName>(avps: readonly Avp[], name: Name): AvpValue<Name>[] {
  const { code, form } = entry(name);
  return avps
    .filter((each) => each.code === code && each.vendorId === undefined)
    .map((failed) => {
      if (form.bytes !== undefined && failed.data.length !== form.bytes) {
        throw new DiameterError('invalidAvpLength', `${name} with ${failed.data.length} bytes`, { failed });
      }
      const value = form.read(failed.data);
      if (value === undefined) throw new DiameterError('invalidAvpValue', name, { failed });
      return value as AvpValue<Name>;
    });
}

/** The value of the first AVP of that name. @throws DiameterError as `all` */
export function get<Name extends AvpName>(avps: readonly Avp[], name: Name): AvpValue<Name> | undefined {
  return all(avps, name)[0];
}

/** The value of an AVP that must be there. @throws DiameterError 'missingAvp', or as `all` */
export function need<Name extends AvpName>(avps: readonly Avp[], name: Name): AvpValue<Name> {
  const value = get(avps, name);
  if (value !== undefined) return value;
  // §7.5: an example of the missing AVP, with the least number of bytes that it has.
  const { code, form, isMandatory = true } = entry(name);
  const failed = { code, isMandatory, data: Buffer.alloc(form.bytes ?? 0) };
  throw new DiameterError('missingAvp', name, { failed });
}

/** The first AVP that a receiver must know and that we do not know. */
export function unknownMandatory(avps: readonly Avp[]): Avp | undefined {
  const codes = avpNames.map((name) => dictionary[name].code as number);
  return avps.find((each) => each.isMandatory && (each.vendorId !== undefined || !codes.includes(each.code)));
}

function entry(name: AvpName): { code: number; form: Form<unknown>; isMandatory?: boolean } {
  return dictionary[name] as { code: number; form: Form<unknown>; isMandatory?: boolean };
}
