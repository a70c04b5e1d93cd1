/**
 * What a peer can make a stream hold by announcing a packet. Without `packetSize` a header may announce 64 MiB; more ends the connection before a byte of it is kept
 * (TM-8, TM-9). A `packetSize` of the user's own counts in place of the 64 MiB, whether it is smaller or larger.
 */
import { expect, test } from 'vitest';
import type { TcpData } from '../../actors/tcp/received.js';
import type { TcpSocket } from '../../actors/tcp/socket.js';
import { mailbox, nextTurn, nextWords, overTransports, type Pair } from './transports.js';

const mostAnnounced = 64 * 1024 * 1024;
const piece = Buffer.alloc(256 * 1024, '.');

const header = (bytes: number): Buffer => {
  const announced = Buffer.alloc(4);
  announced.writeUInt32BE(bytes);
  return announced;
};

overTransports((transport) => {
  const ofStreams = (name: string, body: () => Promise<void>): void =>
    test(name, { timeout: 60_000 }, async (context) => {
      if (transport.protocol !== 'tcp') context.skip('its messages have their own ends, and nothing is announced');
      await body();
    });

  /** A sender that may write what it likes. */
  async function stranger(receiver: object = {}): Promise<{ receiver: TcpSocket; sender: TcpSocket }> {
    const { receiver: server, sender }: Pair = await transport.pair({ receiver, sender: { packet: 'raw' } });
    return { receiver: server as unknown as TcpSocket, sender: sender as unknown as TcpSocket };
  }

  /** Sends until it cannot; the most that the receiver has held meanwhile. */
  async function sendAll(sender: TcpSocket, receiver: TcpSocket, mostBytes: number): Promise<{ sent: number; held: number }> {
    let [sent, held] = [0, 0];
    try {
      while (sent < mostBytes) {
        const bytes = piece.subarray(0, mostBytes - sent);
        await sender.send(bytes);
        sent += bytes.length;
        await nextTurn();
        if (receiver.isOpen) held = Math.max(held, receiver.info().queuedBytes[0]);
      }
    } catch (error) {
      expect(error).toMatchObject({ reason: 'closed' });
    }
    return { sent, held };
  }

  const heldOf = async (receiver: TcpSocket, bytes: number): Promise<void> => {
    while (receiver.info().queuedBytes[0] < bytes) await nextTurn();
  };

  ofStreams(
    '2 GiB announced, and all that can be sent of them: the connection ends, and nothing is held (TM-8, TM-9)',
    async () => {
      const { receiver, sender } = await stranger({ active: true, exitOnClose: false });
      await sender.send(header(0x7ffffffb));
      const { sent, held } = await sendAll(sender, receiver, mostAnnounced);
      // The peer meets the end of the connection as soon as the buffers of the system are full.
      expect(sent).toBeLessThan(mostAnnounced / 2);
      expect(held).toBeLessThan(piece.length);
      expect(await nextWords(transport, 2)).toEqual(['error', 'closed']);
      expect(receiver.isOpen).toBe(false);
      await sender.close();
      expect(await mailbox(transport)).toEqual([]);
    },
  );

  ofStreams('one byte beyond 64 MiB is told to recv as emsgsize (TM-8, TM-9)', async () => {
    const { receiver, sender } = await stranger();
    await sender.send(header(mostAnnounced + 1));
    await expect(receiver.recv()).rejects.toMatchObject({ reason: 'emsgsize' });
    await expect(receiver.recv()).rejects.toMatchObject({ reason: 'closed' });
    await Promise.all([receiver.close(), sender.close()]);
  });

  ofStreams('a packet of 64 MiB is taken whole; without its last byte so much is held, and no more (TM-8)', async () => {
    const { receiver, sender } = await stranger();
    const receiving: Promise<TcpData> = receiver.recv();
    await sender.send(header(mostAnnounced));
    await sendAll(sender, receiver, mostAnnounced - 1);
    await heldOf(receiver, mostAnnounced + 3);
    expect(receiver.info().queuedBytes[0]).toBe(mostAnnounced + 3);
    await sender.send('.');
    expect((await receiving).length).toBe(mostAnnounced);
    await Promise.all([receiver.close(), sender.close()]);
  });

  ofStreams('packetSize allows more than 64 MiB, and 0 does not (TM-8)', async () => {
    const { receiver, sender } = await stranger({ packetSize: 0x7fffffff });
    const receiving = receiver.recv();
    await sender.send([header(0x7ffffffb), 'begin']);
    await heldOf(receiver, 9);
    receiver.setopts({ packetSize: 0 });
    await sender.send('more');
    await expect(receiving).rejects.toMatchObject({ reason: 'emsgsize' });
    await Promise.all([receiver.close(), sender.close()]);
  });
});
