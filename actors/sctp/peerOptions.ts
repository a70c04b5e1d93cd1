/** Options of a peer's addresses, of paths and of whole associations: parameters of a path, the primary path, status, counters. */
import { option } from '../../native/contract/sctp.js';
import { BadArg } from '../../runtime/index.js';
import {
  checkFields,
  formatV4,
  formatV6,
  listOf,
  namesIn,
  numberField,
  type SockAddress,
  u16,
  u32,
  type Words,
} from '../socket/index.js';
import {
  type PeerAddrFlag,
  pathStates,
  type SctpAssocStats,
  type SctpPaddrinfo,
  type SctpPrAbandoned,
  type SctpPrstatus,
  type SctpStatus,
  statusStates,
} from './optionRecords.js';
import { readOption, recordOption, type StackOption } from './stackOption.js';

const peerAddrFlagNames: readonly PeerAddrFlag[] = [
  'hb_enable',
  'hb_disable',
  'hb_demand',
  'pmtud_enable',
  'pmtud_disable',
  'sackdelay_enable',
  'sackdelay_disable',
];

const hbEnable = 1;
const sackDelayEnable = 32;
/** Bits of flags that exclude each other, on and off, of heartbeats, of the discovery of path MTUs and of delayed acknowledgements. */
const [hbPair, pmtudPair, sackDelayPair] = [hbEnable | 2, 8 | 16, sackDelayEnable | 64];

/** An address's words: family, four of address (IPv4 in the first), port, scope. */
const addressWords = 7;

function decodeAddress(words: Words): SockAddress {
  const [family = 4, a = 0, b = 0, c = 0, d = 0, port = 0, scopeId = 0] = words;
  return [family === 6 ? formatV6([a, b, c, d], scopeId) : formatV4(a), port];
}

/** A path's words: state, cwnd, srtt, rto, mtu, address, association. */
function decodePath(words: Words, assocId: number): SctpPaddrinfo {
  const [state = 0, cwnd = 0, srtt = 0, rto = 0, mtu = 0] = words;
  return {
    type: 'sctp_paddrinfo',
    assocId: words[5 + addressWords] ?? assocId,
    address: decodeAddress(words.slice(5)),
    state: pathStates[state] ?? 'inactive',
    cwnd,
    srtt,
    rto,
    mtu,
  };
}

function decodeStatus(words: Words, assocId: number): SctpStatus {
  const [state = 0, rwnd = 0, unackdata = 0, penddata = 0, instrms = 0, outstrms = 0, fragmentationPoint = 0] = words;
  const primary = decodePath(words.slice(7), assocId);
  return {
    type: 'sctp_status',
    // A one-to-one socket may be asked without an id, so the id is taken from the answer.
    assocId: primary.assocId,
    state: statusStates[state] ?? 'empty',
    rwnd,
    unackdata,
    penddata,
    instrms,
    outstrms,
    fragmentationPoint,
    primary,
  };
}

const counterNames = [
  'maxrto',
  'isacks',
  'osacks',
  'opackets',
  'ipackets',
  'rtxchunks',
  'outofseqtsns',
  'idupchunks',
  'gapcnt',
  'ouodchunks',
  'iuodchunks',
  'oodchunks',
  'iodchunks',
  'octrlchunks',
  'ictrlchunks',
] as const satisfies readonly (keyof SctpAssocStats)[];

/** A number of two words, the higher one first. */
const counterAt = (words: Words, at: number): number => (words[at] ?? 0) * 2 ** 32 + (words[at + 1] ?? 0);

function decodeStats(words: Words, assocId: number): SctpAssocStats {
  const counters = Object.fromEntries(counterNames.map((name, index) => [name, counterAt(words, addressWords + 2 * index)]));
  return {
    type: 'sctp_assoc_stats',
    assocId,
    obsRtoIpaddr: decodeAddress(words),
    ...(counters as Record<(typeof counterNames)[number], number>),
  };
}

function decodePrStatus(words: Words, assocId: number): SctpPrstatus {
  const abandoned = (at: number): SctpPrAbandoned => ({
    abandonedUnsent: counterAt(words, at),
    abandonedSent: counterAt(words, at + 2),
  });
  return { type: 'sctp_prstatus', assocId, ttl: abandoned(0), rtx: abandoned(4), prio: abandoned(8) };
}

/** An option whose value is an address of an association's. */
function addressOption(number: number, type: string): StackOption {
  const known = new Set(['assocId', 'addr']);
  return {
    number,
    keyed: 'required',
    addressField: 'addr',
    encode: (value, _present, argument) => {
      if (checkFields(value, type, known, argument).addr === undefined) {
        throw new BadArg(`${argument}.addr`, 'must be [address, port] with a numeric address');
      }
      return [];
    },
    decode: (words, { assocId }) => ({ type, assocId, addr: decodeAddress(words) }),
    undo: () => [[]],
  };
}

const peerAddrRecord = recordOption({
  number: option.peerAddrParams,
  type: 'sctp_paddrparams',
  keyed: true,
  addressed: true,
  fields: [
    numberField('hbinterval', u32),
    numberField('pathmaxrxt', u16),
    numberField('pathmtu', u32),
    numberField('sackdelay', u32),
    {
      name: 'flags',
      encode: listOf(peerAddrFlagNames),
      decode: (word) => namesIn(peerAddrFlagNames, word),
    },
  ],
});

const peerAddrParams: StackOption = {
  ...peerAddrRecord,
  // A field that is left out is 0: the stack keeps the value in force, that of each path of an association. A number takes effect only with its flag; if the
  // flag is not named, the flag in force goes with the number.
  encode: (value, present, argument) => {
    const [hbinterval = 0, pathmaxrxt = 0, pathmtu = 0, sackdelay = 0, said = 0] = peerAddrRecord.encode(value, [], argument);
    const presentFlags = present[4] ?? 0;
    const unsaid = (number: number, pair: number): number => (number !== 0 && (said & pair) === 0 ? presentFlags & pair : 0);
    const flags = said | unsaid(hbinterval, hbPair) | unsaid(pathmtu, pmtudPair) | unsaid(sackdelay, sackDelayPair);
    return [hbinterval, pathmaxrxt, pathmtu, sackdelay, flags];
  },
  // The numbers are set first, with the flags on that they need; then the flags, as they were.
  undo: (before) => [[...before.slice(0, 4), ((before[4] ?? 0) & pmtudPair) | hbEnable | sackDelayEnable], before],
};

export const peerOptions = {
  sctpPeerAddrParams: peerAddrParams,
  sctpPrimaryAddr: addressOption(option.primaryAddr, 'sctp_prim'),
  sctpSetPeerPrimaryAddr: { ...addressOption(option.setPeerPrimary, 'sctp_setpeerprim'), writeOnly: true },
  sctpRemoteUdpEncapsPort: recordOption({
    number: option.remoteUdpEncapsPort,
    type: 'sctp_udpencaps',
    keyed: true,
    addressed: true,
    fields: [numberField('port', u16)],
  }),
  sctpStatus: readOption(option.status, false, (words, { assocId }) => decodeStatus(words, assocId)),
  sctpGetPeerAddrInfo: readOption(option.peerAddrInfo, true, (words, { assocId }) => decodePath(words, assocId)),
  sctpGetAssocStats: readOption(option.assocStats, false, (words, { assocId }) => decodeStats(words, assocId)),
  sctpPrAssocStatus: readOption(option.prAssocStatus, false, (words, { assocId }) => decodePrStatus(words, assocId)),
} satisfies { readonly [name: string]: StackOption };
