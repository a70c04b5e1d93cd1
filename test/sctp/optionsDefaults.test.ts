/** The values that a fresh socket, an IPv6 socket and a fresh association read: those of Linux 6.1 with its sysctls as they come (SO-14, SO-15, SO-16). */
import { expect, test } from 'vitest';
import type { SctpReadableOptions } from '../../actors/sctp/index.js';
import { mainActor } from '../../runtime/index.js';
import { connected, overStacks } from './subjects.js';

const self = mainActor();
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

overStacks((sctp, name) => {
  const onKernel = name === 'kernel';
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test('a fresh socket reads the defaults of Linux (SO-14)', async () => {
    const socket = await open();
    const expected = {
      linger: [false, 0],
      reuseaddr: false,
      dontroute: false,
      priority: 0,
      tos: 0,
      ttl: 64,
      recvtos: false,
      recvttl: false,
      bindToDevice: '',
      busyPollUs: 0,
      sctpNodelay: false,
      sctpDisableFragments: false,
      sctpAutoclose: 0,
      sctpMaxseg: 0,
      sctpInitmsg: { type: 'sctp_initmsg', numOstreams: 10, maxInstreams: 65535, maxAttempts: 8, maxInitTimeo: 60000 },
      sctpRtoinfo: { type: 'sctp_rtoinfo', assocId: 0, initial: 3000, max: 60000, min: 1000 },
      sctpAssocinfo: {
        type: 'sctp_assocparams',
        assocId: 0,
        asocmaxrxt: 10,
        numberPeerDestinations: 0,
        peerRwnd: 0,
        localRwnd: 0,
        cookieLife: 60000,
      },
      sctpAdaptationLayer: { type: 'sctp_setadaptation', adaptationInd: 0 },
      sctpDelayedAckTime: { type: 'sctp_assoc_value', assocId: 0, assocValue: 200 },
      sctpPeerAddrParams: {
        type: 'sctp_paddrparams',
        assocId: 0,
        address: ['0.0.0.0', 0],
        hbinterval: 30000,
        pathmaxrxt: 5,
        pathmtu: 0,
        sackdelay: 200,
        flags: ['hb_enable', 'pmtud_enable', 'sackdelay_enable'],
      },
      sctpDefaultSendParam: {
        type: 'sctp_sndrcvinfo',
        assocId: 0,
        stream: 0,
        flags: [],
        ppid: 0,
        context: 0,
        timetolive: 0,
      },
      sctpDefaultPrinfo: { type: 'sctp_default_prinfo', assocId: 0, prPolicy: 'none', prValue: 0 },
      sctpEnableStreamReset: { type: 'sctp_assoc_value', assocId: 0, assocValue: [] },
      sctpRemoteUdpEncapsPort: { type: 'sctp_udpencaps', assocId: 0, address: ['0.0.0.0', 0], port: 0 },
      maxHeldBytes: onKernel ? 268435456 : 134217728,
      ...(onKernel ? {} : { maxAssociations: 65536, maxAssociationsPerPeer: 16384, maxSendingBytes: 134217728 }),
      ...(onKernel ? {} : { sctpCongestionControl: { type: 'sctp_assoc_value', assocId: 0, assocValue: 'rfc9260' } }),
      // The kernel's own default; the embedded stack has no mapped addresses.
      sctpIWantMappedV4Addr: onKernel,
      // mailport sets it on the kernel's stack, or an unfinished message would hold back those of all other associations.
      sctpFragmentInterleave: onKernel ? 1 : 0,
      sctpInterleavingSupported: { type: 'sctp_assoc_value', assocId: 0, assocValue: false },
      sctpStreamScheduler: { type: 'sctp_assoc_value', assocId: 0, assocValue: 'fcfs' },
      sctpPrSupported: { type: 'sctp_assoc_value', assocId: 0, assocValue: true },
      sctpReconfigSupported: { type: 'sctp_assoc_value', assocId: 0, assocValue: false },
    };
    const names = [
      'maxAssociations',
      'maxAssociationsPerPeer',
      'maxSendingBytes',
      'sctpCongestionControl',
      ...Object.keys(expected),
    ] as (keyof SctpReadableOptions)[];
    expect(socket.getopts(names)).toEqual(expected);
    socket.close();
  });

  test('getopts leaves out options of an association, of the other family, and those that were not given (SO-2, SO-7, SO-16)', async () => {
    const socket = await open();
    expect(
      socket.getopts([
        'sctpStatus',
        'sctpGetPeerAddrInfo',
        'sctpGetAssocStats',
        'sctpPrAssocStatus',
        ['sctpStreamSchedulerValue', { streamId: 0 }],
        'sctpPrimaryAddr',
        'sctpSetPeerPrimaryAddr',
        'netns',
        'ipv6V6only',
        'tclass',
        'recvtclass',
        ['sctpStatus', { assocId: 999 }],
        ['sctpRtoinfo', { assocId: 999 }],
        ['sctpGetPeerAddrInfo', { address: ['127.0.0.1', socket.port] }],
        ['sctpPeerAddrParams', { address: ['127.0.0.1', socket.port] }],
      ]),
    ).toEqual({});
    for (const options of [{ tclass: 0 }, { recvtclass: true }]) expect(() => socket.setopts(options)).toThrow(reason('einval'));
    socket.close();
  });

  test('a one-to-one socket has no autoclose (SO-16, SO-18)', async () => {
    const socket = await open({ type: 'stream' });
    expect(socket.getopts(['sctpAutoclose'])).toEqual({});
    expect(() => socket.setopts({ sctpAutoclose: 5 })).toThrow(reason('einval'));
    socket.close();
  });

  test('an IPv6 socket reads the defaults of Linux (SO-14, MH-7)', async () => {
    const socket = await sctp.open(self, 0, { ip: '::1' });
    const names = ['ipv6V6only', 'tclass', 'recvtclass', 'ttl'] as const;
    expect(socket.getopts(names)).toEqual({ ipv6V6only: false, tclass: 0, recvtclass: false, ttl: 64 });
    socket.close();
    const only = await sctp.open(self, 0, { ip: '::1', ipv6V6only: true });
    expect(only.getopts(['ipv6V6only'])).toEqual({ ipv6V6only: true });
    only.close();
  });

  test('ipv6V6only, on or off, is a mistake where the socket is of IPv4, whatever made it so (MH-5, OPN-2)', async () => {
    const ofIpv4 = [{}, { ip: '127.0.0.1' }, { family: 'inet' }, { ip: '::1', inet: true }, { inet6: false }] as const;
    for (const options of ofIpv4)
      for (const ipv6V6only of [true, false])
        await expect((async () => sctp.open(self, 0, { ...options, ipv6V6only }))()).rejects.toMatchObject({
          name: 'BadArg',
          argument: 'options.ipv6V6only',
          message: expect.stringContaining("family: 'inet6'"),
        });
    const socket = await sctp.open(self, 0, { ipv6V6only: true, inet6: true });
    expect(socket.getopts(['ipv6V6only'])).toEqual({ ipv6V6only: true });
    socket.close();
  });

  test('an association over loopback reads its state, streams, windows and path (SO-15)', async () => {
    const { server, client, atClient } = await connected(sctp);
    const assocId = atClient;
    const read = client.getopts([
      ['sctpStatus', { assocId }],
      ['sctpAssocinfo', { assocId }],
      ['sctpGetPeerAddrInfo', { assocId }],
      ['sctpPeerAddrParams', { assocId }],
      ['sctpPrimaryAddr', { assocId }],
      ['sctpGetAssocStats', { assocId }],
    ]);
    const path = { type: 'sctp_paddrinfo', assocId, address: ['127.0.0.1', server.port], state: 'active' };
    expect(read).toMatchObject({
      sctpStatus: { type: 'sctp_status', assocId, state: 'established', unackdata: 0, penddata: 0, primary: path },
      sctpGetPeerAddrInfo: path,
      sctpPrimaryAddr: { type: 'sctp_prim', assocId, addr: ['127.0.0.1', server.port] },
      sctpGetAssocStats: { type: 'sctp_assoc_stats', assocId, rtxchunks: 0 },
    });
    const { sctpStatus: status, sctpAssocinfo: info } = read;
    expect([status?.instrms, status?.outstrms]).toEqual([10, 10]);
    if (name !== 'simulated') {
      expect(info?.numberPeerDestinations).toBe(1);
      // The windows are as large as the buffers (FC-36, OPN-5). Erlang's are 1500.
      expect([info?.localRwnd, status?.rwnd]).toEqual([524288, 524288]);
      expect(info?.peerRwnd).toBe(524288);
      expect(read.sctpPeerAddrParams).toMatchObject({ address: ['0.0.0.0', 0], pathmtu: 65532 });
      expect(read.sctpGetPeerAddrInfo).toMatchObject({ mtu: 65532, srtt: expect.any(Number), rto: 3000 });
    }
    // In UDP there is less room for SCTP by its header.
    if (onKernel) expect([status?.fragmentationPoint, read.sctpGetPeerAddrInfo?.cwnd]).toEqual([65484, 131064]);
    if (name === 'embedded') expect([status?.fragmentationPoint, read.sctpGetPeerAddrInfo?.cwnd]).toEqual([65476, 131008]);
    client.close();
    server.close();
  });

  test('a path is found by its address, whose association need not be known (SO-3, SO-16)', async () => {
    const { server, client, atClient } = await connected(sctp);
    const address = ['127.0.0.1', server.port] as const;
    const byId = client.getopts([['sctpGetPeerAddrInfo', { assocId: atClient }]]);
    expect(client.getopts([['sctpGetPeerAddrInfo', { address }]])).toEqual(byId);
    expect(client.getopts([['sctpGetPeerAddrInfo', { address, assocId: atClient }]])).toEqual(byId);
    expect(client.getopts([['sctpPeerAddrParams', { address }]]).sctpPeerAddrParams).toMatchObject({ address, pathmaxrxt: 5 });
    for (const key of [{ address: ['127.0.0.9', server.port] }, { address: ['127.0.0.1', 1] }, { address, assocId: 999 }]) {
      expect(client.getopts([['sctpGetPeerAddrInfo', key as never]])).toEqual({});
    }
    client.close();
    server.close();
  });

  test('an association has counted what it did', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    if (name !== 'simulated') {
      for (let index = 0; index < 3; index += 1) await client.send(atClient, 0, 'ordered');
      await client.send({ assocId: atClient, stream: 1, flags: ['unordered'] }, 'unordered');
      for (let index = 0; index < 4; index += 1) await server.recv();
      const { sctpGetAssocStats: mine } = client.getopts([['sctpGetAssocStats', { assocId: atClient }]]);
      const { sctpGetAssocStats: theirs } = server.getopts([['sctpGetAssocStats', { assocId: atServer }]]);
      expect(mine).toMatchObject({ oodchunks: 3, ouodchunks: 1, iodchunks: 0, rtxchunks: 0, idupchunks: 0, gapcnt: 0 });
      expect(theirs).toMatchObject({ iodchunks: 3, iuodchunks: 1, oodchunks: 0, outofseqtsns: 0 });
      for (const count of [mine!.opackets, mine!.ipackets, mine!.octrlchunks, theirs!.ipackets, theirs!.maxrto]) {
        expect(count).toBeGreaterThan(0);
      }
      expect(mine?.obsRtoIpaddr[0]).toBe('127.0.0.1');
    }
    client.close();
    server.close();
  });
});
