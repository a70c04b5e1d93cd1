/** A list of options of any kinds is set whole or not at all (FC-12, FC-13). An option that cannot be put back is set last. */
import { expect, test } from 'vitest';
import type { SctpOptions, SctpReadableOptions } from '../../actors/sctp/index.js';
import { mainActor } from '../../runtime/index.js';
import { samples } from './optionSamples.js';
import { connected, overStacks, simulated } from './subjects.js';

const self = mainActor();
const einval = expect.objectContaining({ name: 'SocketError', reason: 'einval' });

overStacks((sctp, name) => {
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test('an option that is refused puts back every other option, whichever it is (FC-13)', async () => {
    const socket = await open({ linger: [true, 9], priority: 2, sctpDefaultPrinfo: { prPolicy: 'ttl', prValue: 70 } });
    for (const { name: option, value, inet6 } of samples) {
      if (inet6) continue;
      const key = option as keyof SctpReadableOptions;
      const before = socket.getopts([key, 'priority', 'sctpDefaultSendParam', 'buffer']);
      const list = [
        ['sctpMaxseg', 100],
        [option, value],
      ] as const;
      expect(() => socket.setopts(list), option).toThrow(expect.objectContaining({ name: 'SocketError' }));
      expect(socket.getopts([key, 'priority', 'sctpDefaultSendParam', 'buffer']), option).toEqual(before);
    }
    socket.close();
  });

  test('options that the kernel ties together are put back too: type of service and priority, policy and lifetime', async () => {
    const socket = await open({ tos: 4, priority: 5, sctpDefaultPrinfo: { prPolicy: 'ttl', prValue: 70 } });
    const names = ['tos', 'priority', 'sctpDefaultPrinfo', 'sctpDefaultSendParam'] as const;
    const before = socket.getopts(names);
    expect(before).toMatchObject({ tos: 4, priority: 5, sctpDefaultPrinfo: { prPolicy: 'ttl', prValue: 70 } });
    const bad = ['sctpMaxseg', 100] as const;
    for (const list of [
      [bad, ['tos', 16]],
      [bad, ['tos', 16], ['priority', 1]],
      [bad, ['sctpDefaultSendParam', { timetolive: 9 }]],
      [bad, ['sctpDefaultPrinfo', { prPolicy: 'none' }], ['sctpDefaultSendParam', { ppid: 5, timetolive: 9 }]],
    ]) {
      expect(() => socket.setopts(list as never)).toThrow(einval);
      expect(socket.getopts(names)).toEqual(before);
    }
    socket.close();
  });

  test('a number is put back though its flag is off, and a lifetime though it has no policy', async () => {
    const socket = await open({
      sctpPeerAddrParams: { hbinterval: 900, sackdelay: 90, flags: ['hb_enable', 'sackdelay_enable'] },
      sctpDefaultSendParam: { timetolive: 9 },
    });
    socket.setopts({ sctpPeerAddrParams: { flags: ['hb_disable', 'sackdelay_disable'] } });
    const names = ['sctpPeerAddrParams', 'sctpDefaultSendParam', 'sctpDefaultPrinfo'] as const;
    const before = socket.getopts(names);
    expect(before).toMatchObject({ sctpPeerAddrParams: { hbinterval: 900, sackdelay: 90 }, sctpDefaultPrinfo: { prValue: 9 } });
    const list = [
      ['sctpMaxseg', 100],
      ['sctpDefaultPrinfo', { prPolicy: 'none' }],
      ['sctpPeerAddrParams', { hbinterval: 700, sackdelay: 70, flags: ['hb_enable', 'sackdelay_enable'] }],
    ] as const;
    expect(() => socket.setopts(list)).toThrow(einval);
    expect(socket.getopts(names)).toEqual(before);
    socket.setopts(list.slice(1));
    expect(socket.getopts(names)).toMatchObject({
      sctpPeerAddrParams: { hbinterval: 700, sackdelay: 70 },
      sctpDefaultSendParam: { timetolive: 0 },
    });
    socket.close();
  });

  test('of an option written twice both are put back, in their order (FC-12)', async () => {
    const socket = await open({ ttl: 9 });
    const list = [
      ['ttl', 0],
      ['ttl', 5],
      ['ttl', 6],
    ] as const;
    expect(() => socket.setopts(list)).toThrow(einval);
    expect(socket.getopts(['ttl'])).toEqual({ ttl: 9 });
    socket.setopts(list.slice(1));
    expect(socket.getopts(['ttl'])).toEqual({ ttl: 5 });
    socket.close();
  });

  test('an option of one association, or of one address, is put back there', async () => {
    if (name === 'simulated') return;
    const { server, client, atClient } = await connected(sctp);
    const address = ['127.0.0.1', server.port] as const;
    const read = () =>
      [
        client.getopts([['sctpRtoinfo', { assocId: atClient }], ['sctpPrimaryAddr', { assocId: atClient }], 'sctpRtoinfo']),
        client.getopts([['sctpPeerAddrParams', { address }]]),
      ] as const;
    const before = read();
    const options = [
      ['sctpMaxseg', 100],
      ['sctpRtoinfo', { assocId: atClient, initial: 5, min: 5 }],
      ['sctpPeerAddrParams', { address, pathmaxrxt: 1, flags: ['hb_disable'] }],
      ['sctpPrimaryAddr', { assocId: atClient, addr: address }],
    ] as const;
    expect(() => client.setopts(options)).toThrow(einval);
    expect(read()).toEqual(before);
    client.setopts(options.slice(1));
    expect(client.getopts([['sctpPeerAddrParams', { address }]]).sctpPeerAddrParams).toMatchObject({ pathmaxrxt: 1 });
    client.close();
    server.close();
  });

  test('what is refused in a connect is put back, and nothing is connected (CN-1)', async () => {
    const { server, client } = await connected(sctp);
    const options: SctpOptions = { ttl: 7, sctpRtoinfo: { min: 5000, max: 2000 } };
    await expect(client.connect('127.0.0.1', server.port, options)).rejects.toEqual(einval);
    expect(client.getopts(['ttl'])).toEqual({ ttl: 64 });
    client.close();
    server.close();
  });
});

