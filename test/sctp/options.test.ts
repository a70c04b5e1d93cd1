/** `setopts` and `getopts`: defaults, merging, order, and a stack that refuses (OPN-5..OPN-9, SO). Each option by itself is in optionsEvery.test.ts. */
import { describe, expect, test } from 'vitest';
import { BadArg, mainActor } from '../../runtime/index.js';
import { connected, overStacks, simulated } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();

overStacks((sctp) => {
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test('a socket that is opened without options has the defaults (OPN-5, EV-1, SO-14)', async () => {
    const socket = await open();
    expect(
      socket.getopts([
        'active',
        'mode',
        'buffer',
        'nonBlockSend',
        'highMsgqWatermark',
        'lowMsgqWatermark',
        'highMsgqWatermarkBytes',
        'lowMsgqWatermarkBytes',
        'linger',
        'sctpNodelay',
      ]),
    ).toEqual({
      active: false,
      mode: 'binary',
      buffer: 65536,
      nonBlockSend: false,
      highMsgqWatermark: 8192,
      lowMsgqWatermark: 4096,
      highMsgqWatermarkBytes: 1048576,
      lowMsgqWatermarkBytes: 524288,
      linger: [false, 0],
      sctpNodelay: false,
    });
    expect(socket.getopts(['sctpEvents']).sctpEvents).toEqual({
      type: 'sctp_event_subscribe',
      dataIoEvent: true,
      associationEvent: true,
      addressEvent: true,
      sendFailureEvent: true,
      peerErrorEvent: true,
      shutdownEvent: true,
      partialDeliveryEvent: true,
      adaptationLayerEvent: false,
      authenticationEvent: false,
      streamResetEvent: false,
      assocResetEvent: false,
      streamChangeEvent: false,
      senderDryEvent: false,
    });
    expect(socket.getopts(['sctpInitmsg', 'sctpRtoinfo', 'recbuf', 'sndbuf'])).toMatchObject({
      sctpInitmsg: { type: 'sctp_initmsg', numOstreams: expect.any(Number), maxAttempts: expect.any(Number) },
      sctpRtoinfo: { type: 'sctp_rtoinfo', assocId: 0, initial: expect.any(Number), min: expect.any(Number) },
      recbuf: expect.any(Number),
      sndbuf: expect.any(Number),
    });
    socket.close();
  });

  test('getopts keeps the order asked and leaves out what the stack refuses (SO-2)', async () => {
    const socket = await open();
    const read = socket.getopts(['sndbuf', ['sctpStatus', { assocId: 999 }], 'active', 'mode']);
    expect(Object.keys(read)).toEqual(['sndbuf', 'active', 'mode']);
    socket.close();
  });

  test.each([
    [{ recbuf: 100_000 }, { recbuf: 100_000, buffer: 100_000 }],
    [{ sndbuf: 50_000 }, { sndbuf: 50_000 }],
    [{ linger: [true, 3] }, { linger: [true, 3] }],
    [{ sctpNodelay: true }, { sctpNodelay: true }],
    [{ sctpDisableFragments: true }, { sctpDisableFragments: true }],
    [{ sctpAutoclose: 60 }, { sctpAutoclose: 60 }],
    [{ sctpMaxseg: 1000 }, { sctpMaxseg: 1000 }],
    [{ sctpAdaptationLayer: { adaptationInd: 5 } }, { sctpAdaptationLayer: { type: 'sctp_setadaptation', adaptationInd: 5 } }],
    [{ buffer: 0 }, { buffer: 1 }],
    [{ recbuf: 10_000 }, { recbuf: 10_000, buffer: 65_536 }],
  ])('%j given to open or set reads %j (OPN-8, OPN-9)', async (options, expected) => {
    const names = Object.keys(expected) as 'recbuf'[];
    const opened = await open(options);
    expect(opened.getopts(names)).toEqual(expected);
    opened.close();
    const set = await open();
    set.setopts(options as never);
    expect(set.getopts(names)).toEqual(expected);
    set.close();
  });

  test('of an option written twice the first counts in setopts, and the last in open (FC-12, OPN-6)', async () => {
    const twice = [
      ['sctpMaxseg', 1000],
      ['mode', 'list'],
      ['sctpMaxseg', 800],
      ['mode', 'binary'],
    ] as const;
    const socket = await sctp.open(self, twice);
    expect(socket.getopts(['sctpMaxseg', 'mode'])).toEqual({ sctpMaxseg: 800, mode: 'binary' });
    socket.setopts(twice);
    expect(socket.getopts(['sctpMaxseg', 'mode'])).toEqual({ sctpMaxseg: 1000, mode: 'list' });
    // All options are put back, also those that were set twice (FC-13).
    expect(() =>
      socket.setopts([
        ['sctpMaxseg', 100],
        ['sctpMaxseg', 700],
        ['sctpMaxseg', 600],
      ]),
    ).toThrow(reason('einval'));
    expect(socket.getopts(['sctpMaxseg'])).toEqual({ sctpMaxseg: 1000 });
    socket.close();
  });

  test('a partial record leaves the rest as it is (SO-5, instead of SO-4)', async () => {
    const socket = await open({ sctpInitmsg: { numOstreams: 7, maxAttempts: 3 }, sctpEvents: { addressEvent: false } });
    socket.setopts({ sctpInitmsg: { maxInstreams: 9 }, sctpEvents: { shutdownEvent: false } });
    expect(socket.getopts(['sctpInitmsg']).sctpInitmsg).toMatchObject({ numOstreams: 7, maxInstreams: 9, maxAttempts: 3 });
    expect(socket.getopts(['sctpEvents']).sctpEvents).toMatchObject({
      addressEvent: false,
      shutdownEvent: false,
      associationEvent: true,
    });
    socket.setopts(socket.getopts(['sctpInitmsg', 'sctpEvents']));
    expect(socket.getopts(['sctpInitmsg']).sctpInitmsg).toMatchObject({ numOstreams: 7, maxInstreams: 9 });
    socket.close();
  });

  test('0 in sctpInitmsg keeps what is in force (SO-13)', async () => {
    const socket = await open({ sctpInitmsg: { numOstreams: 7 } });
    socket.setopts({ sctpInitmsg: { numOstreams: 0, maxInstreams: 9 } });
    expect(socket.getopts(['sctpInitmsg']).sctpInitmsg).toMatchObject({ numOstreams: 7, maxInstreams: 9 });
    socket.close();
  });

  test('getopts reads sctpStatus and paths of an association (SO-3, SO-15)', async () => {
    const { server, client, atClient } = await connected(sctp);
    const { sctpStatus } = client.getopts([['sctpStatus', { assocId: atClient }]]);
    expect(sctpStatus).toMatchObject({
      type: 'sctp_status',
      assocId: atClient,
      state: 'established',
      primary: { type: 'sctp_paddrinfo', address: ['127.0.0.1', server.port], state: 'active' },
    });
    const { sctpGetPeerAddrInfo } = client.getopts([['sctpGetPeerAddrInfo', { assocId: atClient }]]);
    expect(sctpGetPeerAddrInfo).toMatchObject({ assocId: atClient, address: ['127.0.0.1', server.port] });
    client.close();
    server.close();
  });

  test('setting an option that may only be read, or only be given to open, throws BadArg (SO-9)', async () => {
    const socket = await open();
    for (const options of [
      { sctpStatus: { assocId: 3 } },
      { sctpGetPeerAddrInfo: {} },
      { port: 7 },
      { ip: '127.0.0.1' },
      { type: 'stream' },
    ]) {
      expect(() => socket.setopts(options as never)).toThrow(BadArg);
    }
    socket.close();
  });

  test('a low watermark above the high one is refused whole', async () => {
    const socket = await open();
    expect(() => socket.setopts({ lowMsgqWatermark: 9000, sctpNodelay: true })).toThrow(reason('einval'));
    expect(socket.getopts(['lowMsgqWatermark', 'sctpNodelay'])).toEqual({ lowMsgqWatermark: 4096, sctpNodelay: false });
    socket.close();
  });
});

