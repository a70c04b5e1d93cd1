/**
 * How the options that the stack keeps are laid out in its words (native/src/sctp/engine.h), and the checks of what users give for them.
 */
import { option } from '../../native/contract.js';
import { BadArg } from '../../runtime/index.js';
import { flagBits, flagsOf, formatV4, formatV6 } from './decode.js';
import { type PeerAddrFlag, pathStates, type SctpPaddrinfo, type SctpStatus, statusStates } from './optionRecords.js';
import { isU32 } from './sending.js';

type Words = readonly number[];
type Fields = { readonly [field: string]: unknown };

/** One option that is kept by the stack. */
export interface StackOption {
  readonly number: number;
  /** Whether `assocId` in the record chooses an association. */
  readonly keyed: boolean;
  readonly readOnly: boolean;
  /** Words to set: `value` over what is in force. @throws BadArg naming the field */
  encode(value: unknown, present: Words, argument: string): Words;
  decode(words: Words, assocId: number): unknown;
}

const u16 = 0xffff;
const u32 = 0xffffffff;

/** A field that is an integer in 0..max. */
const integer =
  (max: number) =>
  (value: unknown, argument: string): number => {
    if (isU32(value) && value <= max) return value;
    throw new BadArg(argument, `must be an integer in 0..${max}`);
  };

const boolean = (value: unknown, argument: string): number => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw new BadArg(argument, 'must be a boolean');
};

const messageFlags = (value: unknown, argument: string): number => {
  const bits = Array.isArray(value) ? flagBits(value) : undefined;
  if (bits !== undefined) return bits;
  throw new BadArg(argument, "must be a list of 'unordered', 'addr_over', 'abort', 'eof'");
};

const peerAddrFlagNames: readonly PeerAddrFlag[] = [
  'hb_enable',
  'hb_disable',
  'hb_demand',
  'pmtud_enable',
  'pmtud_disable',
  'sackdelay_enable',
  'sackdelay_disable',
];

const peerAddrFlags = (value: unknown, argument: string): number => {
  if (!Array.isArray(value)) throw new BadArg(argument, 'must be a list of flags');
  return value.reduce((bits: number, name: unknown) => {
    const index = peerAddrFlagNames.indexOf(name as PeerAddrFlag);
    if (index < 0) throw new BadArg(argument, `must be a list of ${peerAddrFlagNames.join(', ')}`);
    return bits | (1 << index);
  }, 0);
};

const sameNumber = (word: number): unknown => word;
const isSet = (word: number): unknown => word !== 0;

interface Field {
  readonly name: string;
  readonly encode: (value: unknown, argument: string) => number;
  readonly decode: (word: number) => unknown;
}

const numberField = (name: string, max: number): Field => ({ name, encode: integer(max), decode: sameNumber });

/** An option whose words are its fields, in order. */
function recordOption(number: number, type: string, keyed: boolean, fields: readonly Field[]): StackOption {
  return {
    number,
    keyed,
    readOnly: false,
    encode: (value, present, argument) => {
      const given = checkFields(value, type, keyed, fields, argument);
      return fields.map(({ name, encode }, index) =>
        given[name] === undefined ? (present[index] ?? 0) : encode(given[name], `${argument}.${name}`),
      );
    },
    decode: (words, assocId) => ({
      type,
      ...(keyed ? { assocId } : {}),
      ...Object.fromEntries(fields.map(({ name, decode }, index) => [name, decode(words[index] ?? 0)])),
    }),
  };
}

function checkFields(value: unknown, type: string, keyed: boolean, fields: readonly Field[], argument: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadArg(argument, 'must be a record');
  const given: Fields = { ...value };
  for (const name of Object.keys(given)) {
    const known = fields.some((field) => field.name === name) || (name === 'type' && given[name] === type);
    if (!known && !(keyed && name === 'assocId')) throw new BadArg(`${argument}.${name}`, 'is no field of this option');
  }
  return given;
}

/** An option that is one value. */
function plainOption(number: number, encode: Field['encode'], decode: Field['decode']): StackOption {
  return {
    number,
    keyed: false,
    readOnly: false,
    encode: (value, _present, argument) => [encode(value, argument)],
    decode: (words) => decode(words[0] ?? 0),
  };
}

const eventNames = [
  'dataIoEvent',
  'associationEvent',
  'addressEvent',
  'sendFailureEvent',
  'peerErrorEvent',
  'shutdownEvent',
  'partialDeliveryEvent',
  'adaptationLayerEvent',
] as const;

/** Bit of `dataIoEvent` in the word of `sctpEvents`. */
export const dataIoEventBit = 1;

const eventFields: readonly Field[] = [...eventNames, 'authenticationEvent'].map((name) => ({
  name,
  encode: boolean,
  decode: isSet,
}));

