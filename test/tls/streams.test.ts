/** A TLS socket is a socket like those of TCP: active modes, packets, handoff, back-pressure, and the ends of connections. */
import { once } from 'node:events';
import nodeTls from 'node:tls';
import { describe, expect, test } from 'vitest';
import { tcp, toDuplex } from '../../actors/tcp/index.js';
import { type SslMessage, type TlsSocket, type TlsUpgradeOptions, tls } from '../../actors/tls/index.js';
import { exit, type Pid, type Self, spawn } from '../../runtime/index.js';
import { ca, listen, local, mailbox, next, nextTurn, nodeClient, pair, plainClient, reason, self, until } from './subject.js';

/** A connection whose client is node:tls over `raw`, so that the test can act on the connection of TCP behind the back of TLS. */
async function overRaw(options: Omit<TlsUpgradeOptions, 'tls'>) {
  const listener = await tcp.listen(self, 0, { ip: '127.0.0.1', active: false });
  const raw = await tcp.connect(self, '127.0.0.1', listener.port, { active: false });
  const below = await listener.accept(self);
  await listener.close();
  const client = nodeTls.connect({ socket: toDuplex(raw), ca: ca.cert, servername: 'localhost' });
  client.on('error', () => undefined);
  const upgrading = tls.upgrade(self, below, { ...options, tls: { isServer: true, ...local } });
  const [server] = await Promise.all([upgrading, once(client, 'secureConnect')]);
  const close = async (): Promise<void> => {
    client.destroy();
    await Promise.all([raw.close(), server.close()]);
  };
  return { raw, client, server, close };
}

async function closeBoth({ server, client }: { server: TlsSocket; client: TlsSocket }): Promise<void> {
  await Promise.all([server.close(), client.close()]);
}

// FC-20, FC-21, FC-22, RV-1
test('messages are those of ssl, in every active mode, and the count is exact', async () => {
  const { server, client } = await pair({ packet: 1 }, { packet: 1, active: 'once' });
  for (const text of ['a', 'b', 'c', 'd', 'e', 'f']) await server.send(text);
  expect(await next()).toEqual(['ssl', 'a']);
  await nextTurn();
  expect(await mailbox()).toEqual([]);
  client.setopts({ active: 2 });
  expect([await next(), await next(), await next()]).toEqual([['ssl', 'b'], ['ssl', 'c'], ['ssl_passive']]);
  expect(String(await client.recv())).toBe('d');
  client.setopts({ active: true });
  expect([await next(), await next()]).toEqual([
    ['ssl', 'e'],
    ['ssl', 'f'],
  ]);
  await expect(client.recv()).rejects.toMatchObject({ reason: 'einval' });
  await server.close();
  expect(await next()).toEqual(['ssl_closed']);
  expect(client.isOpen).toBe(false);
});

// TM-5, TM-12, TM-22, TR-2, TR-5, TR-12
test('packet modes on the way out and in, exact lengths, lists, unrecv, and a mode that changes', async () => {
  for (const packet of [1, 2, 4, 'line'] as const) {
    const both = await pair({ packet }, { packet });
    await both.client.send(['one', packet === 'line' ? '\n' : []]);
    await both.client.send(packet === 'line' ? 'two\n' : 'two');
    const end = packet === 'line' ? '\n' : '';
    expect([String(await both.server.recv()), String(await both.server.recv())]).toEqual([`one${end}`, `two${end}`]);
    await closeBoth(both);
  }
  const both = await pair({ mode: 'list' });
  await both.client.send(Buffer.from('0123456789'));
  expect(await both.server.recv(3)).toEqual([48, 49, 50]);
  both.server.unrecv('xy');
  both.server.setopts({ mode: 'binary' });
  expect(String(await both.server.recv(4))).toBe('xy34');
  both.server.setopts({ packet: 'line', lineDelimiter: 55 });
  expect(String(await both.server.recv())).toBe('567');
  await expect(both.server.recv(2)).rejects.toMatchObject({ reason: 'einval' });
  await closeBoth(both);
});

