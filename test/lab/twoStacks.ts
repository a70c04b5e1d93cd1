/** What holds between the kernel's stack and the embedded one, whatever carries their packets. */
import { describe, expect, test } from 'vitest';
import type { SctpOpenOptions } from '../../actors/sctp/openOptions.js';
import { cannot } from '../interop/cannot.js';
import { offering, SocketEnd } from '../interop/end.js';
import { matrix } from '../interop/matrix.js';
import type { Meeting, Wish } from '../interop/meeting.js';
import { nextTurn } from '../support/waiting.js';
import type { Host, Network } from './network.js';
import { impatient, Peer, patient } from './peers.js';

/** A client and a server, and the association as each of them names it. */
export interface Ends {
  readonly client: Peer;
  readonly server: Peer;
  readonly atFrom: number;
  readonly atTo: number;
}

const reconfigurable = {
  sctpReconfigSupported: { assocValue: true },
  sctpEnableStreamReset: { assocValue: ['streams', 'assoc', 'change'] },
  sctpEvents: { streamResetEvent: true, assocResetEvent: true, streamChangeEvent: true },
  sctpInitmsg: { numOstreams: 4, maxInstreams: 64 },
} as const satisfies SctpOpenOptions;

/** Declares tests, each of which associates a client and a server by `ends`. */
export function exchanges(ends: (options?: SctpOpenOptions) => Promise<Ends>): void {
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

  test('streams begin anew, are added, and all numbers begin anew, asked for by either end (RFC 6525)', async () => {
    const { client, server, atFrom, atTo } = await ends(reconfigurable);
    const directions = [
      [client, atFrom, server, atTo],
      [server, atTo, client, atFrom],
    ] as const;
    const numbers = async (from: Peer, id: number, to: Peer, stream: number) => {
      await from.socket.send({ assocId: id, stream }, 'numbered');
      return (await to.next())[2][0]?.ssn;
    };
    for (const [asks, id, answers, itsId] of directions) {
      const both = async (type: string, fields: object, itsFields: object) => {
        expect((await asks.next())[3]).toMatchObject({ type, ...fields });
        expect((await answers.next())[3]).toMatchObject({ type, ...itsFields });
      };
      await numbers(asks, id, answers, 1);
      await numbers(answers, itsId, asks, 1);
      await asks.socket.resetStreams(id, { direction: 'outgoing', streams: [1] });
      await both('sctp_stream_reset_event', { flags: ['outgoing'], streams: [1] }, { flags: ['incoming'], streams: [1] });
      expect(await numbers(asks, id, answers, 1)).toBe(0);
      await asks.socket.resetStreams(id, { direction: 'incoming', streams: [1] });
      await both('sctp_stream_reset_event', { flags: ['incoming'], streams: [1] }, { flags: ['outgoing'], streams: [1] });
      expect(await numbers(answers, itsId, asks, 1)).toBe(0);
      await asks.socket.addStreams(id, { outbound: 2 });
      await both('sctp_stream_change_event', { outboundStreams: 2 }, { inboundStreams: 2 });
      await asks.socket.addStreams(id, { inbound: 1 });
      await both('sctp_stream_change_event', { inboundStreams: 1 }, { outboundStreams: 1 });
      await asks.socket.resetAssoc(id);
      await both('sctp_assoc_reset_event', { flags: [] }, { flags: [] });
      for (const stream of [0, 1]) {
        expect(await numbers(asks, id, answers, stream)).toBe(0);
        expect(await numbers(answers, itsId, asks, stream)).toBe(0);
      }
    }
    await client.socket.eof(atFrom);
    expect(await server.words(2)).toEqual(['shutdown_event', 'shutdown_comp']);
    expect(await client.words(1)).toEqual(['shutdown_comp']);
  });
}

/** How the two stacks meet: options that each socket needs on its host, and the role of each. */
export interface Way {
  readonly kernels: (host: Host) => SctpOpenOptions;
  readonly ours: (host: Host) => SctpOpenOptions;
  readonly connecting: 'kernel' | 'embedded';
}

async function meetKernel(network: Network, { kernels, ours, connecting }: Way, wish: Wish): Promise<Meeting> {
  const { streams = 10, offers = [], paths = 1, sndbuf = 4 * 2 ** 20 } = wish;
  const { here, there } = network;
  const end = async (host: Host, stack: 'kernel' | 'embedded', options: SctpOpenOptions) => {
    const open = connecting === stack ? Peer.open : Peer.listening;
    const addresses = host.ips.slice(0, paths);
    // One failure is enough for a path of two, and the association survives many.
    const sensitive = paths === 2 ? { sctpPeerAddrParams: impatient.sctpPeerAddrParams } : {};
    const { socket } = await open(host, {
      ...patient,
      ...sensitive,
      sndbuf,
      ...offering(offers, streams),
      ...options,
      ip: addresses,
    });
    return new SocketEnd(socket, addresses, stack);
  };
  const [our, kernel] = [await end(here, 'embedded', ours(here)), await end(there, 'kernel', kernels(there))];
  const [client, server] = connecting === 'kernel' ? [kernel, our] : [our, kernel];
  await Promise.all([client.connect(server), server.event('comm_up')]);
  const line = {
    cut: () => network.cut(1),
    // What an end has sent in this turn leaves before the second one from now.
    mend: async () => {
      await nextTurn();
      await nextTurn();
      network.mend(1);
    },
    roughen: () => network.shape(1, { lossPercent: 1, delayMs: 5, jitterMs: 3 }),
  };
  return { ours: our, theirs: kernel, line };
}

/** Declares the matrix (docs/interop.md) with Linux at the other end. */
export function matrixWithKernel(network: () => Network, way: Way): void {
  describe('matrix', () => matrix((wish = {}) => meetKernel(network(), way, wish), cannot['Linux over UDP']));
}
