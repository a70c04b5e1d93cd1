/** What a handshake settles (names, protocols, certificates, sessions), and how it fails: always with a reason, and a text that says why. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import nodeTls from 'node:tls';
import { describe, expect, test } from 'vitest';
import { type SocketError, tls } from '../../actors/tls/index.js';
import { exit, isAlive, mainActor, type Self, spawn } from '../../runtime/index.js';
import { ca, connect, listen, local, nextTurn, nodeClient, pair, plainClient, reason, self, stranger, until } from './subject.js';

const failed = (why: string, detail: RegExp) =>
  expect.objectContaining({ name: 'SocketError', reason: why, message: expect.stringMatching(detail) });

/** The error with which a promise rejects. */
const errorOf = (promise: Promise<unknown>): Promise<SocketError> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: SocketError) => error,
  );

test('info tells protocol, cipher, names and certificates; of both ends', async () => {
  const { server, client } = await pair();
  const [theirs, ours] = [server.info(), client.info()];
  expect(ours).toMatchObject({ protocol: 'TLSv1.3', authorized: true, alpn: undefined, isResumed: false, owner: self.pid });
  expect(ours.cipher).toMatch(/^TLS_/);
  expect(ours.peerCertificate).toMatchObject({
    subject: { CN: 'localhost' },
    subjectaltname: 'DNS:localhost, IP Address:127.0.0.1',
  });
  expect(theirs).toMatchObject({ protocol: 'TLSv1.3', cipher: ours.cipher, authorized: false, peerCertificate: undefined });
  expect([client.peername(), client.sockname()]).toEqual([server.sockname(), server.peername()]);
  expect([client.port, server.port]).toEqual([
    (client.sockname() as { port: number }).port,
    (client.peername() as { port: number }).port,
  ]);
  await Promise.all([server.close(), client.close()]);
});

test('by name: the name is asked for (SNI), and the certificate must be for it', async () => {
  const other = ca.issue('other', 'DNS:other.example');
  const listener = await listen({
    tls: {
      ...local,
      SNICallback: (name, done) => done(null, name === 'other.example' ? nodeTls.createSecureContext(other) : undefined),
    },
  });
  const both = async (servername?: string) => {
    const tlsOptions = { ca: ca.cert, ...(servername === undefined ? {} : { servername }) };
    const connecting = tls.connect(self, 'localhost', listener.port, { active: false, inet: true, tls: tlsOptions } as never);
    const [server, client] = await Promise.all([
      listener.accept(self).catch((error: Error) => error),
      connecting.catch((error: Error) => error),
    ]);
    const asked = server instanceof Error ? servername : server.info().servername;
    if (!(server instanceof Error)) await server.close();
    if (client instanceof Error) return [asked, client];
    const subject = client.info().peerCertificate?.subject.CN;
    await client.close();
    return [asked, subject];
  };
  expect(await both()).toEqual(['localhost', 'localhost']);
  expect(await both('other.example')).toEqual(['other.example', 'other']);
  expect(await both('nobody.example')).toEqual([
    'nobody.example',
    failed('tls_alert', /ERR_TLS_CERT_ALTNAME_INVALID.*nobody.example/),
  ]);
  await listener.close();
});

test('ALPN: both agree on a protocol, or the handshake fails with an alert that both tell of', async () => {
  const listener = await listen({ tls: { ...local, ALPNProtocols: ['h2', 'http/1.1'] } });
  for (const [offered, chosen] of [
    [['http/1.1'], 'http/1.1'],
    [['x', 'h2'], 'h2'],
  ] as const) {
    const [server, client] = await Promise.all([
      listener.accept(self),
      connect(listener, { tls: { ALPNProtocols: [...offered] } }),
    ]);
    expect([server.info().alpn, client.info().alpn]).toEqual([chosen, chosen]);
    await Promise.all([server.close(), client.close()]);
  }
  const both = [errorOf(listener.accept(self)), errorOf(connect(listener, { tls: { ALPNProtocols: ['gopher'] } }))];
  const [ofServer, ofClient] = await Promise.all(both);
  expect(ofServer).toEqual(failed('tls_alert', /no application protocol/));
  expect(ofClient).toEqual(failed('tls_alert', /alert no application protocol/));
  expect(ofClient!.cause).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' });
  await listener.close();
});

