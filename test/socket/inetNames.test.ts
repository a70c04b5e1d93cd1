/** Addresses in words and back, paths in bytes and back, and the addresses that a family of sockets takes. */
import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatV4, formatV6 } from '../../actors/socket/addressReader.js';
import {
  bytesOfPath,
  checkInetAddress,
  checkLocalPort,
  inetLiteral,
  pathOf,
  peername,
  resolveInet,
  sockNameOf,
  sockname,
} from '../../actors/socket/inetNames.js';
import { addressWords, interfaceIndex } from '../../actors/socket/inetWords.js';
import type { InetStack } from '../../native/contract/inet.js';
import { inetFamily } from '../../native/contract/inet.js';
import { BadArg } from '../../runtime/index.js';

const { ipv4, ipv6, local } = inetFamily;

describe('addresses in words', () => {
  test('of IPv4, in host order', () => {
    expect(addressWords('127.0.0.1')).toEqual({ family: 4, words: [0x7f000001, 0, 0, 0], scopeId: 0 });
    expect(addressWords('255.255.255.255')?.words[0]).toBe(0xffffffff);
  });

  test.each([
    ['::', [0, 0, 0, 0]],
    ['::1', [0, 0, 0, 1]],
    ['ff02::1', [0xff020000, 0, 0, 1]],
    ['2001:db8::8:800:200c:417a', [0x20010db8, 0, 0x00080800, 0x200c417a]],
    ['1:2:3:4:5:6:7:8', [0x10002, 0x30004, 0x50006, 0x70008]],
    ['1:2:3:4:5:6:7::', [0x10002, 0x30004, 0x50006, 0x70000]],
    ['::ffff:127.0.0.1', [0, 0, 0xffff, 0x7f000001]],
    ['64:ff9b::192.0.2.33', [0x0064ff9b, 0, 0, 0xc0000221]],
  ])('of IPv6: %s', (text, words) => {
    expect(addressWords(text)).toEqual({ family: 6, words, scopeId: 0 });
  });

  test('are the way back of what is shown, for every address', () => {
    const word = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.integer({ min: 0, max: 0xffffffff }));
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.integer({ min: 0, max: 99 }), (words, scope) => {
        const scopeId = words[0] === 0 && words[1] === 0 && words[2] === 0xffff ? 0 : scope;
        expect(addressWords(formatV6(words, scopeId))).toEqual({ family: 6, words, scopeId });
        expect(addressWords(formatV4(words[0]))?.words[0]).toBe(words[0]);
      }),
    );
  });

  test('have the index of the interface that a scope names', () => {
    expect(addressWords('fe80::1%7')?.scopeId).toBe(7);
    const [loopback] = Object.entries(networkInterfaces()).find(([, all]) =>
      all?.some(({ address }) => address === '127.0.0.1'),
    )!;
    expect(addressWords(`fe80::1%${loopback}`)?.scopeId).toBe(interfaceIndex(loopback));
    expect(interfaceIndex(loopback)).toBeGreaterThan(0);
  });

  test.each(['', 'localhost', '127.1', '1.2.3.256', '1:2', 'fe80::1%nosuch0', 'fe80::1%../lo'])('are none of %j', (text) => {
    expect(addressWords(text)).toBeUndefined();
  });
});

describe('paths', () => {
  test('are UTF-8 text, and bytes that are none come back as they were', () => {
    expect(bytesOfPath('/tmp/é')).toBe('/tmp/\xc3\xa9');
    expect(pathOf('/tmp/\xc3\xa9')).toBe('/tmp/é');
    expect(pathOf('\0abstract')).toBe('\0abstract');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const latin = Buffer.from(bytes).toString('latin1');
        expect(bytesOfPath(pathOf(latin))).toBe(latin);
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => pathOf(bytesOfPath(text)) === text));
  });

  test('have port 0, and are of local sockets', () => {
    expect(checkInetAddress({ local: '/x' })).toEqual({ local: '/x' });
    expect(() => checkInetAddress({ path: '/x' })).toThrow(BadArg);
    expect(() => checkInetAddress(7, 'there')).toThrow(expect.objectContaining({ argument: 'there' }));
    expect(() => checkLocalPort({ local: '/x' }, 1)).toThrow(expect.objectContaining({ argument: 'port' }));
    expect(() => checkLocalPort('::1', 1)).not.toThrow();
    expect(sockNameOf({ family: local, address: '/\xc3\xa9', port: 0 })).toEqual({ local: '/é' });
    expect(sockNameOf({ family: ipv4, address: '127.0.0.1', port: 5 })).toEqual({ address: '127.0.0.1', port: 5 });
  });
});

describe('the addresses that a family takes', () => {
  test.each([
    ['any', ipv4, '0.0.0.0'],
    ['any', ipv6, '::'],
    ['loopback', ipv4, '127.0.0.1'],
    ['loopback', ipv6, '::1'],
    ['localhost', ipv6, '::1'],
    ['10.0.0.1', ipv4, '10.0.0.1'],
    ['fe80::1%2', ipv6, 'fe80::1%2'],
    [{ local: '/é' }, local, '/\xc3\xa9'],
    ['host.test', ipv4, undefined],
  ] as const)('%j of family %s is %s', (address, family, literal) => {
    expect(inetLiteral(address, family, 'send')).toBe(literal);
  });

  test.each([
    ['10.0.0.1', ipv6],
    ['::1', ipv4],
    ['10.0.0.1', local],
    ['host.test', local],
    [{ local: '/x' }, ipv4],
  ] as const)('%j of family %s is eafnosupport (UO-8, TN-12, US-3)', async (address, family) => {
    const refused = expect.objectContaining({ reason: 'eafnosupport', syscall: 'send' });
    expect(() => inetLiteral(address, family, 'send')).toThrow(refused);
    await expect(resolveInet(address, family, 'send')).rejects.toEqual(refused);
  });

  test('a name of nobody is nxdomain', async () => {
    await expect(resolveInet('', ipv4, 'send')).rejects.toMatchObject({ reason: 'nxdomain' });
    await expect(resolveInet('loopback', ipv6, 'send')).resolves.toBe('::1');
  });
});

test('names that the stack does not tell are its reason (TI-1)', () => {
  const stack = { sockname: () => -22, peername: () => -107 } as unknown as InetStack;
  expect(() => sockname({ stack, handle: 1 })).toThrow(expect.objectContaining({ reason: 'einval', syscall: 'sockname' }));
  expect(() => peername({ stack, handle: 1 })).toThrow(expect.objectContaining({ reason: 'enotconn', syscall: 'peername' }));
});