const events: StackOption = {
  number: option.events,
  keyed: false,
  readOnly: false,
  encode: (value, present, argument) => {
    const given = checkFields(value, 'sctp_event_subscribe', false, eventFields, argument);
    let bits = present[0] ?? 0;
    for (const [index, name] of eventNames.entries()) {
      if (given[name] === undefined) continue;
      bits = boolean(given[name], `${argument}.${name}`) === 1 ? bits | (1 << index) : bits & ~(1 << index);
    }
    if (given.authenticationEvent !== undefined) boolean(given.authenticationEvent, `${argument}.authenticationEvent`);
    return [bits];
  },
  decode: (words) => ({
    type: 'sctp_event_subscribe',
    ...Object.fromEntries(eventNames.map((name, index) => [name, ((words[0] ?? 0) & (1 << index)) !== 0])),
    authenticationEvent: false,
  }),
};

const linger: StackOption = {
  number: option.linger,
  keyed: false,
  readOnly: false,
  encode: (value, _present, argument) => {
    if (!Array.isArray(value) || value.length !== 2) throw new BadArg(argument, 'must be [boolean, seconds]');
    return [boolean(value[0], `${argument}[0]`), integer(u16)(value[1], `${argument}[1]`)];
  },
  decode: (words) => [words[0] !== 0, words[1] ?? 0],
};

const readOnly = (argument: string): never => {
  throw new BadArg(argument, 'can only be read');
};

/** A path's words: state, cwnd, srtt, rto, mtu, family, four of address, port. */
function decodePath(words: Words, assocId: number): SctpPaddrinfo {
  const [state = 0, cwnd = 0, srtt = 0, rto = 0, mtu = 0, family = 4, a = 0, b = 0, c = 0, d = 0, port = 0] = words;
  const ip = family === 6 ? formatV6([a, b, c, d], 0) : formatV4(a);
  return { type: 'sctp_paddrinfo', assocId, address: [ip, port], state: pathStates[state] ?? 'inactive', cwnd, srtt, rto, mtu };
}

function decodeStatus(words: Words, assocId: number): SctpStatus {
  const [state = 0, rwnd = 0, unackdata = 0, penddata = 0, instrms = 0, outstrms = 0, fragmentationPoint = 0] = words;
  return {
    type: 'sctp_status',
    assocId,
    state: statusStates[state] ?? 'empty',
    rwnd,
    unackdata,
    penddata,
    instrms,
    outstrms,
    fragmentationPoint,
    primary: decodePath(words.slice(7), assocId),
  };
}

/** Options that the stack keeps, by name. */
export const stackOptions = {
  recbuf: plainOption(option.recbuf, integer(0x7fffffff), sameNumber),
  sndbuf: plainOption(option.sndbuf, integer(0x7fffffff), sameNumber),
  linger,
  sctpNodelay: plainOption(option.nodelay, boolean, isSet),
  sctpDisableFragments: plainOption(option.disableFragments, boolean, isSet),
  sctpAutoclose: plainOption(option.autoclose, integer(u32), sameNumber),
  sctpMaxseg: plainOption(option.maxSeg, integer(u32), sameNumber),
  sctpEvents: events,
  sctpInitmsg: recordOption(option.initMsg, 'sctp_initmsg', false, [
    numberField('numOstreams', u16),
    numberField('maxInstreams', u16),
    numberField('maxAttempts', u16),
    numberField('maxInitTimeo', u16),
  ]),
  sctpRtoinfo: recordOption(option.rtoInfo, 'sctp_rtoinfo', true, [
    numberField('initial', u32),
    numberField('max', u32),
    numberField('min', u32),
  ]),
  sctpAssocinfo: recordOption(option.assocInfo, 'sctp_assocparams', true, [
    numberField('asocmaxrxt', u16),
    numberField('numberPeerDestinations', u16),
    numberField('peerRwnd', u32),
    numberField('localRwnd', u32),
    numberField('cookieLife', u32),
  ]),
  sctpAdaptationLayer: recordOption(option.adaptation, 'sctp_setadaptation', false, [numberField('adaptationInd', u32)]),
  sctpDelayedAckTime: recordOption(option.delayedAck, 'sctp_assoc_value', true, [numberField('assocValue', u32)]),
  sctpPeerAddrParams: recordOption(option.peerAddrParams, 'sctp_paddrparams', true, [
    numberField('hbinterval', u32),
    numberField('pathmaxrxt', u16),
    numberField('pathmtu', u32),
    numberField('sackdelay', u32),
    {
      name: 'flags',
      encode: peerAddrFlags,
      decode: (word) => peerAddrFlagNames.filter((_, index) => (word & (1 << index)) !== 0),
    },
  ]),
  sctpDefaultSendParam: recordOption(option.defaultSendParam, 'sctp_sndrcvinfo', true, [
    numberField('stream', u16),
    { name: 'flags', encode: messageFlags, decode: flagsOf },
    numberField('ppid', u32),
    numberField('context', u32),
    numberField('timetolive', u32),
  ]),
  sctpStatus: {
    number: option.status,
    keyed: true,
    readOnly: true,
    encode: (_value, _present, argument) => readOnly(argument),
    decode: decodeStatus,
  },
  sctpGetPeerAddrInfo: {
    number: option.peerAddrInfo,
    keyed: true,
    readOnly: true,
    encode: (_value, _present, argument) => readOnly(argument),
    decode: decodePath,
  },
} satisfies { readonly [name: string]: StackOption };

export type StackOptionName = keyof typeof stackOptions;

export function isStackOption(name: string): name is StackOptionName {
  return Object.hasOwn(stackOptions, name);
}