const { sctp: simulatedSctp, sim } = simulated();

test('an option that cannot be put back is set after all others, wherever it stands (FC-13)', async () => {
  const socket = await simulatedSctp.open(self, 0);
  const setOption = sim().setOption.bind(sim());
  const set: number[] = [];
  sim().setOption = (handle, number, ...rest) => {
    set.push(number);
    // A stack that can do what the simulated one cannot.
    return number === 21 ? 0 : setOption(handle, number, ...rest);
  };
  const prim = { assocId: 3, addr: ['127.0.0.1', 5] };
  const list = [
    ['sctpSetPeerPrimaryAddr', prim],
    ['sctpNodelay', true],
    ['sctpSetPeerPrimaryAddr', prim],
    ['sctpMaxseg', 700],
  ] as const;
  socket.setopts(list);
  expect(set).toEqual([7, 5, 21, 21]);
  set.length = 0;
  expect(() => socket.setopts([['sctpMaxseg', 100], ...list])).toThrow(einval);
  // Two options were set, one was refused, and two were put back. The peer was told nothing.
  expect(set).toEqual([7, 5, 7, 5, 7]);
  expect(socket.getopts(['sctpNodelay', 'sctpMaxseg'])).toEqual({ sctpNodelay: true, sctpMaxseg: 700 });
  socket.close();
});

test('an option that the stack refuses to put back is named (FC-13)', async () => {
  const socket = await simulatedSctp.open(self, 0);
  const setOption = sim().setOption.bind(sim());
  let taken = 2;
  sim().setOption = (...args) => (taken-- > 0 ? setOption(...args) : -22);
  const list = [
    ['sctpNodelay', true],
    ['sctpMaxseg', 700],
    ['linger', [true, 5]],
  ] as const;
  const refused = /sctpNodelay: einval: .*; the former value of sctpMaxseg, linger was refused, too/;
  expect(() => socket.setopts(list)).toThrow(refused);
  socket.close();
});
