/** Where a socket of TCP or UDP is opened, out of its options: address, port, family, descriptor, namespace (TL-1, TL-2, TL-6, TL-11, TL-12, TL-15, UO-1, UO-2, UO-7, UO-9). */
import { describe, expect, test } from 'vitest';
import { planOpening } from '../../actors/socket/inetOpening.js';
import { inetFamily } from '../../native/contract/inet.js';
import { BadArg } from '../../runtime/index.js';

const { ipv4, ipv6, local } = inetFamily;
const plan = (options?: unknown, port?: unknown) => planOpening(port, options, 'udp');

test('without options: IPv4, any address, any port', () => {
  expect(plan()).toEqual({
    family: ipv4,
    address: 'any',
    port: 0,
    isPlaced: false,
    fd: undefined,
    netns: undefined,
    rest: [],
  });
});

test('a later port counts, and a service has one (TL-1, TL-2, UO-1)', () => {
  expect(plan({ port: 5 }, 4)).toMatchObject({ port: 5, isPlaced: true });
  expect(
    plan(
      [
        ['port', 5],
        ['port', 0],
      ],
      4,
    ),
  ).toMatchObject({ port: 0, isPlaced: false });
  expect(plan({}, 'domain')).toMatchObject({ port: 53 });
  expect(planOpening('http', {}, 'tcp')).toMatchObject({ port: 80 });
});

test('the last ip or ifaddr counts, and a port of a map too (TL-11)', () => {
  expect(
    plan([
      ['ip', '10.0.0.1'],
      ['ifaddr', 'loopback'],
    ]),
  ).toMatchObject({ address: 'loopback' });
  const map = ['ifaddr', { family: 'inet', addr: '10.0.0.1', port: 7 }];
  expect(plan([map])).toMatchObject({ address: '10.0.0.1', port: 7, family: ipv4 });
  expect(plan([map, ['port', 8], ['ip', '10.0.0.2']], 6)).toMatchObject({ address: '10.0.0.2', port: 8 });
  expect(plan({ ifaddr: ['10.0.0.1', 9] })).toMatchObject({ address: '10.0.0.1', port: 9 });
});

describe('the family', () => {
  test.each([
    [['inet6', 'inet'], ipv6],
    [['inet', 'inet6'], ipv4],
    [[['family', 'inet6']], ipv6],
    [[['inet6', false]], ipv4],
    [[['ip', '::1']], ipv6],
    [
      [
        ['ip', '::1'],
        ['ip', '127.0.0.1'],
      ],
      ipv4,
    ],
    [['local'], local],
    [[['ifaddr', { local: '/x' }]], local],
    [[['ip', 'any'], 'inet6'], ipv6],
  ])('of %j is %s (TL-12)', (options, family) => {
    expect(plan(options).family).toBe(family);
  });

  test('is that of the peer if nothing else tells (TN-12)', () => {
    expect(planOpening(undefined, {}, 'tcp', ipv6).family).toBe(ipv6);
    expect(planOpening(undefined, ['inet'], 'tcp', ipv6).family).toBe(ipv4);
  });
});

test('a local socket has a path or no name, and no port (TL-15, UO-9)', () => {
  expect(plan({ ifaddr: { local: '/x' } })).toMatchObject({ family: local, address: { local: '/x' }, port: 0, isPlaced: true });
  expect(plan(['local'])).toMatchObject({ family: local, address: { local: '' }, isPlaced: false });
});

test('options that are not of opening stay, in order', () => {
  expect(plan([['active', 3], 'list', ['port', 4], ['raw', 1, 2, Buffer.from('x')]])).toMatchObject({
    port: 4,
    rest: [
      ['active', 3],
      ['mode', 'list'],
      ['raw', [1, 2, Buffer.from('x')]],
    ],
  });
});

test.each([
  [{}, -1, 'port'],
  [{}, 65536, 'port'],
  [{}, 1.5, 'port'],
  [{}, 'nosuchservice', 'port'],
  [{ port: '' }, 0, 'options.port'],
  [{ fd: -1 }, 0, 'options.fd'],
  [{ fd: 'foo' }, 0, 'options.fd'],
  [{ netns: 7 }, 0, 'options.netns'],
  [{ netns: '' }, 0, 'options.netns'],
  [{ ip: 5 }, 0, 'options.ip'],
  [{ ip: '' }, 0, 'options.ip'],
  [{ ip: ['10.0.0.1', 5] }, 0, 'options.ip'],
  [{ ifaddr: { addr: '10.0.0.1', ports: 5 } }, 0, 'options.ifaddr.ports'],
  [{ family: 'unix' }, 0, 'options.family'],
  [{ inet6: 1 }, 0, 'options.inet6'],
  [{ ip: '::1', inet: true }, 0, 'options.ip'],
  [{ ip: { local: '/x' }, inet: true }, 0, 'options.ip'],
  [{ ifaddr: { local: '/x' } }, 5, 'port'],
  ['fast', 0, 'options'],
  [[['port', 1, 2]], 0, 'options[0]'],
])('%j with port %s is BadArg %s (TL-2, TL-6, TL-12, TL-15, UO-2)', (options, port, argument) => {
  expect(() => plan(options, port)).toThrow(BadArg);
  expect(() => plan(options, port)).toThrow(expect.objectContaining({ argument }));
});
