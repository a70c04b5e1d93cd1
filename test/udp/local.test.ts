/** Unix-domain datagrams: paths, abstract names, senders without a name, refusals, and a receiver that does not read (UO-9, TL-15..TL-17, UC-1). */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type UdpOpenOptions, udp } from '../../actors/udp/index.js';
import { mainActor } from '../../runtime/index.js';
import { next, texts } from './subject.js';

const self = mainActor();
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const folder = mkdtempSync(join(tmpdir(), 'mailport-udp-'));
const path = (name: string) => join(folder, name);
const open = (local: string | undefined, options: UdpOpenOptions = {}) =>
  udp.open(self, 0, { ...(local === undefined ? { local: true } : { ifaddr: { local } }), active: false, ...options });

afterAll(() => rmSync(folder, { recursive: true }));

test('datagrams go by path, and the sender is one (UO-9, TL-17)', async () => {
  const [one, two] = [await open(path('one')), await open(path('twö'))];
  expect(one.sockname()).toEqual({ local: path('one') });
  expect([one.port, one.info().family]).toEqual([0, 'local']);
  await one.send({ local: path('twö') }, 0, 'hello');
  const [from, port, data] = await two.recv();
  expect([from, port, String(data)]).toEqual([{ local: path('one') }, 0, 'hello']);
  one.setopts({ active: 'once' });
  await two.send(from, 0, 'back');
  expect(await next()).toEqual(['udp', one, { local: path('twö') }, 0, Buffer.from('back')]);
  one.close();
  two.close();
});

test('abstract names are no files; a sender without a name shows an empty path (UO-9, TL-15)', async () => {
  const name = `\0mailport-test-${process.pid}`;
  const [named, unnamed] = [await open(name), await open(undefined)];
  expect(named.sockname()).toEqual({ local: name });
  expect(unnamed.sockname()).toEqual({ local: '' });
  await unnamed.send({ local: name }, 0, 'x');
  expect(await named.recv()).toEqual([{ local: '' }, 0, Buffer.from('x')]);
  named.close();
  unnamed.close();
});

test('a path of bytes that are no UTF-8 can be answered', async () => {
  const name = `\0mailport-\udcff\udc80-${process.pid}`;
  const [odd, one] = [await open(name), await open(path('answers'))];
  await odd.send({ local: path('answers') }, 0, 'x');
  const [from] = await one.recv();
  expect(from).toEqual({ local: name });
  await one.send(from, 0, 'y');
  expect(await texts(odd, 1)).toEqual(['y']);
  odd.close();
  one.close();
});

test('the file stays after close, and is in the way; missing and dead ones are told (UO-9, TL-16)', async () => {
  const socket = await open(path('stays'));
  socket.close();
  expect(existsSync(path('stays'))).toBe(true);
  await expect(open(path('stays'))).rejects.toThrow(reason('eaddrinuse'));
  const sender = await open(undefined);
  await expect(sender.send({ local: path('stays') }, 0, 'x')).rejects.toThrow(reason('econnrefused'));
  await expect(sender.send({ local: path('never was') }, 0, 'x')).rejects.toThrow(reason('enoent'));
  await expect(sender.send('127.0.0.1', 9, 'x')).rejects.toThrow(reason('eafnosupport'));
  await expect(sender.connect({ local: path('never was') }, 0)).rejects.toThrow(reason('enoent'));
  await expect(open(join(folder, 'no', 'folder'))).rejects.toThrow(reason('enoent'));
  await expect(open(`/tmp/${'x'.repeat(120)}`)).rejects.toThrow(/einval .*longer than 107 bytes/);
  sender.close();
});

test('connected to a path (UC-1, UC-2)', async () => {
  const [peer, socket] = [await open(path('peer')), await open(path('connects'))];
  await socket.connect({ local: path('peer') }, 0);
  expect(socket.peername()).toEqual({ local: path('peer') });
  await socket.send('x');
  await expect(socket.send({ local: path('connects') }, 0, 'x')).rejects.toThrow(reason('eisconn'));
  expect(await peer.recv()).toEqual([{ local: path('connects') }, 0, Buffer.from('x')]);
  socket.disconnect();
  await expect(socket.send('x')).rejects.toThrow(reason('einval'));
  peer.close();
  socket.close();
});

