/** Authenticated chunks (RFC 4895), as far as applications see them. Packets, HMACs and hostile peers are the subject of the C++ tests. */
import { beforeEach, expect, test } from 'vitest';
import { type SctpOptions, type SctpSocket, SocketError } from '../../actors/sctp/index.js';
import { mainActor } from '../../runtime/index.js';
import { connected, contentWord, overStacks, word } from './subjects.js';

const self = mainActor();
const offered = { sctpAuthSupported: { assocValue: true } } as const;
const einval = (text = '') =>
  expect.objectContaining({ name: 'SocketError', reason: 'einval', message: expect.stringContaining(text) });

overStacks((sctp, name) => {
  const withKey = (key: string, more: SctpOptions = {}): SctpOptions => ({
    ...offered,
    sctpAuthChunk: ['data'],
    sctpAuthKey: { keyNumber: 1, key },
    sctpAuthActiveKey: { keyNumber: 1 },
    ...more,
  });
  const next = async (socket: SctpSocket): Promise<unknown> => (await socket.recv())[3];

  beforeEach(async (context) => {
    if (name === 'simulated') context.skip('the simulated stack has no chunks');
    const probe = await sctp.open(self, 0, { ip: '127.0.0.1' });
    try {
      probe.setopts(offered);
    } catch (error) {
      if (!(error instanceof SocketError && error.reason === 'enotsup')) throw error;
      context.skip('this kernel lets no socket ask for it: Linux 5.4 or later does');
    } finally {
      probe.close();
    }
  });

  test('no end authenticates unless both have asked for it, and who asked in vain is told (RFC 4895 §6.1, RFC 6458 §6.1.8)', async () => {
    for (const [atServer, atClient] of [
      [true, true],
      [true, false],
      [false, true],
    ] as const) {
      const on = (is: boolean): SctpOptions => ({
        sctpAuthSupported: { assocValue: is },
        ...(is ? { sctpAuthChunk: ['data'] } : {}),
      });
      const ends = await connected(sctp, on(atServer), { ...on(atClient), sctpEvents: { authenticationEvent: true } });
      const { server, client, atServer: there, atClient: assocId } = ends;
      const both = atServer && atClient;
      const read = client.getopts([
        ['sctpAuthSupported', { assocId }],
        ['sctpPeerAuthChunks', { assocId }],
        ['sctpLocalAuthChunks', { assocId }],
      ]);
      expect(read.sctpAuthSupported?.assocValue).toBe(both);
      expect([read.sctpPeerAuthChunks?.chunks, read.sctpLocalAuthChunks?.chunks]).toEqual(
        both ? [['data'], ['data']] : [undefined, undefined],
      );
      if (!both)
        expect(await next(client)).toEqual({ type: 'sctp_authentication_event', indication: 'no_auth', keyNumber: 0, assocId });
      await client.send(assocId, 0, 'up');
      await server.send(there, 0, 'down');
      expect([word(await server.recv()), word(await client.recv())]).toEqual(['data:up', 'data:down']);
      client.close();
      server.close();
    }
  });

  test('messages arrive by keys that both ends know, another key is told once it is used, and one that is no longer used (RFC 6458 §8.3)', async () => {
    const subscribed = { sctpEvents: { authenticationEvent: true } };
    const { server, client, atServer, atClient } = await connected(
      sctp,
      withKey('first', subscribed),
      withKey('first', subscribed),
    );
    await client.send(atClient, 0, Buffer.alloc(100_000, 'a'));
    expect(word(await server.recv())).toHaveLength(100_005);
    for (const [socket, assocId] of [
      [server, atServer],
      [client, atClient],
    ] as const)
      socket.setopts({ sctpAuthKey: { assocId, keyNumber: 7, key: Buffer.from([1, 2, 3, 4, 5]) } });
    client.setopts({ sctpAuthActiveKey: { assocId: atClient, keyNumber: 7 } });
    expect(client.getopts([['sctpAuthActiveKey', { assocId: atClient }]])).toEqual({
      sctpAuthActiveKey: { type: 'sctp_authkeyid', assocId: atClient, keyNumber: 7 },
    });
    await client.send(atClient, 0, 'b');
    expect(await next(server)).toEqual({
      type: 'sctp_authentication_event',
      indication: 'new_key',
      keyNumber: 7,
      assocId: atServer,
    });
    expect(word(await server.recv())).toBe('data:b');
    expect(() => client.setopts({ sctpAuthDeactivateKey: { assocId: atClient, keyNumber: 7 } })).toThrow(einval());
    expect(() => client.setopts({ sctpAuthDeleteKey: { assocId: atClient, keyNumber: 9 } })).toThrow(einval());
    client.setopts({ sctpAuthDeactivateKey: { assocId: atClient, keyNumber: 1 } });
    expect(await next(client)).toEqual({
      type: 'sctp_authentication_event',
      indication: 'free_key',
      keyNumber: 1,
      assocId: atClient,
    });
    client.setopts({ sctpAuthDeleteKey: { assocId: atClient, keyNumber: 1 } });
    client.close();
    server.close();
  });

  test('without the key nobody gets in where COOKIE ECHO has to be authenticated', async (context) => {
    if (name === 'kernel')
      context.skip('a kernel that listens drops each COOKIE ECHO that is authenticated, also of a kernel (Linux 6.1)');
    const server = await sctp.open(self, 0, { ip: '127.0.0.1', ...withKey('right', { sctpAuthChunk: ['cookie_echo', 'data'] }) });
    await server.listen(true);
    const init = { maxAttempts: 1, maxInitTimeo: 100 };
    const stranger = await sctp.open(self, 0, { ip: '127.0.0.1', sctpInitmsg: init, ...withKey('wrong') });
    await expect(stranger.connect('127.0.0.1', server.port)).rejects.toMatchObject({ reason: 'cant_assoc' });
    const friend = await sctp.open(self, 0, { ip: '127.0.0.1', ...withKey('right') });
    await friend.connect('127.0.0.1', server.port);
    expect(contentWord((await server.recv())[3])).toBe('comm_up');
    for (const socket of [stranger, friend, server]) socket.close();
  });

  test('an association without it, and a socket that does not offer it, take no keys and no lists, and say why', async () => {
    const { server, client, atClient } = await connected(sctp);
    for (const options of [
      { sctpAuthChunk: ['data'] },
      { sctpHmacIdent: ['sha1'] },
      { sctpAuthKey: { keyNumber: 1, key: 'x' } },
      { sctpAuthActiveKey: { keyNumber: 0 } },
      { sctpAuthDeleteKey: { keyNumber: 1 } },
      { sctpAuthKey: { assocId: atClient, keyNumber: 1, key: 'x' } },
    ] as const)
      expect(() => client.setopts(options)).toThrow(einval('eacces: chunks are not authenticated here: set sctpAuthSupported'));
    expect(
      client.getopts([
        'sctpHmacIdent',
        'sctpAuthActiveKey',
        'sctpLocalAuthChunks',
        ['sctpPeerAuthChunks', { assocId: atClient }],
      ]),
    ).toEqual({});
    client.close();
    server.close();
  });

  test('the lists of a socket: chunks are added, HMACs replaced; and options set together are set in the order that they need', async () => {
    const inAnyOrder: SctpOptions = {
      sctpAuthActiveKey: { keyNumber: 3 },
      sctpAuthKey: { keyNumber: 3, key: 'y' },
      sctpHmacIdent: ['sha1'],
      sctpAuthChunk: ['data'],
      ...offered,
    };
    const socket = await sctp.open(self, 0, { ip: '127.0.0.1', ...inAnyOrder });
    expect(socket.getopts(['sctpHmacIdent', 'sctpAuthActiveKey'])).toMatchObject({
      sctpHmacIdent: ['sha1'],
      sctpAuthActiveKey: { keyNumber: 3 },
    });
    socket.setopts({ sctpAuthChunk: ['sack', 0x82, 200] });
    socket.setopts({ sctpHmacIdent: ['sha1', 'sha256'] });
    const read = socket.getopts([
      'sctpLocalAuthChunks',
      'sctpHmacIdent',
      'sctpAuthActiveKey',
      'sctpAuthSupported',
      'sctpAuthChunk',
      'sctpAuthKey',
    ]);
    expect(read).toEqual({
      sctpLocalAuthChunks: { type: 'sctp_authchunks', assocId: 0, chunks: ['data', 'sack', 're_config', 200] },
      sctpHmacIdent: ['sha1', 'sha256'],
      sctpAuthActiveKey: { type: 'sctp_authkeyid', assocId: 0, keyNumber: 3 },
      sctpAuthSupported: { type: 'sctp_assoc_value', assocId: 0, assocValue: true },
    });
    socket.close();
  });

  test('wrong values are mistakes of the caller', async () => {
    const socket = await sctp.open(self, 0, { ip: '127.0.0.1', ...offered });
    for (const [options, argument] of [
      [{ sctpAuthChunk: [] }, 'options.sctpAuthChunk'],
      [{ sctpAuthChunk: ['data', 'init'] }, 'options.sctpAuthChunk[1]'],
      [{ sctpAuthChunk: [14] }, 'options.sctpAuthChunk[0]'],
      [{ sctpAuthChunk: 'data' }, 'options.sctpAuthChunk'],
      [{ sctpHmacIdent: ['sha256'] }, 'options.sctpHmacIdent'],
      [{ sctpHmacIdent: ['sha1', 'md5'] }, 'options.sctpHmacIdent'],
      [{ sctpHmacIdent: ['sha1', 'sha1'] }, 'options.sctpHmacIdent'],
      [{ sctpAuthKey: { keyNumber: 1, key: '' } }, 'options.sctpAuthKey.key'],
      [{ sctpAuthKey: { keyNumber: 1, key: Buffer.alloc(1025) } }, 'options.sctpAuthKey.key'],
      [{ sctpAuthKey: { keyNumber: 65_536, key: 'x' } }, 'options.sctpAuthKey.keyNumber'],
      [{ sctpAuthKey: { key: 'x' } }, 'options.sctpAuthKey.keyNumber'],
      [{ sctpAuthDeleteKey: {} }, 'options.sctpAuthDeleteKey.keyNumber'],
      [{ sctpAuthActiveKey: { keyNumber: -1 } }, 'options.sctpAuthActiveKey.keyNumber'],
    ] as const)
      expect(() => socket.setopts(options as never)).toThrow(expect.objectContaining({ name: 'BadArg', argument }));
    socket.close();
  });
});
