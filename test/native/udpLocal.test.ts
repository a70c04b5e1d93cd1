/** Unix-domain datagrams in the addon: paths in place of addresses, and receivers that are full. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inetFamily, inetOption, udpKind, unlimitedCredit } from '../../native/index.js';
import { outcome, UdpUnderTest } from './udpUnderTest.js';

/** A folder for the paths of sockets, removed when the test ends. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'mailport-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe('local sockets', () => {
  // UO-9.
  test('have paths; the file stays, and a sender without a path shows as none', async () => {
    const it = new UdpUnderTest();
    const path = join(folder(), 'socket');
    const bound = it.socket(path);
    expect(it.name(bound)).toEqual({ family: inetFamily.local, address: path, port: 0 });
    const unbound = it.unbound({ family: inetFamily.local });
    expect(it.name(unbound)).toMatchObject({ address: '' });
    expect(it.send(unbound, { path }, 'from nobody')).toBe('ok');
    expect(it.send(bound, { path }, 'from me')).toBe('ok');
    expect(await it.next(bound)).toMatchObject({ family: inetFamily.local, address: '', data: Buffer.from('from nobody') });
    expect(await it.next(bound)).toMatchObject({ family: inetFamily.local, address: path, data: Buffer.from('from me') });
    expect(outcome(it.stack.bind(unbound, path, 0))).toBe('EADDRINUSE');
    expect(it.send(unbound, { path: `${path}2` }, 'x')).toBe('ENOENT');
    it.close(bound);
    expect(it.send(unbound, { path }, 'x')).toBe('ECONNREFUSED');
    expect(existsSync(path)).toBe(true);
  });

  test.skipIf(process.platform !== 'linux')('have abstract names, byte by byte', async () => {
    const it = new UdpUnderTest();
    const name = `\0mailport\xff${process.pid}`;
    const socket = it.socket(name);
    expect(it.name(socket).address).toBe(name);
    it.send(socket, { path: name }, Buffer.alloc(5000, 'x'));
    expect(await it.next(socket)).toMatchObject({ address: name, data: Buffer.alloc(5000, 'x') });
  });

  test('take datagrams that are longer than those of IP', async () => {
    const it = new UdpUnderTest();
    const path = join(folder(), 'socket');
    const socket = it.socket(path);
    expect(it.set(socket, inetOption.buffer, 200_000)).toBe('ok');
    const data = Buffer.alloc(150_000, 'long');
    expect(
      it.sendMany(socket, [
        [{ path }, data],
        [{ path }, 'short'],
      ]),
    ).toEqual(['ok', 'ok']);
    const item = await it.next(socket);
    expect([item.address, item.flags, item.data.equals(data)]).toEqual([path, 0, true]);
    expect(await it.texts(socket, 1)).toEqual(['short']);
  });

  test('wait for a receiver that does not read, and are told when it does', async () => {
    const it = new UdpUnderTest();
    const path = join(folder(), 'socket');
    const [to, from] = [it.socket(path), it.unbound({ family: inetFamily.local })];
    it.stack.setCredit(to, 0, unlimitedCredit);
    let sent = 0;
    for (;;) {
      const answer = it.send(from, { path }, 'x');
      if (answer !== 'ok') {
        expect(answer).toBe('EAGAIN');
        break;
      }
      sent += 1;
    }
    // The socket itself has room, so the poll tells so at once; afterwards it is tried now and then.
    for (let times = 0; times < 3; times += 1) {
      await it.next(from, udpKind.writable);
      expect(it.send(from, { path }, 'x')).toBe('EAGAIN');
    }
    it.stack.setCredit(to, unlimitedCredit, unlimitedCredit);
    await it.texts(to, sent);
    await it.next(from, udpKind.writable);
    expect(it.send(from, { path }, 'at last')).toBe('ok');
    expect(await it.texts(to, 1)).toEqual(['at last']);
  });

  // TL-15.
  test('refuse paths that are too long, and ports', () => {
    const it = new UdpUnderTest();
    const socket = it.unbound({ family: inetFamily.local });
    expect(outcome(it.stack.bind(socket, `/${'x'.repeat(119)}`, 0))).toBe('EINVAL');
    expect(outcome(it.stack.bind(socket, '/tmp/x', 1))).toBe('EINVAL');
    expect(it.send(socket, { path: `/${'x'.repeat(108)}` }, 'x')).toBe('EINVAL');
  });
});
