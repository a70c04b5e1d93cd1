/**
 * The numbers that TypeScript and C++ share stand in both: in native/contract, and in enums and constants below native/src. Here the two are compared by
 * name, and each family of numbers is changed on either side to see that the comparison notices.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { batchKind, batchRecord, where } from '../../native/contract/batch.js';
import { carrierKind, carrierRecord } from '../../native/contract/carrier.js';
import { inetFamily, inetOption } from '../../native/contract/inet.js';
import * as contract from '../../native/contract/sctp.js';
import { udpFlag, udpKind, udpRecord, udpSend } from '../../native/contract/udp.js';
import * as programs from './programs/stack.mjs';
import * as udpPrograms from './programs/udp.mjs';

type Numbers = Readonly<Record<string, number>>;

const sources = fileURLToPath(new URL('../../native/src', import.meta.url));
const headers = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.h'))
  .map((name) => readFileSync(join(sources, name), 'utf8').replace(/\/\/[^\n]*/g, ''))
  .join('\n');

/** What a pattern finds in the C++ sources, which must be there once: a second definition would be a number that nobody compares. */
function only(source: string, pattern: RegExp): string {
  const found = [...source.matchAll(pattern)];
  expect(found.length, `${pattern} in native/src`).toBe(1);
  return found[0]?.[1] ?? '';
}

/** The enumerators in braces. Each has to state its number. */
function enumerators(body: string): Numbers {
  const entries = body.split(',').filter((entry) => entry.trim() !== '');
  return Object.fromEntries(
    entries.map((entry) => {
      const [, name = '', value = ''] = /^\s*k(\w+)\s*=\s*(\w+)\s*$/.exec(entry) ?? [];
      expect(name, `enumerator ${entry.trim()}`).not.toBe('');
      return [uncapitalised(name), Number(value)];
    }),
  );
}

const enumClass = (name: string) => (source: string) =>
  enumerators(only(source, new RegExp(`enum class ${name}\\b[^{;]*\\{([^}]*)\\}`, 'g')));
const enumInStruct = (name: string) => (source: string) =>
  enumerators(only(source, new RegExp(`struct ${name} \\{\\s*enum[^{]*\\{([^}]*)\\}`, 'g')));
/** `constexpr uint32_t kPrefixName = 1;` as `name`. */
const constants = (prefix: string) => (source: string) =>
  Object.fromEntries(
    [...source.matchAll(new RegExp(`constexpr uint32_t k${prefix}(\\w+) = (\\w+);`, 'g'))].map(([, name = '', value = '']) => [
      uncapitalised(name),
      Number(value.replace('UINT32_MAX', '0xffffffff')),
    ]),
  );

const uncapitalised = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
/** `['comm_up', …]` as `{ commUp: 0, … }`. */
const numbered = (names: readonly string[]): Numbers =>
  Object.fromEntries(names.map((name, index) => [name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), index]));

const { flag } = contract;
const ofSctpAlone: Numbers = Object.fromEntries(Object.entries(contract.record).filter(([name]) => !(name in batchRecord)));
const ofCarriersAlone: Numbers = Object.fromEntries(Object.entries(carrierRecord).filter(([name]) => !(name in batchRecord)));
const ofUdpAlone: Numbers = Object.fromEntries(Object.entries(udpRecord).filter(([name]) => !(name in batchRecord)));
const families: readonly { name: string; ours: Numbers; read: (source: string) => Numbers }[] = [
  { name: 'words of every record', ours: batchRecord, read: enumInStruct('RecordWord') },
  { name: 'words of records of SCTP', ours: ofSctpAlone, read: enumInStruct('SctpWord') },
  { name: 'words of records of carriers', ours: ofCarriersAlone, read: enumInStruct('CarrierWord') },
  { name: 'kinds of records of carriers', ours: carrierKind, read: enumClass('CarrierKind') },
  { name: 'words of a send', ours: contract.sendRecord, read: enumInStruct('SendWord') },
  { name: 'places of a payload', ours: where, read: enumClass('Where') },
  { name: 'kinds of records', ours: contract.kind, read: enumClass('ItemKind') },
  { name: 'options', ours: contract.option, read: enumClass('Option') },
  { name: 'families of sockets of TCP and UDP', ours: inetFamily, read: enumClass('InetFamily') },
  { name: 'options of TCP and UDP', ours: inetOption, read: enumClass('InetOption') },
  { name: 'words of records of UDP', ours: ofUdpAlone, read: enumInStruct('UdpWord') },
  { name: 'words of a send of UDP', ours: udpSend, read: enumInStruct('UdpSendWord') },
  { name: 'kinds of records of UDP', ours: udpKind, read: enumClass('UdpKind') },
  { name: 'what is told of a datagram', ours: udpFlag, read: enumClass('DatagramFlag') },
  { name: 'states of associations', ours: numbered(contract.assocStates), read: enumClass('AssocState') },
  {
    name: 'states of addresses',
    ours: numbered(contract.peerAddrStates.map((state) => state.replace(/^addr_/, ''))),
    read: enumClass('PeerAddrState'),
  },
  {
    name: 'flags of messages',
    // C++ has a mask for the policies of partial reliability besides.
    ours: { ...flag, prMask: flag.prTtl | flag.prRtx | flag.prPrio },
    read: constants('Flag'),
  },
  { name: 'flags of re-configuration', ours: contract.resetFlag, read: constants('Reset(?=[A-Z])') },
  { name: 'credit without limit', ours: { credit: contract.unlimitedCredit }, read: constants('Unlimited') },
];

describe.each(families)('$name', ({ ours, read }) => {
  test('are the same in TypeScript and in C++', () => {
    expect(read(headers)).toEqual(ours);
  });

  test('a number that changes in C++ is noticed', () => {
    for (const [name, value] of Object.entries(ours)) {
      const cppName = name.charAt(0).toUpperCase() + name.slice(1);
      const definition = new RegExp(`(\\bk(?:Flag|Reset|Unlimited)?${cppName}\\s*=\\s*)(\\w+)`, 'g');
      const changed = headers.replace(definition, (_, head: string) => `${head}${value + 1}`);
      expect(read(changed), name).not.toEqual(ours);
    }
  });

  test('a number that changes in TypeScript, or is added or left out there, is noticed', () => {
    for (const [name, value] of Object.entries(ours)) {
      const { [name]: _left, ...others } = ours;
      expect(read(headers), name).not.toEqual({ ...ours, [name]: value + 1 });
      expect(read(headers), name).not.toEqual(others);
    }
    expect(read(headers)).not.toEqual({ ...ours, another: 99 });
  });
});

test('what every transport has in a record means the same to SCTP', () => {
  expect(contract.record).toMatchObject(batchRecord);
  expect(contract.kind).toMatchObject(batchKind);
});

test('what every transport has in a record means the same to UDP', () => {
  expect(udpRecord).toMatchObject(batchRecord);
  expect(udpKind).toMatchObject(batchKind);
});

test('the programs of these tests use the numbers of the contract', () => {
  expect(contract.record).toMatchObject(programs.record);
  expect(contract.kind).toMatchObject({
    data: programs.data,
    assocChange: programs.assocChange,
    connectResult: programs.connectResult,
    writable: programs.writable,
  });
  expect(programs.unlimited).toBe(contract.unlimitedCredit);
  expect(udpRecord).toMatchObject(udpPrograms.udpRecord);
  expect(udpSend).toMatchObject(udpPrograms.udpSend);
  expect(udpPrograms.ipv4).toBe(inetFamily.ipv4);
  expect(udpPrograms.unlimited).toBe(contract.unlimitedCredit);
});
