/** Opening, naming and closing sockets of the addon: which UDP port belongs to which SCTP port. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { errorName, StackUnderTest } from './stackUnderTest.js';

/** A UDP port of loopback that nobody has at this moment. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

describe('UDP port = SCTP port', () => {
  test('port 0 gives one number for both', () => {
    const it = new StackUnderTest();
    const name = it.stack.sockname(it.socket());
    expect(name).toEqual({ addresses: ['127.0.0.1'], port: expect.any(Number), udpPort: expect.any(Number) });
    if (typeof name === 'number') throw new Error(errorName(name));
    expect(name.port).toBeGreaterThan(0);
    expect(name.udpPort).toBe(name.port);
  });

  test('a port taken by another socket, of this stack or another, is EADDRINUSE', () => {
    const it = new StackUnderTest();
    const other = new StackUnderTest();
    const port = it.port(it.socket());
    expect(errorName(it.tryOpen({ port }))).toBe('EADDRINUSE');
    expect(errorName(other.tryOpen({ port }))).toBe('EADDRINUSE');
  });

  test('a port taken by plain UDP is EADDRINUSE', async () => {
    const udp = createSocket('udp4').bind(0, '127.0.0.1');
    await once(udp, 'listening');
    expect(errorName(new StackUnderTest().tryOpen({ port: udp.address().port }))).toBe('EADDRINUSE');
    udp.close();
  });

  test('a closed socket gives its port back at once, to anybody', () => {
    const it = new StackUnderTest();
    const first = it.socket();
    const port = it.port(first);
    it.close(first);
    expect(new StackUnderTest().tryOpen({ port })).toBeGreaterThan(0);
  });

  test('the any address and both families are named as they were bound', () => {
    const it = new StackUnderTest();
    expect(it.stack.sockname(it.socket({ addresses: [] }))).toMatchObject({ addresses: ['0.0.0.0'] });
    expect(it.stack.sockname(it.socket({ addresses: ['::1'], family: 6 }))).toMatchObject({ addresses: ['::1'] });
    expect(it.stack.sockname(it.socket({ addresses: ['::'], family: 6, ipv6Only: true }))).toMatchObject({ addresses: ['::'] });
  });

  test('an address of another host is EADDRNOTAVAIL', () => {
    // 192.0.2.0/24 is for documentation (RFC 5737).
    expect(errorName(new StackUnderTest().tryOpen({ addresses: ['192.0.2.1'] }))).toBe('EADDRNOTAVAIL');
  });

  test('an IPv6 address on an IPv4 socket is EAFNOSUPPORT', () => {
    const it = new StackUnderTest();
    expect(errorName(it.tryOpen({ addresses: ['::1'] }))).toBe('EAFNOSUPPORT');
    expect(errorName(it.stack.connect(it.socket(), ['::1'], 9, false))).toBe('EAFNOSUPPORT');
  });
});

// RFC 6951: several endpoints behind one UDP port.
describe('encapsPort', () => {
  test('sockets of one stack share the UDP port and have SCTP ports of their own', async () => {
    const it = new StackUnderTest();
    const encapsPort = await freeUdpPort();
    const first = it.socket({ encapsPort });
    const second = it.socket({ encapsPort });
    const third = it.socket({ encapsPort, port: 2006 });
    expect(it.stack.sockname(third)).toMatchObject({ port: 2006, udpPort: encapsPort });
    expect(it.stack.sockname(first)).toMatchObject({ udpPort: encapsPort });
    expect(new Set([it.port(first), it.port(second), it.port(third)]).size).toBe(3);
    expect(it.port(first)).toBeGreaterThanOrEqual(49152);
  });

  test('the same SCTP port twice is EADDRINUSE', async () => {
    const it = new StackUnderTest();
    const encapsPort = await freeUdpPort();
    it.socket({ encapsPort, port: 2006 });
    expect(errorName(it.tryOpen({ encapsPort, port: 2006 }))).toBe('EADDRINUSE');
  });

  test('the UDP port stays while one of its sockets is open', async () => {
    const it = new StackUnderTest();
    const encapsPort = await freeUdpPort();
    const first = it.socket({ encapsPort });
    const second = it.socket({ encapsPort });
    it.close(first);
    expect(errorName(new StackUnderTest().tryOpen({ port: encapsPort }))).toBe('EADDRINUSE');
    expect(it.stack.sockname(second)).toMatchObject({ udpPort: encapsPort });
  });
});

describe('a closed or unknown handle', () => {
  test('is EBADF, and closing it again changes nothing', () => {
    const it = new StackUnderTest();
    const socket = it.socket();
    const { stack } = it;
    it.close(socket);
    for (const handle of [socket, 12345]) {
      expect(errorName(stack.close(handle, false))).toBe('EBADF');
      expect(errorName(stack.sockname(handle) as number)).toBe('EBADF');
      expect(errorName(stack.connect(handle, ['127.0.0.1'], 9, true))).toBe('EBADF');
      expect(errorName(stack.peeloff(handle, 3))).toBe('EBADF');
      expect(stack.drain(handle)).toBe(0);
      expect(stack.queuedBytes(handle)).toEqual([0, 0]);
      expect(stack.send(handle, 3, 0, 0, 0, 0, 0, false, Buffer.from('x'))).toBeLessThan(0);
      expect(stack.listen(handle, 1)).toBeLessThan(0);
      expect(stack.setOption(handle, 5, 0, [1])).toBeLessThan(0);
      expect(stack.getOption(handle, 5, 0)).toBeLessThan(0);
    }
  });
});
