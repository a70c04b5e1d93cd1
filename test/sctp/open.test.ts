/** `open`: its forms, the address to which a socket is bound, and refusals, which leave nothing open (OPN, MH). */
import { expect, test } from 'vitest';
import { BadArg, mainActor } from '../../runtime/index.js';
import { overStacks } from './subjects.js';

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

  test('a bad argument of open throws BadArg that names it (OPN-3)', async () => {
    const cases: [unknown[], string][] = [
      [[-1], 'port'],
      [[65536], 'port'],
      [['http'], 'port'],
      [[0, { port: 1.5 }], 'port'],
      [[0, { noSuch: 1 }], 'options.noSuch'],
      [[0, { type: 'dgram' }], 'options.type'],
      [[0, { active: 40000 }], 'options.active'],
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
      [[0, { lowMsgqWatermarkBytes: 1.5 }], 'options.lowMsgqWatermarkBytes'],
    ];
    for (const [args, argument] of cases) {
      const call = () => (sctp.open as (...all: unknown[]) => unknown)(self, ...args);
      expect(call, String(argument)).toThrow(BadArg);
      expect(call).toThrow(expect.objectContaining({ argument }));
    }
    for (const actor of [undefined, null, {}, self.pid, 'main']) expect(() => sctp.open(actor as never)).toThrow(BadArg);
    expect(sctp.openSockets()).toEqual([]);
  });

  test('several addresses are bound, and refused by name on a stack that is single-homed, not ignored (MH-1, MH-2, MH-8, MH-14)', async () => {
    const two = { ip: ['127.0.0.1', '127.0.0.2'] };
    const alsoTwo = [
      ['ip', '127.0.0.1'],
      ['ifaddr', '127.0.0.2'],
    ] as const;
    if (name !== 'simulated') {
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
});
