/**
 * What strangers can make a socket hold or wait for is bounded: floods of datagrams and of senders, errors of the network; and nothing is left of sockets, waits and
 * senders that are gone. Figures stand beside the tests.
 */
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { type UdpSocket, udp } from '../../actors/udp/index.js';
import { exit, mainActor, processInfo, type Self, send, spawn } from '../../runtime/index.js';
import { nextTurn } from '../support/waiting.js';
import { mailbox, next, open, texts } from './subject.js';

const self = mainActor();

test('a flood at an owner who reads nothing: at most 1 MiB and a message wait in the mailbox, the rest is with the kernel (UB-3, UM-5)', async () => {
  const sender = await open({ sndbuf: 1 << 20 });
  const pid = spawn(async (actor: Self) => {
    const socket = await udp.open(actor, 0, { ip: '127.0.0.1', recbuf: 1 << 20 });
    send(self.pid, ['opened', socket] as never);
    await actor.receive((message): message is never => (message as readonly unknown[])[0] === 'never');
  });
  const socket = (await next())[1] as UdpSocket;
  const data = Buffer.alloc(8192);
  for (let round = 0; round < 40; round += 1) {
    await Promise.all(Array.from({ length: 64 }, () => sender.send('127.0.0.1', socket.port, data)));
    await nextTurn();
  }
  const { mailboxBytes, mailboxLength } = processInfo(pid)!;
  expect(mailboxBytes).toBeLessThanOrEqual(1024 * 1024 + data.length);
  expect(mailboxLength).toBeLessThanOrEqual((1024 * 1024) / data.length + 1);
  // What the addon holds beside is what it had read at once: a piece of joined datagrams.
  expect(socket.info().queuedBytes[0]).toBeLessThanOrEqual(64 * 1024);
  exit(pid, 'kill');
  sender.close();
});

test('of 3000 senders each gets its answer, and the socket remembers none of them', async () => {
  const echo = await open({ recbuf: 1 << 20 });
  const answering = (async () => {
    for (let at = 0; at < 3000; at += 1) {
      const [ip, port, data] = await echo.recv();
      await echo.send(ip, port, data as Buffer);
    }
  })();
  for (let at = 0; at < 3000; at += 1) {
    const sender = await udp.open(self, 0, { ip: `127.0.${1 + (at >> 8)}.${1 + (at & 127)}`, active: false });
    await sender.send('127.0.0.1', echo.port, String(at));
    expect(await texts(sender, 1)).toEqual([String(at)]);
    sender.close();
  }
  await answering;
  expect(udp.openSockets()).toEqual([echo]);
  echo.close();
});

test('a peer that refuses everything costs a message for each datagram, and never a place in the count', async () => {
  const dead = await open();
  dead.close();
  const socket = await open({ active: 3 });
  await socket.connect('127.0.0.1', dead.port);
  let refused = 0;
  for (let at = 0; at < 200; at += 1) await socket.send('x').catch(() => (refused += 1));
  await nextTurn();
  await nextTurn();
  const errors = await mailbox();
  expect(errors.every((message) => message[0] === 'udp_error')).toBe(true);
  expect(errors.length + refused).toBeLessThanOrEqual(200);
  expect(errors.length + refused).toBeGreaterThan(0);
  expect(socket.getopts(['active'])).toEqual({ active: 3 });
  socket.close();
});

test('waits that end in any way leave no listener, and the slot is free (RV-5, RV-14)', async () => {
  const socket = await open();
  const kept = new AbortController();
  for (let at = 0; at < 50; at += 1) {
    await expect(socket.recv(0, { signal: kept.signal })).rejects.toMatchObject({ reason: 'timeout' });
    const abort = new AbortController();
    const waits = socket.recv(1000, { signal: abort.signal });
    abort.abort();
    await expect(waits).rejects.toMatchObject({ reason: 'aborted' });
    const answered = socket.recv(1000, { signal: kept.signal });
    await socket.send('127.0.0.1', socket.port, 'x', undefined, { signal: kept.signal });
    await answered;
  }
  expect(getEventListeners(kept.signal, 'abort')).toEqual([]);
  socket.close();
});

test('sockets are opened and closed by the thousand, with datagrams and calls under way (CL-1, RV-8)', async () => {
  const target = await open();
  for (let at = 0; at < 1000; at += 1) {
    const socket = await open({ active: at % 2 === 0 });
    const waits = at % 2 === 0 ? undefined : socket.recv();
    void socket.send('127.0.0.1', socket.port, 'x');
    void socket.send('127.0.0.1', target.port, 'y');
    if (at % 3 === 0) await nextTurn();
    socket.close();
    await waits?.catch((error: unknown) => expect(error).toMatchObject({ reason: 'closed' }));
  }
  await nextTurn();
  await mailbox();
  expect(udp.openSockets()).toEqual([target]);
  target.close();
});