describe('certificates', () => {
  test('of the server: unknown authority, wrong name, and rejectUnauthorized: false', async () => {
    const listener = await listen();
    for (const [options, detail] of [
      [{ ca: stranger.cert }, /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER/],
      [{ servername: 'elsewhere.example' }, /ERR_TLS_CERT_ALTNAME_INVALID.*elsewhere/],
    ] as const) {
      // The client tells nobody why, and goes. The server may be done already.
      const accepted = listener.accept(self).then(
        async (server) => [await reason(server.recv()), await server.close()][0],
        (error: SocketError) => error.reason,
      );
      expect(await errorOf(connect(listener, { tls: options }))).toEqual(failed('tls_alert', detail));
      expect(await accepted).toBe('closed');
    }
    const [server, client] = await Promise.all([
      listener.accept(self),
      connect(listener, { tls: { ca: stranger.cert, rejectUnauthorized: false } }),
    ]);
    expect(client.info()).toMatchObject({ authorized: false, authorizationError: expect.stringMatching(/UNABLE_TO/) });
    await Promise.all([server.close(), client.close(), listener.close()]);
  });

  test('of the client: asked for, shown and checked', async () => {
    const listener = await listen({ tls: { ...local, requestCert: true, ca: ca.cert } });
    const mine = ca.issue('client one', 'DNS:client');
    const [server, client] = await Promise.all([listener.accept(self), connect(listener, { tls: mine })]);
    expect(server.info()).toMatchObject({ authorized: true, authorizationError: undefined });
    expect(server.info().peerCertificate?.subject.CN).toBe('client one');
    await Promise.all([server.close(), client.close()]);

    for (const shown of [{}, stranger.issue('fraud', 'DNS:fraud')]) {
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        const accepted = errorOf(listener.accept(self));
        const connecting = connect(listener, { tls: { ...shown, maxVersion }, showEconnreset: true });
        expect(await accepted).toEqual(failed('tls_alert', /certificate/));
        // With TLSv1.3 the client is done before the server has seen its certificate: it finds out by what it reads.
        const found = await connecting.then(
          async (socket) => [await reason(socket.recv()), await socket.close()][0],
          ({ reason: why }) => why,
        );
        expect(found).toMatch(/^(closed|tls_alert|econnreset)$/);
      }
    }
    await listener.close();
  });

  test('one that is not asked to be right: the server is told, and lets it in', async () => {
    const listener = await listen({ tls: { ...local, requestCert: true, rejectUnauthorized: false, ca: ca.cert } });
    const [server, client] = await Promise.all([
      listener.accept(self),
      connect(listener, { tls: stranger.issue('fraud', 'DNS:fraud') }),
    ]);
    expect(server.info()).toMatchObject({ authorized: false, authorizationError: expect.stringMatching(/UNABLE_TO/) });
    expect(server.info().peerCertificate?.subject.CN).toBe('fraud');
    await Promise.all([server.close(), client.close(), listener.close()]);
  });
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a session is taken up again (%s)', async (version) => {
  const listener = await listen({ tls: { ...local, maxVersion: version, minVersion: version } });
  const once = async (session?: Buffer) => {
    const [server, client] = await Promise.all([
      listener.accept(self),
      connect(listener, { tls: session === undefined ? {} : { session } }),
    ]);
    // The ticket of TLSv1.3 comes with, or before, the first data.
    await server.send('x');
    await client.recv();
    const facts = client.info();
    expect(facts).toMatchObject({ protocol: version, isResumed: session !== undefined });
    expect(server.info().isResumed).toBe(session !== undefined);
    await Promise.all([server.close(), client.close()]);
    return facts.session;
  };
  const session = await once();
  expect(session).toBeInstanceOf(Buffer);
  await once(session);
  await listener.close();
});