describe('when the stack refuses an option', () => {
  const { sctp, sim } = simulated();

  test('open throws BadArg and leaves nothing open (OPN-2, OPN-7)', async () => {
    const warm = await sctp.open(self, 0);
    sim().failNext('setOption', 22);
    await expect(sctp.open(self, 0, { sctpNodelay: true, active: 0 })).rejects.toThrow(BadArg);
    await expect(sctp.open(self, 0, { sctpMaxseg: 100 })).rejects.toThrow(BadArg);
    expect([sctp.openSockets(), sim().openSockets]).toEqual([[warm], 1]);
    warm.close();
  });

  test('setopts says einval, whatever the reason, with the name in the text (SO-1)', async () => {
    const socket = await sctp.open(self, 0);
    sim().failNext('setOption', 92);
    expect(() => socket.setopts({ sctpNodelay: true })).toThrow(
      expect.objectContaining({ reason: 'einval', message: expect.stringContaining('sctpNodelay') }),
    );
    expect(() => socket.setopts({ sctpNodelay: true, sctpMaxseg: 100 })).toThrow(reason('einval'));
    expect(socket.getopts(['sctpNodelay', 'sctpMaxseg'])).toEqual({ sctpNodelay: false, sctpMaxseg: 0 });
    socket.close();
  });

  test('what is checked is what is set, however often an object changes its mind (FC-13)', async () => {
    const socket = await sctp.open(self);
    let reads = 0;
    const fickle = {
      get initial() {
        reads += 1;
        return reads > 1 ? 'later' : 2000;
      },
    };
    socket.setopts([
      ['sctpRtoinfo', fickle],
      ['sctpNodelay', true],
    ]);
    expect(socket.getopts(['sctpNodelay', 'sctpRtoinfo'])).toMatchObject({ sctpNodelay: true, sctpRtoinfo: { initial: 2000 } });
    const noData = { sctpNodelay: false, sctpRtoinfo: { initial: () => 5 } } as never;
    expect(() => socket.setopts(noData)).toThrow(expect.objectContaining({ argument: 'options.sctpRtoinfo' }));
    expect(socket.getopts(['sctpNodelay'])).toEqual({ sctpNodelay: true });
    socket.close();
  });
});