// TM-9
test('a packet that is longer than packetSize ends the connection with emsgsize', async () => {
  const { server, client } = await pair({ packet: 4, packetSize: 10, active: true }, {});
  await client.send(Buffer.from('\0\0\0\x02ok\0\0\0\x0btoo long ...', 'latin1'));
  expect([await next(), await next(), await next()]).toEqual([['ssl', 'ok'], ['ssl_error', 'emsgsize'], ['ssl_closed']]);
  expect([server.isOpen, await reason(client.recv())]).toEqual([false, 'closed']);
  await client.close();
});

// TM-8
test('more than 64 MiB may be announced to a socket with `packetSize` alone', async () => {
  const announcement = Buffer.from('\x04\0\0\x01begin', 'latin1');
  const [bounded, larger] = [await pair({ packet: 4, active: true }), await pair({ packet: 4, packetSize: 0x4000001 })];
  await Promise.all([bounded.client.send(announcement), larger.client.send(announcement)]);
  expect([await next(), await next(), bounded.server.isOpen]).toEqual([['ssl_error', 'emsgsize'], ['ssl_closed'], false]);
  await until(() => larger.server.info().queuedBytes[0] === announcement.length);
  await Promise.all([bounded, larger].map(closeBoth));
});

// TA-9
test('accepted sockets take over the options of their listener, `active` with its count too', async () => {
  const listener = await listen({ packet: 2, active: 3, exitOnClose: false });
  const connecting = tls.connect(self, '127.0.0.1', listener.port, { active: false, packet: 2, tls: { ca: ca.cert } });
  const [server, client] = await Promise.all([listener.accept(self), connecting]);
  expect(server.getopts(['packet', 'active', 'exitOnClose', 'buffer'])).toEqual({
    packet: 2,
    active: 3,
    exitOnClose: false,
    buffer: 16_384,
  });
  for (const text of ['1', '2', '3', '4']) await client.send(text);
  expect([await next(), await next(), await next(), await next()]).toEqual([
    ['ssl', '1'],
    ['ssl', '2'],
    ['ssl', '3'],
    ['ssl_passive'],
  ]);
  expect(String(await server.recv())).toBe('4');
  await Promise.all([server.close(), client.close(), listener.close()]);
});

// CP-10, CP-11, OW-1
test('handed over 100 times in mid-stream nothing is lost, doubled or reordered; then it ends with its owner', async () => {
  const { server, client } = await pair({ packet: 2, active: true }, { packet: 2 });
  const owners = 100;
  const share = 20;
  const seen: number[] = [];
  const over = new Promise<Pid>((resolve) => {
    const owner = (place: number): Pid<readonly ['yours']> =>
      spawn(async (of: Self<SslMessage | readonly ['yours']>) => {
        await of.receive((message) => message[0] === 'yours');
        for (let left = share; left > 0; left -= 1) {
          const [, , data] = (await of.receive((message) => message[0] === 'ssl')) as readonly unknown[];
          seen.push(Number(String(data)));
        }
        if (place + 1 < owners) server.controllingProcess(of, owner(place + 1), { message: ['yours'] });
        else {
          resolve(of.pid);
          await of.receive(() => false);
        }
      });
    server.controllingProcess(self, owner(0), { message: ['yours'] });
  });
  for (let index = 0; index < owners * share; index += 1) await client.send(String(index));
  const last = await over;
  expect(seen).toEqual(Array.from({ length: owners * share }, (_, index) => index));
  expect(server.owner).toBe(last);
  exit(last, 'kill');
  expect([await reason(client.recv()), server.isOpen]).toEqual(['closed', false]);
  await client.close();
});

