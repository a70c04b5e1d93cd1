/** What a socket says of itself and its peers, and the texts of cause codes (MH, OW-7, ES). */
import { expect, test } from 'vitest';
import { BadArg, mainActor } from '../../runtime/index.js';
import { connected, overStacks, pair } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();

overStacks((sctp, name) => {
  test('sockname, socknames, peername and peernames tell addresses of the socket, of associations and of peers (MH-10..MH-12, MH-14)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    expect(server.sockname()).toEqual(['127.0.0.1', server.port]);
    expect(server.socknames()).toEqual([['127.0.0.1', server.port]]);
    expect([server.socknames(atServer), server.socknames(0)]).toEqual([server.socknames(), server.socknames()]);
    expect(() => server.socknames(999)).toThrow(reason('einval'));
    expect(server.peernames(atServer)).toEqual([['127.0.0.1', client.port]]);
    expect(client.peername(atClient)).toEqual(['127.0.0.1', server.port]);
    expect(() => client.peername()).toThrow(reason('enotconn'));
    expect(() => client.peernames(999)).toThrow(reason('einval'));
    expect(() => client.peernames('x' as never)).toThrow(BadArg);
    client.close();
    server.close();
  });

  test('a socket shows itself in a word, and info tells the rest (OW-7)', async () => {
    const { server, client } = await pair(sctp, { active: 3 });
    const { inspect } = await import('node:util');
    expect(inspect(server)).toMatch(/^#Port<\d+>$/);
    expect(server.info()).toEqual({
      owner: self.pid,
      stack: name === 'kernel' ? 'kernel' : 'embedded',
      type: 'seqpacket',
      port: server.port,
      active: 3,
      queuedBytes: [0, 0],
      held: { bytes: 0, ofEnded: 0 },
      sending: { bytes: 0 },
      waitingSends: 0,
      waitingConnects: 0,
      waitingAccepts: 0,
      ...(name === 'embedded' ? { associations: { open: 0, refused: 0 } } : {}),
    });
    client.close();
    server.close();
  });

  test('errorString knows the causes of RFC 9260 (ES, ES-1)', () => {
    expect(Array.from({ length: 14 }, (_, code) => sctp.errorString(code))).toEqual([
      'ok',
      'Invalid Stream Identifier',
      'Missing Mandatory Parameter',
      'Stale Cookie Error',
      'Out of Resource',
      'Unresolvable Address',
      'Unrecognized Chunk Type',
      'Invalid Mandatory Parameter',
      'Unrecognized Parameters',
      'No User Data',
      'Cookie Received While Shutting Down',
      'Restart of an Association with New Addresses',
      'User Initiated Abort',
      'Protocol Violation',
    ]);
    expect([-1, 14, 3072].map((code) => sctp.errorString(code))).toEqual(['unknown_error', 'unknown_error', 'unknown_error']);
    expect(() => sctp.errorString('12' as never)).toThrow(BadArg);
    expect(() => sctp.errorString(1.5)).toThrow(BadArg);
  });
});
