/** The options that the stack keeps, by name, except those about peers' addresses (peerOptions.ts) and authenticated chunks (authOptions.ts). */
import { option } from '../../native/contract/sctp.js';
import { BadArg } from '../../runtime/index.js';
import {
  boolean,
  booleanOption,
  byteOption,
  checkFields,
  deviceOption,
  type Field,
  isSet,
  lingerOption,
  listOf,
  maxBusyPollUs,
  maxInteger,
  namesIn,
  numberField,
  numberOption,
  oneOf,
  u16,
  u32,
} from '../socket/index.js';
import { authOptions } from './authOptions.js';
import { flagBits, flagsOf } from './messageFlags.js';
import { congestionControls, prPolicies, type SctpDefaultPrinfo, streamSchedulers } from './optionRecords.js';
import { peerOptions } from './peerOptions.js';
import { recordOption, type StackOption } from './stackOption.js';

export type { OptionKey, StackOption } from './stackOption.js';

const messageFlags = (value: unknown, argument: string): number => {
  const bits = Array.isArray(value) ? flagBits(value) : undefined;
  if (bits !== undefined) return bits;
  throw new BadArg(argument, "must be a list of 'unordered', 'addr_over', 'abort', 'eof', 'sack_immediately'");
};

/** By their bits. */
const eventNames = [
  'dataIoEvent',
  'associationEvent',
  'addressEvent',
  'sendFailureEvent',
  'peerErrorEvent',
  'shutdownEvent',
  'partialDeliveryEvent',
  'adaptationLayerEvent',
  'streamResetEvent',
  'assocResetEvent',
  'streamChangeEvent',
  'senderDryEvent',
  'authenticationEvent',
] as const;
const eventFields: ReadonlySet<string> = new Set(eventNames);

/** Bit of `dataIoEvent` in the word of `sctpEvents`. */
export const dataIoEventBit = 1;

const events: StackOption = {
  number: option.events,
  encode: (value, present, argument) => {
    const given = checkFields(value, 'sctp_event_subscribe', eventFields, argument);
    let bits = present[0] ?? 0;
    for (const [index, name] of eventNames.entries()) {
      if (given[name] === undefined) continue;
      bits = boolean(given[name], `${argument}.${name}`) === 1 ? bits | (1 << index) : bits & ~(1 << index);
    }
    return [bits];
  },
  decode: (words) => ({
    type: 'sctp_event_subscribe',
    ...Object.fromEntries(eventNames.map((name, index) => [name, ((words[0] ?? 0) & (1 << index)) !== 0])),
  }),
};

const defaultPrinfo = recordOption({
  number: option.defaultPrinfo,
  type: 'sctp_default_prinfo',
  keyed: true,
  fields: [
    { name: 'prPolicy', encode: oneOf(prPolicies), decode: (word) => prPolicies[word] ?? 'none' },
    numberField('prValue', u32),
  ],
});

/** RFC 6458 section 8.1.20 has the levels 0 to 2. */
const maxFragmentInterleave = 2;

const streamValue = recordOption({
  number: option.streamSchedulerValue,
  type: 'sctp_stream_value',
  keyed: true,
  fields: [numberField('streamId', u16), numberField('streamValue', u16)],
});
const streamSchedulerValue: StackOption = { ...streamValue, ofStream: true };

const streamResets = ['streams', 'assoc', 'change'] as const;

/** A value of an association's, as RFC 6458 has it in sctp_assoc_value. */
function assocValue(number: number, field: Omit<Field, 'name'>): StackOption {
  return recordOption({ number, type: 'sctp_assoc_value', keyed: true, fields: [{ name: 'assocValue', ...field }] });
}
const assocBoolean = (number: number): StackOption => assocValue(number, { encode: boolean, decode: isSet });

