/** Several local addresses and several of a peer's, on loopback: added, taken away, connected to (MH-9, CN-30, CN-35). */
import { expect, test } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { asActor, overStacks, pair, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();
const [first, second, third] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;
const singleHomed = 'this stack has one address for each socket';

/** The next item of a passive socket that is no address event. */
async function next(socket: SctpSocket): Promise<readonly unknown[]> {
  for (;;) {
    const item = await socket.recv();
    if (word(item) !== 'sctp_paddr_change') return item;
  }
}

overStacks((sctp, name) => {
  const open = (options: object = {}) => sctp.open(self, 0, { ip: first, ...options });
  const ips = (socket: SctpSocket) => socket.socknames().map(([ip]) => ip);

  test('addresses come and go after open, by anybody; newcomers find the new ones (MH-9)', async ({ skip }) => {
    if (name === 'simulated') return skip(singleHomed);
    const { server, client } = await pair(sctp);
    await asActor(() => server.bindx([second, third], 'add'));
    expect(server.socknames()).toEqual([first, second, third].map((ip) => [ip, server.port]));
    expect((await client.connect(second, server.port)).state).toBe('comm_up');
    await server.bindx(first, 'remove');
    expect(ips(server)).toEqual([second, third]);
    const late = await open();
    await expect(late.connect(first, server.port)).rejects.toThrow(reason('cant_assoc'));
    expect((await late.connect(third, server.port)).state).toBe('comm_up');
    for (const socket of [late, client, server]) socket.close();
  });

  test('bindx takes all addresses of a list or none: one that is refused leaves the others as they were; an empty list does nothing (MH-9)', async ({
    skip,
  }) => {
    if (name === 'simulated') return skip(singleHomed);
    const socket = await open();
    await socket.bindx([], 'add');
    await socket.bindx([], 'remove');
    await expect(socket.bindx([second, '203.0.113.77'], 'add')).rejects.toThrow(reason('eaddrnotavail'));
    await expect(socket.bindx([second, first], 'add')).rejects.toThrow(reason('einval'));
    await expect(socket.bindx(first, 'remove')).rejects.toMatchObject({ reason: expect.stringMatching(/^(ebusy|einval)$/) });
    await expect(socket.bindx('::1', 'add')).rejects.toThrow(reason('eafnosupport'));
    expect(ips(socket)).toEqual([first]);
    socket.close();
    await expect(socket.bindx(second, 'add')).rejects.toThrow(reason('closed'));
  });

  test('a value that is no address, or neither add nor remove, throws BadArg (MH-9)', async () => {
    const socket = await open();
    for (const bad of [5, null, [5], [first, undefined], {}]) expect(() => socket.bindx(bad as never, 'add')).toThrow(BadArg);
    for (const bad of [undefined, 'ADD', true]) expect(() => socket.bindx(second, bad as never)).toThrow(BadArg);
    expect(ips(socket)).toEqual([first]);
    socket.close();
  });

  test('of the addresses that connectxInit is given the first is the primary one, and all become paths (CN-30, CN-35, MS-11)', async ({
    skip,
  }) => {
    if (name === 'simulated') return skip(singleHomed);
    const server = await open({ ip: [first, second, third] });
    await server.listen(true);
    for (const addresses of [
      [second, first],
      [first, third, second],
    ]) {
      const client = await open({ ip: [first, second] });
      const assocId = await client.connectxInit(addresses, server.port);
      expect(await next(client)).toMatchObject([addresses[0], server.port, [], { state: 'comm_up', assocId }]);
      const { sctpStatus } = client.getopts([['sctpStatus', { assocId }]]);
      expect(sctpStatus?.primary.address).toEqual([addresses[0], server.port]);
      expect(
        client
          .peernames(assocId)
          .map(([ip]) => ip)
          .sort(),
      ).toEqual([first, second, third]);
      await client.send(assocId, 0, 'x');
      await next(server);
      expect(word((await next(server)) as never)).toBe('data:x');
      await client.abort(assocId);
      const [, , , lost] = await next(server);
      expect(lost as SctpAssocChange).toMatchObject({ state: 'comm_lost' });
      client.close();
    }
    server.close();
  });
});
