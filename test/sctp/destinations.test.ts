/** The forms in which peers and local addresses may be written: pairs, Erlang's maps, names of services, lists. */
import { describe, expect, test } from 'vitest';
import { destinationOf, destinationsOf } from '../../actors/sctp/destinations.js';
import { planOpen } from '../../actors/sctp/openOptions.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { servicePort } from '../../actors/socket/services.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { overStacks, pair, word } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });
const badArg = (argument: string) => expect.objectContaining({ argument });

overStacks((sctp, name) => {
  const self = mainActor();

  test('connect takes address and port, a pair, or a map (CN-4)', async () => {
    const { server, client } = await pair(sctp);
    const connects = [
      (socket: SctpSocket) => socket.connect('127.0.0.1', server.port),
      (socket: SctpSocket) => socket.connect(['127.0.0.1', server.port]),
      (socket: SctpSocket) => socket.connect({ family: 'inet', addr: 'loopback', port: server.port }, {}, 10_000),
      (socket: SctpSocket) => socket.connect({ addr: '127.0.0.1', port: server.port }, { sctpNodelay: true }),
    ];
    for (const connect of connects) {
      const socket = await sctp.open(self);
      expect((await connect(socket)).state).toBe('comm_up');
      expect(word(await server.recv())).toBe('comm_up');
      socket.close();
      expect([word(await server.recv()), word(await server.recv())]).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
    }
    client.close();
    server.close();
  });

  test('connectInit takes the same, and tells by an event (CN-20)', async () => {
    const { server, client } = await pair(sctp);
    const assocId = await client.connectInit({ addr: '127.0.0.1', port: server.port });
    const [, , , change] = await client.recv();
    expect(change).toMatchObject({ state: 'comm_up', assocId });
    client.close();
    server.close();
  });

  test('connectxInit gives an id that the event carries, comm_up or cant_assoc (CN-30)', async () => {
    const { server, client } = await pair(sctp);
    const silent = await sctp.open(self, 0, { ip: '127.0.0.1' });
    const refused = await client.connectxInit(['127.0.0.1'], silent.port);
    expect(refused).toBeGreaterThan(2);
    expect((await client.recv())[3]).toMatchObject({ state: 'cant_assoc', assocId: refused });
    const assocId = await client.connectxInit([{ addr: '127.0.0.1', port: server.port }]);
    expect(assocId).toBeGreaterThan(2);
    expect((await client.recv())[3]).toMatchObject({ state: 'comm_up', assocId });
    for (const socket of [server, client, silent]) socket.close();
  });

  test('several addresses are not for a single-homed stack, which says so (CN-34)', async ({ skip }) => {
    if (name !== 'simulated') return skip('this stack is multi-homed');
    const { server, client } = await pair(sctp);
    const several = client.connectxInit(['127.0.0.1', '127.0.0.2'], server.port);
    await expect(several).rejects.toThrow(reason('enotsup'));
    await expect(several).rejects.toThrow('embedded');
    await expect(sctp.open(self, 0, { ip: ['127.0.0.1', '127.0.0.2'] })).rejects.toThrow('embedded');
    await expect(server.bindx('127.0.0.2', 'add')).rejects.toThrow('embedded');
    client.close();
    server.close();
  });

  test('a service that the system does not know is einval, after whether the socket is open (CN-2, CN-3)', async () => {
    const { server, client } = await pair(sctp);
    await expect(client.connect('127.0.0.1', 'no-such-service')).rejects.toThrow(reason('einval'));
    await expect(client.connectInit('127.0.0.1', 'no-such-service')).rejects.toThrow(reason('einval'));
    await expect(client.connectxInit(['127.0.0.1'], 'no-such-service')).rejects.toThrow(reason('einval'));
    expect(() => sctp.open(self, 'no-such-service')).toThrow(BadArg);
    client.close();
    await expect(client.connect('127.0.0.1', 'no-such-service')).rejects.toThrow(reason('closed'));
    server.close();
  });

  test('a connect that is told to fail before it begins has set nothing (FC-13, CN-1, CN-4)', async () => {
    const { server, client } = await pair(sctp);
    await expect(client.connect('127.0.0.1', 'no-such-service', { active: 5 })).rejects.toThrow(reason('einval'));
    await expect(client.connect('::1', 5, { active: 5 })).rejects.toThrow(reason('eafnosupport'));
    await expect(client.connectInit('::1', 5, { sctpNodelay: true })).rejects.toThrow(reason('eafnosupport'));
    await expect(client.connectxInit(['127.0.0.1'], 'no-such-service', { active: 5 })).rejects.toThrow(reason('einval'));
    expect(client.getopts(['active', 'sctpNodelay'])).toEqual({ active: false, sctpNodelay: false });
    await expect(client.bindx([], 'add')).resolves.toBeUndefined();
    client.close();
    server.close();
  });

  test('open takes an address with its port, in every form (MH-3, MH-4, OPN-1)', async () => {
    const first = await sctp.open(self, { ip: '127.0.0.1' });
    const { port } = first;
    first.close();
    const forms = [
      { ip: ['127.0.0.1', port] as const },
      { ip: [['127.0.0.1', port]] as const },
      { ifaddr: { family: 'inet', addr: 'loopback', port } } as const,
      [
        ['ip', '127.0.0.2'],
        ['ifaddr', { addr: '127.0.0.1', port }],
      ] as const,
      [
        ['ifaddr', { addr: '127.0.0.2', port: 1 }],
        ['ip', '127.0.0.1'],
        ['port', port],
      ] as const,
    ];
    for (const form of forms) {
      const socket = await sctp.open(self, form as never);
      expect(socket.sockname()).toEqual(['127.0.0.1', port]);
      socket.close();
    }
  });
});