describe('a handshake that fails', () => {
  test('versions that do not meet', async () => {
    const listener = await listen({ tls: { ...local, minVersion: 'TLSv1.3' } });
    const [ofServer, ofClient] = await Promise.all([
      errorOf(listener.accept(self)),
      errorOf(connect(listener, { tls: { maxVersion: 'TLSv1.2' } })),
    ]);
    expect(ofServer).toEqual(failed('tls_alert', /unsupported protocol/));
    expect(ofClient).toEqual(failed('tls_alert', /alert protocol version/));
    await listener.close();
  });

  test('with one who speaks no TLS, or leaves: that call fails, and the listener goes on', async () => {
    const listener = await listen();
    for (const [act, why, detail] of [
      ['GET / HTTP/1.0\r\n\r\n', 'tls_alert', /http request/],
      ['nonsense nonsense nonsense', 'tls_alert', /wrong version number/],
      [undefined, 'closed', /ended the connection before/],
    ] as const) {
      const accepted = errorOf(listener.accept(self));
      const client = await plainClient(listener);
      if (act === undefined) client.destroy();
      else client.end(act);
      expect(await accepted).toEqual(failed(why, detail));
      client.destroy();
    }
    const accepted = errorOf(listener.accept(self));
    (await plainClient(listener)).resetAndDestroy();
    expect((await accepted).reason).toMatch(/^(closed|econnreset)$/);
    const [server, client] = await Promise.all([listener.accept(self), connect(listener)]);
    await Promise.all([server.close(), client.close(), listener.close()]);
  });

  test('with one who says nothing: timeout, on either side, and nobody else waits for it', async () => {
    const [listener, hasty] = [await listen(), await listen({ handshakeMs: 30 })];
    const silent = [await plainClient(listener), await plainClient(hasty)];
    const waiting = new AbortController();
    const slow = errorOf(listener.accept(self, waiting));
    // This one is served meanwhile.
    const [server, client] = await Promise.all([listener.accept(self), connect(listener)]);
    waiting.abort();
    expect((await slow).reason).toBe('aborted');
    expect(await errorOf(hasty.accept(self))).toEqual(failed('timeout', /accept/));
    await Promise.all([server, client, listener, hasty].map((socket) => socket.close()));
    await until(() => silent.every((each) => each.resume().readableEnded));
    for (const each of silent) each.destroy();
    // The other side: a server of TCP that never answers.
    const mute = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    expect(await errorOf(tls.connect(self, '127.0.0.1', port, {}, 30))).toEqual(failed('timeout', /connect/));
    const abort = new AbortController();
    const aborted = errorOf(tls.connect(self, '127.0.0.1', port, {}, 60_000, { signal: abort.signal }));
    await nextTurn();
    abort.abort();
    expect((await aborted).reason).toBe('aborted');
    // An actor that ends leaves nothing behind.
    const actor = spawn((own: Self) => tls.connect(own, '127.0.0.1', port));
    await until(() => tls.openSockets().length > 0 || !isAlive(actor));
    exit(actor, 'kill');
    await new Promise<void>((resolve) => mute.close(() => resolve()));
  });
});

test('peers of node:tls on either side', async () => {
  const listener = await listen();
  const accepting = listener.accept(self);
  const client = await nodeClient(listener);
  const server = await accepting;
  client.write('from node');
  expect(String(await server.recv(9))).toBe('from node');
  await server.send('to node');
  expect(String((await once(client, 'data'))[0])).toBe('to node');
  client.end();
  expect(await reason(server.recv())).toBe('closed');
  await server.close();
  await listener.close();
});

test('wrong arguments are BadArg, at once', async () => {
  const wrong = (argument: string) => expect.objectContaining({ name: 'BadArg', argument });
  expect(() => tls.listen(self, 0, {} as never)).toThrow(wrong('options.tls'));
  expect(() => tls.listen(self, 0, { tls: { cert: 'no certificate', key: 'none' } })).toThrow(wrong('options.tls'));
  expect(() => tls.listen(self, 0, { tls: local, handshakeMs: -1 })).toThrow(wrong('options.handshakeMs'));
  expect(() => tls.listen(self, -1, { tls: local })).toThrow(wrong('port'));
  expect(() => tls.listen(self, 0, { tls: local, packet: 3 } as never)).toThrow(wrong('options.packet'));
  expect(() => tls.connect(self, '127.0.0.1', 1, { tls: 7 } as never)).toThrow(wrong('options.tls'));
  expect(() => tls.connect(self, '127.0.0.1', 1, { tls: { minVersion: 'TLSv9' } } as never)).toThrow(wrong('options.tls'));
  // A connect has `timeoutMs` for everything.
  expect(() => tls.connect(self, '127.0.0.1', 1, { handshakeMs: 30 } as never)).toThrow(wrong('options.handshakeMs'));
  expect(() => tls.connect({} as never, '127.0.0.1', 1, {})).toThrow(wrong('self'));
  expect(() => tls.connect(self, '127.0.0.1', 1, {}, -1)).toThrow(wrong('timeoutMs'));
  expect(() => tls.connect(self, '127.0.0.1', 1, {}, 1, { signal: 1 } as never)).toThrow(wrong('options.signal'));
  expect(() => tls.upgrade(mainActor(), {} as never, {})).toThrow(wrong('socket'));
  await expect(tls.connect(self, '127.0.0.1', 1, {})).rejects.toMatchObject({ reason: 'econnrefused' });
});
