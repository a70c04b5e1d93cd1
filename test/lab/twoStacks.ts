/** What holds between the kernel's stack and the embedded one, whatever carries their packets. */
import { expect, test } from 'vitest';
import type { Peer } from './peers.js';

/** A client and a server, and the association as each of them names it. */
export interface Ends {
  readonly client: Peer;
  readonly server: Peer;
  readonly atFrom: number;
  readonly atTo: number;
}

/** Declares tests, each of which associates a client and a server by `ends`. */
export function exchanges(ends: () => Promise<Ends>): void {
  test('messages with all they carry, up to a megabyte, travel both ways, and eof ends it', async () => {
    const { client, server, atFrom, atTo } = await ends();
    const directions = [
      [client, atFrom, server],
      [server, atTo, client],
    ] as const;
    for (const [from, id, to] of directions) {
      await from.socket.send({ assocId: id, stream: 2, ppid: 46 }, 'ordered');
      expect((await to.next()).slice(2)).toMatchObject([[{ stream: 2, ppid: 46, flags: [], ssn: 0 }], Buffer.from('ordered')]);
      await from.socket.send({ assocId: id, stream: 1, flags: ['unordered'] }, 'unordered');
      expect((await to.next()).slice(2)).toMatchObject([[{ stream: 1, flags: ['unordered'] }], Buffer.from('unordered')]);
      from.socket.setopts({ sndbuf: 4 * 2 ** 20 });
      const large = Buffer.from(Uint8Array.from({ length: 2 ** 20 }, (_, at) => (at * 17 + (at >> 8)) % 251));
      await from.socket.send(id, 0, large);
      const [, , , data] = await to.next();
      expect(Buffer.isBuffer(data) && data.equals(large)).toBe(true);
    }
    await client.socket.eof(atFrom);
    expect(await server.words(2)).toEqual(['shutdown_event', 'shutdown_comp']);
    expect(await client.words(1)).toEqual(['shutdown_comp']);
  });

  test('an abort by either end is comm_lost with its cause at both (EV-12, EV-17)', async () => {
    for (const who of ['client', 'server'] as const) {
      const the = await ends();
      await the[who].socket.abort(who === 'client' ? the.atFrom : the.atTo);
      expect((await the.client.change('comm_lost')).error).toBe(12);
      expect((await the.server.change('comm_lost')).error).toBe(12);
    }
  });
}
