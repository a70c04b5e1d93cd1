/** `open`, `setopts`, `getopts`, names: defaults, merging, what is refused and how (OPN, SO, MH). */
import { describe, expect, test } from 'vitest';
import { createSctp } from '../../actors/sctp/open.js';
import { kernelProblem, stacks } from '../../actors/sctp/port.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { connected, noLeftovers, overStacks, pair, simulated } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();

overStacks((sctp, name) => {
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test('the forms of open, and a later port wins (OPN-1)', async () => {
    const first = await sctp.open(self);
    const { port } = first;
    expect(port).toBeGreaterThan(0);
    first.close();
    for (const again of [
      () => sctp.open(self, port),
      () => sctp.open(self, { port }),
      () => sctp.open(self, port, {}),
      () => sctp.open(self, 7, { port }),
      () => sctp.open(self, [['port', port]]),
    ]) {
      const socket = await again();
      expect(socket.port).toBe(port);
      socket.close();
    }
  });

  test('defaults (OPN-5, EV-1, SO-14)', async () => {
    const socket = await open();
    expect(
      socket.getopts([
        'active',
        'mode',
        'buffer',
        'nonBlockSend',
        'highMsgqWatermark',
        'lowMsgqWatermark',
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
    // All are put back, whatever was set twice (FC-13).
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

  test('sctpStatus and paths of an association (SO-3, SO-15)', async () => {
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

  test('what may only be read, or only be given to open, throws BadArg (SO-9)', async () => {
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

  test('names: own, of associations, of peers (MH-10..MH-12, MH-14)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    expect(server.sockname()).toEqual(['127.0.0.1', server.port]);
    expect(server.socknames()).toEqual([['127.0.0.1', server.port]]);
    expect([server.socknames(atServer), server.socknames(0)]).toEqual([server.socknames(), server.socknames()]);
    expect(() => server.socknames(999)).toThrow(reason('einval'));
    expect(server.peernames(atServer)).toEqual([['127.0.0.1', client.port]]);
    expect(client.peername(atClient)).toEqual(['127.0.0.1', server.port]);
    expect(() => client.peername()).toThrow(reason('enotconn'));
    expect(() => client.peernames(999)).toThrow(reason('einval'));
    expect(() => client.peernames('x' as never)).toThrow(BadArg);
    client.close();
    server.close();
  });

  test('a taken port is eaddrinuse, an address of somebody else eaddrnotavail, and nothing stays open (OPN-2, OPN-7)', async () => {
    const socket = await open();
    await expect(sctp.open(self, socket.port, { ip: '127.0.0.1' })).rejects.toMatchObject({
      reason: 'eaddrinuse',
      port: socket.port,
    });
    await expect(sctp.open(self, 0, { ip: '203.0.113.77' })).rejects.toMatchObject({ reason: 'eaddrnotavail' });
    await expect(sctp.open(self, 0, { ip: 'host.invalid' })).rejects.toMatchObject({ reason: 'nxdomain' });
    expect(sctp.openSockets()).toEqual([socket]);
    socket.close();
  });

  test('what cannot be given to open throws BadArg naming it (OPN-3)', async () => {
    const cases: [unknown[], string][] = [
      [[-1], 'port'],
      [[65536], 'port'],
      [['http'], 'port'],
      [[0, { port: 1.5 }], 'port'],
      [[0, { noSuch: 1 }], 'options.noSuch'],
      [[0, { type: 'dgram' }], 'options.type'],
      [[0, { active: 40000 }], 'active'],
      [[0, { active: 'twice' }], 'options.active'],
      [[0, { mode: 'text' }], 'options.mode'],
      [[0, { fd: 3 }], 'options.fd'],
      [[0, { ip: 5 }], 'options.ip'],
      [[0, { ip: [] }], 'options.ip'],
      [[0, { ifaddr: '' }], 'options.ifaddr'],
      [[0, { family: 'local' }], 'options.family'],
      [[0, { inet6: 1 }], 'options.inet6'],
      [[0, { tos: 256 }], 'options.tos'],
      [[0, { sctpStatus: {} }], 'options.sctpStatus'],
      [[0, { sctpEvents: { loudEvent: true } }], 'options.sctpEvents.loudEvent'],
      [[0, { sctpEvents: { dataIoEvent: 1 } }], 'options.sctpEvents.dataIoEvent'],
      [[0, { sctpInitmsg: { numOstreams: 70000 } }], 'options.sctpInitmsg.numOstreams'],
      [[0, { sctpRtoinfo: { initial: '3 s' } }], 'options.sctpRtoinfo.initial'],
      [[0, { sctpPeerAddrParams: { flags: ['hb_off'] } }], 'options.sctpPeerAddrParams.flags'],
      [[0, { linger: true }], 'options.linger'],
      [[0, { linger: [true, -1] }], 'options.linger[1]'],
      [[0, { encapsPort: 70000 }], 'options.encapsPort'],
      [[0, { stack: 'usr' }], 'options.stack'],
      [[0, 'fast'], 'options'],
      [[0, null], 'options'],
      [[0, [['active']]], 'options[0]'],
      [[0, ['text']], 'options[0]'],
      [[0, { highMsgqWatermark: 0 }], 'options.highMsgqWatermark'],
    ];
    for (const [args, argument] of cases) {
      const call = () => (sctp.open as (...all: unknown[]) => unknown)(self, ...args);
      expect(call, String(argument)).toThrow(BadArg);
      expect(call).toThrow(expect.objectContaining({ argument }));
    }
    for (const actor of [undefined, null, {}, self.pid, 'main']) expect(() => sctp.open(actor as never)).toThrow(BadArg);
    expect(sctp.openSockets()).toEqual([]);
  });

  test('a low watermark above the high one is refused whole', async () => {
    const socket = await open();
    expect(() => socket.setopts({ lowMsgqWatermark: 9000, sctpNodelay: true })).toThrow(reason('einval'));
    expect(socket.getopts(['lowMsgqWatermark', 'sctpNodelay'])).toEqual({ lowMsgqWatermark: 4096, sctpNodelay: false });
    socket.close();
  });

  test('several addresses are bound on the kernel stack, and refused by name on the other, not ignored (MH-1, MH-2, MH-8, MH-14)', async () => {
    const two = { ip: ['127.0.0.1', '127.0.0.2'] };
    const alsoTwo = [
      ['ip', '127.0.0.1'],
      ['ifaddr', '127.0.0.2'],
    ] as const;
    if (name === 'kernel') {
      for (const options of [two, alsoTwo]) {
        const socket = await sctp.open(self, 0, options);
        const names = two.ip.map((ip) => [ip, socket.port]);
        expect([socket.socknames(), socket.sockname()]).toEqual([names, names[1]]);
        socket.close();
      }
      await expect(sctp.open(self, 0, { ip: ['127.0.0.1', '203.0.113.77'] })).rejects.toMatchObject({ reason: 'eaddrnotavail' });
      await expect(sctp.open(self, 0, { ip: ['127.0.0.1', '127.0.0.1'] })).rejects.toThrow(BadArg);
    } else {
      await expect(sctp.open(self, 0, two)).rejects.toMatchObject({
        reason: 'enotsup',
        message: expect.stringContaining('embedded'),
      });
      await expect(sctp.open(self, alsoTwo)).rejects.toMatchObject({ reason: 'enotsup' });
    }
    expect(sctp.openSockets()).toEqual([]);
  });

  test('a stack that is not there is refused by name (OPN-4)', async () => {
    const other = name === 'kernel' ? 'embedded' : 'kernel';
    await expect(sctp.open(self, 0, { stack: other })).rejects.toMatchObject({
      reason: 'esocktnosupport',
      message: expect.stringContaining(other),
    });
    expect(sctp.openSockets()).toEqual([]);
  });

  test('sharing an encapsulation port: RFC 6951 peers find each other by it', async () => {
    // The kernel has one such port, net.sctp.udp_port, and none unless told.
    if (name === 'kernel') {
      await expect(open({ encapsPort: 19899 })).rejects.toMatchObject({
        reason: 'enotsup',
        message: expect.stringContaining('kernel'),
      });
      return;
    }
    const options = { ip: '127.0.0.1', encapsPort: 19899, remoteEncapsPort: 19899 };
    const server = await sctp.open(self, 0, options);
    await server.listen(true);
    const client = await sctp.open(self, 0, options);
    expect((await client.connect('127.0.0.1', server.port)).state).toBe('comm_up');
    client.close();
    server.close();
  });

  test('a socket shows itself in a word, and info tells the rest (OW-7)', async () => {
    const { server, client } = await pair(sctp, { active: 3 });
    const { inspect } = await import('node:util');
    expect(inspect(server)).toMatch(/^#Port<\d+>$/);
    expect(server.info()).toEqual({
      owner: self.pid,
      stack: name === 'kernel' ? 'kernel' : 'embedded',
      type: 'seqpacket',
      port: server.port,
      active: 3,
      queuedBytes: [0, 0],
      waitingSends: 0,
      waitingConnects: 0,
      waitingAccepts: 0,
    });
    client.close();
    server.close();
  });

  test('errorString knows RFC 9260 (ES, ES-1)', () => {
    expect(Array.from({ length: 14 }, (_, code) => sctp.errorString(code))).toEqual([
      'ok',
      'Invalid Stream Identifier',
      'Missing Mandatory Parameter',
      'Stale Cookie Error',
      'Out of Resource',
      'Unresolvable Address',
      'Unrecognized Chunk Type',
      'Invalid Mandatory Parameter',
      'Unrecognized Parameters',
      'No User Data',
      'Cookie Received While Shutting Down',
      'Restart of an Association with New Addresses',
      'User Initiated Abort',
      'Protocol Violation',
    ]);
    expect([-1, 14, 3072].map((code) => sctp.errorString(code))).toEqual(['unknown_error', 'unknown_error', 'unknown_error']);
    expect(() => sctp.errorString('12' as never)).toThrow(BadArg);
    expect(() => sctp.errorString(1.5)).toThrow(BadArg);
  });
});

describe('the choice of a stack', () => {
  const sctp = createSctp(stacks);
  noLeftovers(sctp);
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test('stack says which and why, and MAILPORT_SCTP decides (OPN-4)', async () => {
    const before = process.env.MAILPORT_SCTP;
    try {
      delete process.env.MAILPORT_SCTP;
      expect(sctp.stack()).toEqual({ name: 'embedded', why: expect.stringContaining('kernel') });
      process.env.MAILPORT_SCTP = 'kernel';
      expect(sctp.stack()).toEqual({ name: 'kernel', why: expect.stringContaining('MAILPORT_SCTP') });
      if (kernelProblem() === undefined) {
        const socket = await open();
        expect(socket.info().stack).toBe('kernel');
        socket.close();
      } else {
        await expect(open()).rejects.toMatchObject({
          reason: kernelProblem(),
          message: expect.stringContaining('MAILPORT_SCTP'),
        });
      }
      const told = await open({ stack: 'embedded' });
      expect(told.info().stack).toBe('embedded');
      told.close();
      process.env.MAILPORT_SCTP = 'userland';
      expect(() => sctp.stack()).toThrow(BadArg);
    } finally {
      if (before === undefined) delete process.env.MAILPORT_SCTP;
      else process.env.MAILPORT_SCTP = before;
    }
  });

  test('sockets of both stacks work side by side', async ({ skip }) => {
    if (kernelProblem() !== undefined) skip(`this kernel has no SCTP: ${kernelProblem()}`);
    const pairs = [];
    for (const stack of ['kernel', 'embedded'] as const) {
      const server = await open({ stack });
      await server.listen(true);
      const client = await open({ stack });
      const { assocId } = await client.connect('127.0.0.1', server.port);
      await client.send(assocId, 0, stack);
      pairs.push({ stack, server, client });
    }
    for (const { stack, server, client } of pairs) {
      await server.recv();
      expect(String((await server.recv())[3])).toBe(stack);
      client.close();
      server.close();
    }
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
});