test('a receiver that does not read makes sends wait, in order; an abort withdraws, close ends them', async () => {
  const [reader, sender] = [await open(path('reader')), await open(undefined)];
  const aborted = new AbortController();
  const sends: Promise<void>[] = [];
  for (let at = 0; at < 400; at += 1) sends.push(sender.send({ local: path('reader') }, 0, String(at)));
  await sends[0];
  expect(sender.info().waitingSends).toBeGreaterThan(300);
  const withdrawn = sender.send({ local: path('reader') }, 0, 'withdrawn', undefined, { signal: aborted.signal });
  aborted.abort();
  await expect(withdrawn).rejects.toThrow(reason('aborted'));
  expect(await texts(reader, 400)).toEqual(Array.from({ length: 400 }, (_, at) => String(at)));
  await Promise.all(sends);
  const rest: Promise<void>[] = [];
  for (let at = 0; at < 400; at += 1) rest.push(sender.send({ local: path('reader') }, 0, String(at)));
  sender.close();
  await expect(rest.at(-1)).rejects.toThrow(reason('closed'));
  reader.close();
});

test('a receiver that does not read holds up nobody else', async () => {
  const [deaf, hears, sender] = [await open(path('deaf')), await open(path('hears')), await open(undefined)];
  const held: Promise<void>[] = [];
  for (let at = 0; at < 400; at += 1) held.push(sender.send({ local: path('deaf') }, 0, String(at)));
  for (let at = 0; at < 200; at += 1) {
    await sender.send({ local: path('hears') }, 0, String(at));
    expect(await texts(hears, 1)).toEqual([String(at)]);
  }
  expect(sender.info().waitingSends).toBeGreaterThan(300);
  expect(await texts(deaf, 400)).toEqual(Array.from({ length: 400 }, (_, at) => String(at)));
  await Promise.all(held);
  for (const socket of [deaf, hears, sender]) socket.close();
});

test('options of IP are not those of a local socket (TN-16)', async () => {
  const socket = await open(undefined, { recbuf: 100_000 });
  for (const options of [{ ttl: 5 }, { tos: 8 }, { multicastTtl: 2 }]) {
    expect(() => socket.setopts(options), JSON.stringify(options)).toThrow(reason('einval'));
  }
  expect(socket.getopts(['recbuf', 'ttl', 'tclass'])).toEqual({ recbuf: expect.any(Number) });
  socket.close();
});

test('a sender without a name is not taken for that of an earlier datagram, of any socket (UO-9)', async () => {
  const name = `\0mailport-unnamed-${process.pid}`;
  const [named, unnamed, ofIp] = [
    await open(name),
    await open(undefined),
    await udp.open(self, 0, { ip: '127.0.0.1', active: false }),
  ];
  await ofIp.send('127.0.0.1', ofIp.port, 'first');
  await ofIp.recv();
  for (const text of ['second', 'third']) await unnamed.send({ local: name }, 0, text);
  for (const text of ['second', 'third']) expect(await named.recv()).toEqual([{ local: '' }, 0, Buffer.from(text)]);
  await expect(named.send({ local: '' }, 0, 'answer')).rejects.toThrow('einval (the receiver has no path');
  for (const socket of [named, unnamed, ofIp]) socket.close();
});

test('a failure shows the path as it was given, and no port', async () => {
  const missing = path('földer/x');
  await expect(open(missing)).rejects.toThrow(`open ${missing}: enoent (`);
  const socket = await open(undefined);
  await expect(socket.send({ local: missing }, 0, 'x')).rejects.toThrow(`send ${missing}: enoent (`);
  await expect(socket.connect({ local: missing }, 0)).rejects.toThrow(`connect ${missing}: enoent (`);
  socket.close();
});
