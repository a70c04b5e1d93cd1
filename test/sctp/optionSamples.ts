/** A value for every option that may be set, other than the one that a fresh socket has, and what then reads back. */
import type { SctpOptions } from '../../actors/sctp/index.js';

export interface Sample {
  readonly name: keyof SctpOptions;
  readonly value: unknown;
  /** The value that reads back, if it is another than `value`. */
  readonly reads?: unknown;
  /** Only IPv6 sockets have the option. */
  readonly inet6?: true;
}

const loopbackDevice = process.platform === 'linux' ? 'lo' : 'lo0';

/** Options of the socket; those that need an association are in `assocSamples`. */
export const samples: readonly Sample[] = [
  { name: 'active', value: 3 },
  { name: 'mode', value: 'list' },
  { name: 'buffer', value: 100 },
  { name: 'recbuf', value: 100_000 },
  { name: 'sndbuf', value: 100_000 },
  { name: 'highMsgqWatermark', value: 9000 },
  { name: 'lowMsgqWatermark', value: 100 },
  { name: 'highMsgqWatermarkBytes', value: 2_000_000 },
  { name: 'lowMsgqWatermarkBytes', value: 1000 },
  { name: 'nonBlockSend', value: true },
  { name: 'linger', value: [true, 3] },
  { name: 'reuseaddr', value: true },
  { name: 'dontroute', value: true },
  { name: 'priority', value: 5 },
  { name: 'tos', value: 16 },
  { name: 'tclass', value: 32, inet6: true },
  { name: 'ttl', value: 7 },
  { name: 'recvtos', value: true },
  { name: 'recvtclass', value: true, inet6: true },
  { name: 'recvttl', value: true },
  { name: 'bindToDevice', value: loopbackDevice },
  { name: 'busyPollUs', value: 30 },
  { name: 'maxAssociations', value: 100 },
  { name: 'maxAssociationsPerPeer', value: 10 },
  { name: 'maxHeldBytes', value: 1_000_000 },
  { name: 'maxSendingBytes', value: 1_000_000 },
  { name: 'sctpNodelay', value: true },
  { name: 'sctpDisableFragments', value: true },
  { name: 'sctpIWantMappedV4Addr', value: true },
  { name: 'sctpAutoclose', value: 60 },
  { name: 'sctpMaxseg', value: 1000 },
  { name: 'sctpEvents', value: { addressEvent: false, adaptationLayerEvent: true } },
  { name: 'sctpInitmsg', value: { numOstreams: 5, maxInstreams: 6, maxAttempts: 2, maxInitTimeo: 700 } },
  { name: 'sctpRtoinfo', value: { initial: 500, max: 5000, min: 200 } },
  { name: 'sctpAssocinfo', value: { asocmaxrxt: 3, cookieLife: 7000 } },
  { name: 'sctpAdaptationLayer', value: { adaptationInd: 4294967295 } },
  { name: 'sctpDelayedAckTime', value: { assocValue: 100 } },
  {
    name: 'sctpPeerAddrParams',
    value: { hbinterval: 700, pathmaxrxt: 2, pathmtu: 1400, sackdelay: 60, flags: ['pmtud_disable'] },
    reads: {
      address: ['0.0.0.0', 0],
      hbinterval: 700,
      pathmaxrxt: 2,
      pathmtu: 1400,
      sackdelay: 60,
      flags: ['hb_enable', 'pmtud_disable', 'sackdelay_enable'],
    },
  },
  { name: 'sctpDefaultSendParam', value: { stream: 3, flags: ['unordered'], ppid: 4294967295, context: 2, timetolive: 9 } },
  { name: 'sctpDefaultPrinfo', value: { prPolicy: 'ttl', prValue: 300 } },
  { name: 'sctpPrSupported', value: { assocValue: false } },
  { name: 'sctpFragmentInterleave', value: 2, reads: 1 },
  { name: 'sctpStreamScheduler', value: { assocValue: 'rr' } },
  { name: 'sctpCongestionControl', value: { assocValue: 'bbr' } },
  { name: 'sctpReconfigSupported', value: { assocValue: true } },
  { name: 'sctpEnableStreamReset', value: { assocValue: ['streams', 'change'] } },
  { name: 'sctpRemoteUdpEncapsPort', value: { port: 9899 } },
];

/** Options that are an association's alone: the value for one whose peer, and whose own port, these are. */
export const assocSamples = (assocId: number, peerPort: number, ownPort: number): readonly Sample[] => [
  { name: 'sctpPrimaryAddr', value: { assocId, addr: ['127.0.0.1', peerPort] } },
  { name: 'sctpSetPeerPrimaryAddr', value: { assocId, addr: ['127.0.0.1', ownPort] } },
];

/** The cells of the table in docs/sctp.md, by the name of the option: one for each stack. */
export function documented(markdown: string): Map<string, { readonly embedded: string; readonly kernel: string }> {
  const rows = markdown.split('\n').filter((line) => /^\| `/.test(line) && line.split(' | ').length === 4);
  return new Map(
    rows.flatMap((line) => {
      const [names = '', , embedded = '', kernel = ''] = line.slice(2, -2).split(' | ');
      return [...names.matchAll(/`(\w+)`/g)].map(([, name]) => [name!, { embedded, kernel }] as const);
    }),
  );
}