describe('back-pressure', () => {
  test('a passive socket leaves the connection unread: the peer stops, and what is held is bounded', async () => {
    const listener = await listen({ recbuf: 65_536 });
    const accepting = listener.accept(self);
    const client = await nodeClient(listener);
    const server = await accepting;
    const piece = Buffer.alloc(65_536, 'x');
    let written = 0;
    for (let quiet = 0; quiet < 100; quiet += 1) {
      if (client.writableLength < piece.length) {
        client.write(piece);
        written += piece.length;
        quiet = 0;
      }
      await nextTurn();
    }
    expect(client.writableLength).toBeGreaterThan(0);
    expect(server.info().queuedBytes[0]).toBeLessThanOrEqual(256 * 1024);
    client.end();
    let came = 0;
    for await (const data of server) came += data.length;
    expect(came).toBe(written);
    await Promise.all([server.close(), listener.close()]);
  });

  test('a peer that never reads makes send wait, and what waits is bounded; then all arrives', async () => {
    const listener = await listen({ sndbuf: 65_536 });
    const accepting = listener.accept(self);
    const client = await nodeClient(listener);
    const server = await accepting;
    client.pause();
    const piece = Buffer.alloc(16_384, 'y');
    let sent = 0;
    const sending = (async () => {
      for (; sent < 4000 * piece.length; sent += piece.length) await server.send(piece);
    })();
    let before = -1;
    for (let quiet = 0; quiet < 100; quiet += 1) {
      if (sent !== before) quiet = 0;
      before = sent;
      await nextTurn();
    }
    expect([sent < 4000 * piece.length, server.info().waitingSends]).toEqual([true, 1]);
    expect(server.info().queuedBytes[1]).toBeLessThanOrEqual(8192 + piece.length);
    let came = 0;
    client.on('data', (data: Buffer) => (came += data.length)).resume();
    await sending;
    await until(() => came === 4000 * piece.length);
    client.destroy();
    await Promise.all([server.close(), listener.close()]);
  });

  test('sendTimeout gives up the send, and not the connection', async () => {
    const listener = await listen({ sndbuf: 65_536, sendTimeout: 20 });
    const accepting = listener.accept(self);
    const client = await nodeClient(listener);
    const server = await accepting;
    client.pause();
    const outcome = await reason(
      (async () => {
        for (;;) await server.send(Buffer.alloc(100_000));
      })(),
    );
    expect([outcome, server.isOpen]).toEqual(['timeout', true]);
    client.destroy();
    server.setopts({ linger: [true, 0] });
    await Promise.all([server.close(), listener.close()]);
  });
});