/** Options that the stack keeps, by name. */
export const stackOptions = {
  ...peerOptions,
  ...authOptions,
  recbuf: numberOption(option.recbuf, maxInteger),
  sndbuf: numberOption(option.sndbuf, maxInteger),
  linger: lingerOption(option.linger),
  reuseaddr: booleanOption(option.reuseAddr),
  dontroute: booleanOption(option.dontRoute),
  priority: numberOption(option.priority, maxInteger),
  tos: byteOption(option.tos),
  tclass: byteOption(option.tclass),
  ttl: byteOption(option.ttl),
  recvtos: booleanOption(option.recvTos),
  recvtclass: booleanOption(option.recvTclass),
  recvttl: booleanOption(option.recvTtl),
  ipv6V6only: booleanOption(option.ipv6Only),
  bindToDevice: deviceOption(option.bindToDevice),
  busyPollUs: numberOption(option.busyPoll, maxBusyPollUs),
  maxAssociations: numberOption(option.maxAssociations, u32),
  maxAssociationsPerPeer: numberOption(option.maxAssociationsPerPeer, u32),
  maxHeldBytes: numberOption(option.maxHeld, u32),
  maxSendingBytes: numberOption(option.maxSending, u32),
  sctpNodelay: booleanOption(option.nodelay),
  sctpDisableFragments: booleanOption(option.disableFragments),
  sctpIWantMappedV4Addr: booleanOption(option.mappedV4),
  sctpAutoclose: numberOption(option.autoclose, u32),
  sctpMaxseg: numberOption(option.maxSeg, u32),
  sctpEvents: events,
  sctpInitmsg: recordOption({
    number: option.initMsg,
    type: 'sctp_initmsg',
    fields: ['numOstreams', 'maxInstreams', 'maxAttempts', 'maxInitTimeo'].map((name) => numberField(name, u16)),
  }),
  sctpRtoinfo: recordOption({
    number: option.rtoInfo,
    type: 'sctp_rtoinfo',
    keyed: true,
    fields: ['initial', 'max', 'min'].map((name) => numberField(name, u32)),
  }),
  sctpAssocinfo: recordOption({
    number: option.assocInfo,
    type: 'sctp_assocparams',
    keyed: true,
    fields: [
      numberField('asocmaxrxt', u16),
      numberField('numberPeerDestinations', u16),
      numberField('peerRwnd', u32),
      numberField('localRwnd', u32),
      numberField('cookieLife', u32),
    ],
  }),
  sctpAdaptationLayer: recordOption({
    number: option.adaptation,
    type: 'sctp_setadaptation',
    fields: [numberField('adaptationInd', u32)],
  }),
  sctpDelayedAckTime: assocValue(option.delayedAck, numberField('assocValue', u32)),
  sctpDefaultSendParam: recordOption({
    number: option.defaultSendParam,
    type: 'sctp_sndrcvinfo',
    keyed: true,
    fields: [
      numberField('stream', u16),
      { name: 'flags', encode: messageFlags, decode: flagsOf },
      numberField('ppid', u32),
      numberField('context', u32),
      numberField('timetolive', u32),
    ],
  }),
  sctpDefaultPrinfo: {
    ...defaultPrinfo,
    // 'none' given alone takes the limit away.
    encode: (value, present, argument) => {
      const words = defaultPrinfo.encode(value, present, argument);
      const given = value as SctpDefaultPrinfo;
      return given.prPolicy === 'none' && given.prValue === undefined ? [words[0] ?? 0, 0] : words;
    },
  },
  sctpPrSupported: assocBoolean(option.prSupported),
  sctpFragmentInterleave: numberOption(option.fragmentInterleave, maxFragmentInterleave),
  sctpInterleavingSupported: assocBoolean(option.interleavingSupported),
  sctpStreamScheduler: assocValue(option.streamScheduler, {
    encode: oneOf(streamSchedulers),
    decode: (word) => streamSchedulers[word] ?? 'fcfs',
  }),
  sctpStreamSchedulerValue: streamSchedulerValue,
  sctpCongestionControl: assocValue(option.congestionControl, {
    encode: oneOf(congestionControls),
    decode: (word) => congestionControls[word] ?? 'rfc9260',
  }),
  sctpReconfigSupported: assocBoolean(option.reconfigSupported),
  sctpEnableStreamReset: assocValue(option.enableStreamReset, {
    encode: listOf(streamResets),
    decode: (word) => namesIn(streamResets, word),
  }),
} satisfies { readonly [name: string]: StackOption };

export type StackOptionName = keyof typeof stackOptions;

export function isStackOption(name: string): name is StackOptionName {
  return Object.hasOwn(stackOptions, name);
}
