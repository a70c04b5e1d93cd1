/** Options that are records or stand alone, names of no option, and options that are given to connects (SO, CN-1). */
import { expect, test } from 'vitest';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { connected, overStacks, pair } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();

overStacks((sctp, name) => {
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test('an ill-typed field is BadArg naming it, in each call that takes options (SO-6)', async () => {
    const { server, client } = await pair(sctp);
    const cases: [object, string][] = [
      [{ sctpInitmsg: { numOstreams: '7' } }, 'sctpInitmsg.numOstreams'],
      [{ sctpInitmsg: 7 }, 'sctpInitmsg'],
      [{ sctpRtoinfo: { min: -1 } }, 'sctpRtoinfo.min'],
      [{ sctpAssocinfo: { asocmaxrxt: 65_536 } }, 'sctpAssocinfo.asocmaxrxt'],
      [{ sctpPeerAddrParams: { hbinterval: 0.5 } }, 'sctpPeerAddrParams.hbinterval'],
      [{ sctpDefaultSendParam: { flags: 'eof' } }, 'sctpDefaultSendParam.flags'],
      [{ sctpDefaultSendParam: { tsn: 1 } }, 'sctpDefaultSendParam.tsn'],
      [{ sctpEvents: { shutdownEvent: 'no' } }, 'sctpEvents.shutdownEvent'],
      [{ sctpInitmsg: { type: 'sctp_rtoinfo' } }, 'sctpInitmsg.type'],
    ];
    for (const [options, field] of cases) {
      const expected = expect.objectContaining({ argument: `options.${field}` });
      expect(() => client.setopts(options)).toThrow(expected);
      expect(() => client.connect('127.0.0.1', server.port, options)).toThrow(expected);
      expect(() => sctp.open(self, 0, options)).toThrow(expected);
    }
    expect(() => client.getopts([['sctpStatus', { assocId: 'x' } as never]])).toThrow(BadArg);
    await expect(server.recv(0)).rejects.toThrow(reason('timeout'));
    client.close();
    server.close();
  });

  test('status has no default: without an association it is left out (SO-7)', async () => {
    const { server, client, atClient } = await connected(sctp);
    expect(client.getopts(['sctpStatus'])).toEqual({});
    expect(client.getopts([['sctpStatus', { assocId: 0 }]])).toEqual({});
    expect(client.getopts([['sctpStatus', { assocId: atClient }]]).sctpStatus?.state).toBe('established');
    // Other options have a value of the endpoint, for the id 0.
    client.setopts({ sctpRtoinfo: { initial: 1234 } });
    expect(client.getopts([['sctpRtoinfo', { assocId: 0 }]]).sctpRtoinfo?.initial).toBe(1234);
    expect(client.getopts(['sctpRtoinfo']).sctpRtoinfo?.initial).toBe(1234);
    // The simulated stack has one of each option for a socket.
    const { sctpRtoinfo } = client.getopts([['sctpRtoinfo', { assocId: atClient }]]);
    if (name !== 'simulated') expect(sctpRtoinfo?.initial).not.toBe(1234);
    client.close();
    server.close();
  });

  test('the delay of acknowledgements can be set, and is the one among the parameters of paths (SO-17)', async ({ skip }) => {
    if (name === 'simulated') return skip('the simulated stack delays none');
    const { server, client, atClient } = await connected(sctp);
    const read = (assocId: number) => {
      const key = { assocId };
      const values = client.getopts([
        ['sctpDelayedAckTime', key],
        ['sctpPeerAddrParams', key],
      ]);
      return [values.sctpDelayedAckTime?.assocValue, values.sctpPeerAddrParams?.sackdelay];
    };
    expect(read(0)).toEqual([200, 200]);
    // The values are multiples of the kernel's unit of time.
    client.setopts({ sctpDelayedAckTime: { assocValue: 100 } });
    client.setopts({ sctpDelayedAckTime: { assocId: atClient, assocValue: 160 } });
    expect([read(0), read(atClient)]).toEqual([
      [100, 100],
      [160, 160],
    ]);
    client.close();
    server.close();
  });

  test('list and binary alone are modes (SO-12)', async () => {
    const socket = await sctp.open(self, ['list', ['ip', '127.0.0.1']]);
    const mode = () => socket.getopts(['mode']).mode;
    expect(mode()).toBe('list');
    socket.setopts(['binary']);
    expect(mode()).toBe('binary');
    socket.setopts(['list']);
    expect(mode()).toBe('list');
    socket.close();
  });

  test('default send parameters have the fields that can be set, and no other (SD-18)', async () => {
    const { server, client, atClient } = await connected(sctp, {}, { sctpDefaultSendParam: { ppid: 7 } });
    const fields = ['type', 'assocId', 'stream', 'flags', 'ppid', 'context', 'timetolive'];
    for (const assocId of [0, atClient]) {
      const { sctpDefaultSendParam } = client.getopts([['sctpDefaultSendParam', { assocId }]]);
      for (const field of fields) expect(sctpDefaultSendParam).toHaveProperty(field);
      for (const receiveOnly of ['ssn', 'tsn', 'cumtsn']) expect(sctpDefaultSendParam).not.toHaveProperty(receiveOnly);
      expect(sctpDefaultSendParam).toMatchObject({ assocId, ppid: 7 });
    }
    client.close();
    server.close();
  });

  test('watermarks are options of any socket, set, read and taken to peeled-off ones (OPN-11, PO-4)', async () => {
    const fresh = await open();
    expect(fresh.getopts(['highMsgqWatermark', 'lowMsgqWatermark'])).toEqual({ highMsgqWatermark: 8192, lowMsgqWatermark: 4096 });
    fresh.setopts({ highMsgqWatermark: 100, lowMsgqWatermark: 10 });
    expect(fresh.getopts(['highMsgqWatermark', 'lowMsgqWatermark'])).toEqual({ highMsgqWatermark: 100, lowMsgqWatermark: 10 });
    fresh.close();
    const { server, client, atServer } = await connected(sctp, { highMsgqWatermark: 50, lowMsgqWatermark: 5 });
    const peeled = server.peeloff(self, atServer);
    expect(peeled.getopts(['highMsgqWatermark', 'lowMsgqWatermark'])).toEqual({ highMsgqWatermark: 50, lowMsgqWatermark: 5 });
    for (const socket of [client, peeled, server]) socket.close();
  });

  test('a low mark above its high one is refused, and nothing has changed', async () => {
    const socket = await open();
    expect(() => socket.setopts({ lowMsgqWatermarkBytes: 2_000_000, nonBlockSend: true })).toThrow(
      expect.objectContaining({ reason: 'einval', message: expect.stringContaining('above highMsgqWatermarkBytes') }),
    );
    expect(socket.getopts(['lowMsgqWatermarkBytes', 'nonBlockSend'])).toEqual({
      lowMsgqWatermarkBytes: 524288,
      nonBlockSend: false,
    });
    socket.close();
  });

  test('options of other transports are none of this one, and cannot be set or read (SO-11, FC-31)', async () => {
    const socket = await open();
    for (const name of [
      'keepalive',
      'nodelay',
      'packet',
      'header',
      'deliver',
      'readPackets',
      'raw',
      'sendTimeout',
      'delaySend',
    ]) {
      const expected = expect.objectContaining({ name: 'BadArg', argument: `options.${name}` });
      expect(() => socket.setopts({ [name]: 1 } as never), name).toThrow(expected);
      expect(() => sctp.open(self, 0, { [name]: 1 } as never), name).toThrow(expected);
      expect(() => socket.getopts([name as never]), name).toThrow(BadArg);
    }
    socket.close();
  });

  test.each([true, false])(
    'options of a connect are set first, over what is in force, and stay, whether it succeeds (%s) (CN-1, SO-5)',
    async (succeeds) => {
      const server = await open();
      if (succeeds) await server.listen(true);
      const client = await open({ sctpInitmsg: { maxAttempts: 3 }, sctpEvents: { shutdownEvent: false } });
      const options = {
        sctpInitmsg: { numOstreams: 6 },
        sctpEvents: { addressEvent: false },
        sctpNodelay: true,
        mode: 'list',
      } as const;
      const outcome = await client.connect('127.0.0.1', server.port, options).then(
        ({ outboundStreams }) => outboundStreams,
        (error: { reason: string }) => error.reason,
      );
      expect(outcome).toBe(succeeds ? 6 : 'cant_assoc');
      expect(client.getopts(['sctpInitmsg', 'sctpEvents', 'sctpNodelay', 'mode'])).toMatchObject({
        sctpInitmsg: { numOstreams: 6, maxAttempts: 3 },
        sctpEvents: { addressEvent: false, shutdownEvent: false, associationEvent: true },
        sctpNodelay: true,
        mode: 'list',
      });
      client.close();
      server.close();
    },
  );

  test('options of a connectInit stay as well (CN-1)', async () => {
    const { server, client } = await pair(sctp);
    await client.connectInit('127.0.0.1', server.port, [['sctpInitmsg', { numOstreams: 4 }], 'list']);
    expect((await client.recv())[3]).toMatchObject({ state: 'comm_up', outboundStreams: 4 });
    expect(client.getopts(['mode']).mode).toBe('list');
    const both: SctpSocket[] = [client, server];
    for (const socket of both) socket.close();
  });
});