describe('families', () => {
  test('the last address decides, a map by what it says (MH-5)', () => {
    const family = (options: object) => planOpen(undefined, options).family;
    expect(family({ ifaddr: { family: 'inet6', addr: 'any' } })).toBe(6);
    expect(planOpen(undefined, { ifaddr: { family: 'inet6', addr: 'loopback' } }).addresses).toEqual(['::1']);
    expect(family({ ip: ['::1', '127.0.0.1'] })).toBe(4);
    expect(family({ ip: ['127.0.0.1', ['::1', 5]] })).toBe(6);
    expect(family({ ip: '::1', inet: true })).toBe(4);
    expect(family({})).toBe(4);
  });

  test("'loopback' of a map is that of its family", () => {
    expect(destinationOf([{ family: 'inet6', addr: 'loopback', port: 7 }])).toMatchObject({ address: '::1' });
    expect(destinationOf([{ family: 'inet', addr: 'loopback', port: 7 }])).toMatchObject({ address: '127.0.0.1' });
    expect(destinationOf([{ addr: 'loopback', port: 7 }])).toMatchObject({ address: 'loopback' });
  });
});

describe('services', () => {
  const database = '# no service 1/sctp\namqp\t5672/tcp\namqp\t5672/sctp\ndiameter 3868/sctp  aaa radius2 # both\n';

  test('are found by name or another name, for their protocol (CN-3)', () => {
    expect(servicePort('amqp', 'sctp', database)).toBe(5672);
    expect(servicePort('radius2', 'sctp', database)).toBe(3868);
    expect(servicePort('radius2', 'tcp', database)).toBeUndefined();
    expect(servicePort('both', 'sctp', database)).toBeUndefined();
    expect(servicePort('no', 'sctp', database)).toBeUndefined();
  });
});

describe('destinations', () => {
  test('the last port that is not 0 counts for all (CN-31)', () => {
    const sockAddrs = [{ addr: '10.0.0.1', port: 7 }, ['10.0.0.2', 0], { addr: 'fe80::1', port: 9, scopeId: 2 }];
    expect(destinationsOf([sockAddrs])).toMatchObject({ addresses: ['10.0.0.1', '10.0.0.2', 'fe80::1%2'], port: 9 });
    expect(destinationsOf([['a', 'b'], 7, { active: 1 }, 5])).toMatchObject({ addresses: ['a', 'b'], port: 7, timeoutMs: 5 });
  });

  test.each<[unknown[], string]>([
    [['10.0.0.1', 7], 'addresses'],
    [[[], 7], 'addresses'],
    [[Array(256).fill('10.0.0.1'), 7], 'addresses'],
    [[['10.0.0.1', 5], 7], 'addresses[1]'],
    [[['10.0.0.1'], 70000], 'port'],
    [[['10.0.0.1']], 'port'],
    [[['10.0.0.1'], ''], 'port'],
    [[['10.0.0.1'], 7, {}, -1], 'timeoutMs'],
    [[[['10.0.0.1', 0], { addr: '10.0.0.2' }]], 'sockAddrs'],
    [[[5]], 'sockAddrs[0]'],
    [[[{ addr: 5 }]], 'sockAddrs[0].addr'],
  ])('connectxInit of %j is a bad argument (CN-31..CN-33)', (args, argument) => {
    expect(() => destinationsOf(args)).toThrow(badArg(argument));
  });

  test.each<[unknown[], string]>([
    [[5, 7], 'address'],
    [['10.0.0.1', 7.5], 'port'],
    [[['10.0.0.1']], 'sockAddr'],
    [[['10.0.0.1', '7']], 'sockAddr[1]'],
    [[{}], 'sockAddr'],
    [[{ addr: '10.0.0.1', port: -1 }], 'sockAddr.port'],
    [[{ addr: '10.0.0.1', port: 7, color: 'red' }], 'sockAddr.color'],
    [[{ addr: '10.0.0.1', port: 7, family: 4 }], 'sockAddr.family'],
    [[{ addr: 'fe80::1', port: 7, scopeId: 'lo' }], 'sockAddr.scopeId'],
    [[{ addr: 'fe80::1', port: 7, scopeId: 2 ** 40 }], 'sockAddr.scopeId'],
    [[{ addr: '10.0.0.1', port: 7, scopeId: 1 }], 'sockAddr.scopeId'],
    [[{ addr: '10.0.0.1', port: 7, family: 'inet6' }], 'sockAddr.addr'],
    [[{ addr: '::1', port: 7, family: 'inet' }], 'sockAddr.addr'],
    [[{ addr: '10.0.0.1', port: 7 }, {}, 'soon'], 'timeoutMs'],
  ])('connect to %j is a bad argument (CN-2)', (args, argument) => {
    expect(() => destinationOf(args)).toThrow(badArg(argument));
  });
});