describe('ends', () => {
  test('close sends what was sent before, and then close_notify', async () => {
    const listener = await listen();
    const accepting = listener.accept(self);
    const client = await nodeClient(listener);
    const server = await accepting;
    const bytes = 1_000_000;
    await server.send(Buffer.alloc(bytes, 'z'));
    let came = 0;
    client.on('data', (data: Buffer) => (came += data.length));
    const ended = once(client, 'end');
    await server.close();
    await ended;
    expect([came, server.isOpen]).toEqual([bytes, false]);
    client.destroy();
    await listener.close();
  });

  test('half closed: the other direction lives on', async () => {
    const { server, client } = await pair({ exitOnClose: false }, { exitOnClose: false });
    await client.send('question');
    client.shutdown('write');
    expect(String(await server.recv(8))).toBe('question');
    expect(await reason(server.recv())).toBe('closed');
    await server.send('answer');
    expect(String(await client.recv(6))).toBe('answer');
    expect(await reason(client.send('more'))).toBe('closed');
    await closeBoth({ server, client });
  });

  test('a peer that ends TCP without close_notify, as Node tells it: an ordinary end. A reset is econnreset, if asked for', async () => {
    for (const [how, expected] of [
      ['end', 'closed'],
      ['reset', 'econnreset'],
    ] as const) {
      const { raw, client, server, close } = await overRaw({ active: false, showEconnreset: true });
      client.write('last words');
      expect(String(await server.recv(10))).toBe('last words');
      if (how === 'reset') raw.setopts({ linger: [true, 0] });
      await raw.close();
      expect(await reason(server.recv())).toBe(expected);
      await close();
    }
  });

  // TC-16
  test('linger of no time drops what is queued, and resets the connection below at once', async () => {
    const listener = await tcp.listen(self, 0, { ip: '127.0.0.1', active: false });
    const below = await tcp.connect(self, '127.0.0.1', listener.port, { active: false });
    const raw = await listener.accept(self);
    const [client, server] = await Promise.all([
      tls.upgrade(self, below, { showEconnreset: true, tls: { ca: ca.cert, servername: 'localhost' } }),
      tls.upgrade(self, raw, { tls: { isServer: true, ...local } }),
    ]);
    await server.send('first');
    expect(String(await client.recv(5))).toBe('first');
    const sends = [1, 2, 3].map(() => reason(server.send(Buffer.alloc(8_000_000))));
    await until(() => server.info().waitingSends > 0);
    server.setopts({ linger: [true, 0] });
    const closing = server.close();
    // Nothing below waits for the peer, who has read none of it.
    expect([server.isOpen, raw.isOpen]).toEqual([false, false]);
    await closing;
    expect(new Set(await Promise.all(sends))).toEqual(new Set(['undefined', 'closed']));
    let came = 0;
    const end = await (async () => {
      for (;;) came += (await client.recv()).length;
    })().catch((error: { reason: string }) => error.reason);
    expect(end).toBe('econnreset');
    expect(came).toBeLessThan(16_000_000);
    await Promise.all([client.close(), listener.close()]);
  });

  test('garbage after the handshake: tls_alert, whose words are in `alert`', async () => {
    const { raw, server, close } = await overRaw({ active: true });
    await raw.send('\x17\x03\x03\0\x20 this is no record that anybody has made');
    expect([await next(), await next()]).toEqual([['ssl_error', 'tls_alert'], ['ssl_closed']]);
    expect(server.alert).toMatch(/bad record mac|decryption failed/);
    await close();
  });

  test('calls that wait are raced against close and against the owner’s end', async () => {
    for (const how of ['close', 'kill'] as const) {
      const { server, client } = await pair({ sndbuf: 65_536 });
      const owner: Pid = spawn((of: Self) => of.receive(() => false));
      const sends = [1, 2, 3].map(() => reason(server.send(Buffer.alloc(8_000_000))));
      const recv = reason(server.recv());
      server.controllingProcess(self, owner);
      if (how === 'close') void server.close();
      else exit(owner, 'kill');
      expect(await recv).toBe('closed');
      expect((await Promise.all(sends)).slice(1)).toEqual(['closed', 'closed']);
      expect(await reason(server.send('x'))).toBe('closed');
      await client.close();
      exit(owner, 'kill');
    }
  });
});

test('toDuplex over a TLS socket, and options of TCP go to the socket below', async () => {
  const { server, client } = await pair();
  client.setopts({ nodelay: true, keepalive: true });
  expect(client.getopts(['nodelay', 'keepalive'])).toEqual({ nodelay: true, keepalive: true });
  const duplex = toDuplex(server);
  await client.send('over');
  expect(String((await once(duplex, 'data'))[0])).toBe('over');
  duplex.end('and out');
  expect(String(await client.recv(7))).toBe('and out');
  expect(await reason(client.recv())).toBe('closed');
  await client.close();
  await until(() => duplex.destroyed);
});

test('closing the listener ends the calls that wait for a connection; handshakes that have begun go on', async () => {
  const listener = await listen();
  const silent = await plainClient(listener);
  const begun = reason(listener.accept(self));
  const waiting = reason(listener.accept(self));
  await until(() => tls.openSockets().length === 2);
  await listener.close();
  expect(await waiting).toBe('closed');
  silent.destroy();
  expect(await begun).toMatch(/closed|econnreset/);
});
