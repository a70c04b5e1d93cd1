/** Sockets over datagrams of any kind behave as any others, and what carries their packets may do with them what a network does. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import type { SctpCarrier } from '../../actors/sctp/index.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { udp } from '../../actors/udp/index.js';
import { BadArg, mainActor, type Self, spawn } from '../../runtime/index.js';
import { associated, carrierPair, embeddedSctp } from './carrierPair.js';
import { deferred, nextWords, untilArrived, word } from './subjects.js';

const sctp = embeddedSctp();
const self = mainActor();
/** Ends of a dead association come soon. */
const impatient = {
  sctpRtoinfo: { initial: 20, min: 20, max: 40 },
  sctpAssocinfo: { asocmaxrxt: 2 },
  sctpPeerAddrParams: { hbinterval: 50, pathmaxrxt: 2 },
};

describe('a socket over a carrier', () => {
  test('associates, carries messages both ways, and shuts down', async () => {
    using pair = carrierPair(sctp);
    const { client, server, atClient, atServer } = await associated(sctp, pair);
    await client.send(atClient, 3, 'there');
    const [ip, port, [info], data] = await server.recv();
    expect([ip, port, info?.stream, String(data)]).toEqual(['127.0.0.1', client.port, 3, 'there']);
    await server.send(atServer, 0, 'and back');
    expect(word(await client.recv())).toBe('data:and back');
    await client.eof(atClient);
    expect([word(await server.recv()), word(await server.recv())]).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
    expect(word(await client.recv())).toBe('shutdown_comp');
    client.close();
    server.close();
  });

  test('has the carrier’s address', async () => {
    using pair = carrierPair(sctp, { localAddress: '2001:db8::1', remoteAddress: '2001:db8::2' });
    const { client, server, atClient } = await associated(sctp, pair);
    expect(client.sockname()).toEqual(['2001:db8::1', client.port]);
    expect(client.socknames(atClient)).toEqual([['2001:db8::1', client.port]]);
    expect(client.peername(atClient)).toEqual(['2001:db8::2', 5000]);
    client.close();
    server.close();
  });

  // RFC 9653 section 5: INIT (1) and COOKIE ECHO (10) have their checksum all the same.
  test.each([
    ['none', 'none', true],
    ['none', 'crc32c', false],
    ['crc32c', 'crc32c', false],
  ] as const)('with checksum %s at one end and %s at the other leaves checksums out: %s', async (left, right, leavesOut) => {
    const packets: Buffer[] = [];
    const carriers: SctpCarrier[] = [];
    const carrier = (checksum: 'none' | 'crc32c', to: number) =>
      sctp.overDatagrams({
        checksum,
        send: (packet) => {
          packets.push(packet);
          carriers[to]!.receive(packet);
        },
      });
    carriers.push(carrier(left, 1), carrier(right, 0));
    const server = await sctp.open(self, 5000, { carrier: carriers[1]! });
    await server.listen(true);
    const client = await sctp.open(self, { carrier: carriers[0]! });
    const { assocId } = await client.connect(carriers[0]!.remoteAddress, 5000);
    await client.send(assocId, 0, 'protected otherwise');
    expect([word(await server.recv()), word(await server.recv())]).toEqual(['comm_up', 'data:protected otherwise']);
    const bare = packets.filter((packet) => packet.readUInt32LE(8) === 0).map((packet) => packet[12]);
    expect(bare.includes(0)).toBe(leavesOut);
    expect(bare.filter((type) => type === 1 || type === 10)).toEqual([]);
    // A packet that was changed on its way is dropped, whatever was agreed on.
    const before = packets.length;
    const changed = Buffer.from(packets.findLast((packet) => packet[12] === 0)!);
    changed.writeUInt32LE(0x01020304, 8);
    carriers[1]!.receive(changed);
    await client.send(assocId, 0, 'next');
    expect(word(await server.recv())).toBe('data:next');
    expect(packets.length).toBeGreaterThan(before);
    for (const each of [client, server, ...carriers]) each.close();
  });

  test('sends no packet longer than the mtu, and carries messages of a mebibyte both ways at once', async () => {
    using pair = carrierPair(sctp, { mtu: 576 });
    const room = { sndbuf: 2 * 1024 * 1024 };
    const { client, server, atClient, atServer } = await associated(sctp, pair, room);
    const message = randomBytes(1024 * 1024);
    const sends = [client.send(atClient, 0, message), server.send(atServer, 0, message)];
    const [there, back] = await Promise.all([server.recv(), client.recv()]);
    await Promise.all(sends);
    expect([Buffer.compare(there[3] as Buffer, message), Buffer.compare(back[3] as Buffer, message)]).toEqual([0, 0]);
    expect(Math.max(...pair.packets.map((packet) => packet.length))).toBeLessThanOrEqual(576);
    expect(Math.max(...pair.packets.map((packet) => packet.length))).toBeGreaterThan(500);
    client.close();
    server.close();
  });

  test('every message arrives once and in order although every seventh packet is lost', async () => {
    using pair = carrierPair(sctp, {}, (_packet, number) => number % 7 !== 0);
    const { client, server, atClient } = await associated(sctp, pair, impatient);
    const expected = Array.from({ length: 300 }, (_, index) => `message ${index}`);
    await Promise.all(expected.map((text) => client.send(atClient, 0, text)));
    const got: string[] = [];
    while (got.length < expected.length) got.push(String((await server.recv())[3]));
    expect(got).toEqual(expected);
    await untilArrived(client);
    client.close();
    server.close();
  });

  test('is owned, active, handed over, handed off and peeled off as any other', async () => {
    using pair = carrierPair(sctp);
    const { client, server, atClient, atServer } = await associated(sctp, pair);
    const got = deferred<string[]>();
    const worker = spawn(async (worker: Self) => {
      const words: string[] = [];
      while (words.length < 3) {
        const message = (await worker.receive()) as readonly [string, ...unknown[]];
        words.push(message[0] === 'sctp' ? word(message as never) : message[0]);
      }
      got.resolve(words);
    });
    await client.send(atClient, 0, 'waits');
    await untilArrived(client);
    server.handOff(self, atServer, worker, { active: true });
    await client.send(atClient, 0, 'comes');
    expect(await got.promise).toEqual(['socket', 'data:waits', 'data:comes']);
    // The worker has ended, and its socket with it.
    expect(['sctp_shutdown_event', 'comm_lost', 'shutdown_comp']).toContain(word(await client.recv()));
    client.setopts({ active: true });
    client.close();
    server.close();
    await nextWords(0);
    while ((await self.receive({ after: 0 })) !== undefined);
  });

  test('of type stream is accepted over the same carrier', async () => {
    using pair = carrierPair(sctp);
    const listener = await sctp.open(self, 7, { carrier: pair.right, type: 'stream' });
    await listener.listen(5);
    const client = await sctp.open(self, { carrier: pair.left, type: 'stream' });
    await client.connect('127.0.0.1', 7);
    const accepted = await listener.accept(self);
    const [, , , up] = await accepted.recv();
    await accepted.send(up as SctpAssocChange, 0, 'hello');
    expect(word(await client.recv())).toBe('data:hello');
    for (const socket of [client, accepted, listener]) socket.close();
  });

  test('is one of several that a carrier has, told apart by their ports', async () => {
    using pair = carrierPair(sctp);
    const { client, server, atServer } = await associated(sctp, pair);
    await expect(sctp.open(self, 5000, { carrier: pair.right })).rejects.toMatchObject({ reason: 'eaddrinuse' });
    const second = await sctp.open(self, 5001, { carrier: pair.right });
    await second.listen(true);
    const { assocId } = await client.connect('127.0.0.1', 5001);
    await client.send(assocId, 0, 'to the second');
    expect([word(await second.recv()), word(await second.recv())]).toEqual(['comm_up', 'data:to the second']);
    await server.send(atServer, 0, 'from the first');
    expect(word(await client.recv())).toBe('data:from the first');
    for (const socket of [client, second, server]) socket.close();
  });

  test('refuses options of UDP sockets by name, and those of packets as not supported', async () => {
    using pair = carrierPair(sctp);
    const carrier = pair.left;
    const wrong = {
      ip: '127.0.0.1',
      ifaddr: 'any',
      family: 'inet',
      inet: true,
      encapsPort: 9899,
      bindToDevice: 'lo',
      netns: '/x',
    };
    for (const [name, value] of Object.entries(wrong)) {
      expect(() => sctp.open(self, { carrier, [name]: value } as never), name).toThrow(`options.${name}`);
    }
    expect(() => sctp.open(self, { carrier, stack: 'kernel' })).toThrow('options.stack');
    expect(() => sctp.open(self, { carrier: {} as SctpCarrier })).toThrow('options.carrier');
    expect(() => embeddedSctp().open(self, { carrier })).toThrow('options.carrier: was made by another sctp');
    await expect(sctp.open(self, { carrier, tos: 8 })).rejects.toMatchObject({ reason: 'enotsup' });
    const socket = await sctp.open(self, { carrier });
    expect(socket.getopts(['tos', 'ttl', 'priority', 'sctpNodelay'])).toEqual({ sctpNodelay: false });
    await expect(socket.bindx(['127.0.0.2'], 'add')).rejects.toMatchObject({ reason: 'enotsup' });
    socket.close();
  });
});

describe('several carriers', () => {
  /** Two ways between two ends, each with addresses of its own. */
  function ways() {
    const way = (number: number, family: 4 | 6) => {
      const address = (end: number) => (family === 6 ? `2001:db8:${number}::${end}` : `10.0.${number}.${end}`);
      const ends = [address(1), address(2)] as const;
      const left: SctpCarrier = sctp.overDatagrams({
        send: (packet) => right.receive(packet),
        localAddress: ends[0],
        remoteAddress: ends[1],
      });
      const right: SctpCarrier = sctp.overDatagrams({
        send: (packet) => left.receive(packet),
        localAddress: ends[1],
        remoteAddress: ends[0],
      });
      return { left, right };
    };
    return [way(1, 4), way(2, 6)] as const;
  }

  test('are ways of one association: when one has died it goes the other', async () => {
    const [first, second] = ways();
    const events = { sctpEvents: { addressEvent: false } };
    const server = await sctp.open(self, 5000, { carrier: [first.right, second.right], ...impatient, ...events });
    await server.listen(true);
    const client = await sctp.open(self, { carrier: [first.left, second.left], ...impatient, ...events });
    const { assocId } = await client.connect(first.left.remoteAddress, 5000);
    expect(word(await server.recv())).toBe('comm_up');
    expect(client.socknames().map(([ip]) => ip)).toEqual(['10.0.1.1', '2001:db8:2::1']);
    const states = () => client.getopts([['sctpGetPeerAddrInfo', { assocId, address: ['2001:db8:2::2', 5000] }]]);
    while (states().sctpGetPeerAddrInfo?.state !== 'active') await client.recv(5).catch(() => undefined);
    first.left.close();
    for (let count = 0; count < 20; count += 1) {
      await client.send(assocId, 0, `message ${count}`);
      const [ip, , , data] = await server.recv();
      expect([ip, String(data)]).toEqual(['2001:db8:2::1', `message ${count}`]);
    }
    client.close();
    server.close();
    for (const way of [first, second]) for (const carrier of Object.values(way)) carrier.close();
  });

  test('have different addresses, and all are open', async () => {
    const [first, second] = ways();
    const twin = sctp.overDatagrams({ send: () => undefined, localAddress: first.left.localAddress, remoteAddress: '10.0.1.9' });
    for (const carrier of [[], [first.left, twin], [first.left, first.left], [first.left, {}], [undefined]]) {
      expect(() => sctp.open(self, { carrier: carrier as never })).toThrow('options.carrier');
    }
    second.left.close();
    await expect(sctp.open(self, { carrier: [first.left, second.left] })).rejects.toMatchObject({ reason: 'closed' });
    for (const carrier of [twin, ...Object.values(first), ...Object.values(second)]) carrier.close();
  });
});

describe('over other datagrams', () => {
  test('of UDP sockets a server has many clients by one carrier', async () => {
    const at = await udp.open(self, 0, { ip: '127.0.0.1', active: false });
    const serverCarrier = sctp.overDatagrams({ send: (packet, to) => at.send(to.address, to.port, packet), mtu: 1400 });
    const reading = [pump(at, serverCarrier)];
    const server = await sctp.open(self, 5000, { carrier: serverCarrier });
    await server.listen(true);
    const clients = await Promise.all(
      [1, 2, 3].map(async (number) => {
        const from = await udp.open(self, 0, { ip: '127.0.0.1', active: false });
        const carrier = sctp.overDatagrams({ send: (packet, to) => from.send(to.address, to.port, packet) });
        reading.push(pump(from, carrier));
        const socket = await sctp.open(self, { carrier, remoteEncapsPort: at.port });
        const { assocId } = await socket.connect('127.0.0.1', 5000);
        await socket.send(assocId, 0, `client ${number}`);
        return { from, carrier, socket };
      }),
    );
    const words: string[] = [];
    while (words.length < 6) words.push(word(await server.recv()));
    expect(words.filter((text) => text !== 'comm_up').sort()).toEqual(['data:client 1', 'data:client 2', 'data:client 3']);
    for (const { socket, carrier, from } of clients) {
      socket.close();
      carrier.close();
      from.close();
    }
    server.close();
    serverCarrier.close();
    at.close();
    await Promise.all(reading);
  });

  test('that are encrypted and authenticated, it sees only what was sent', async () => {
    const key = randomBytes(32);
    const seal = (packet: Uint8Array) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
      return Buffer.concat([nonce, cipher.update(packet), cipher.final(), cipher.getAuthTag()]);
    };
    const open = (datagram: Buffer) => {
      const cipher = createDecipheriv('chacha20-poly1305', key, datagram.subarray(0, 12), { authTagLength: 16 });
      cipher.setAuthTag(datagram.subarray(-16));
      return Buffer.concat([cipher.update(datagram.subarray(12, -16)), cipher.final()]);
    };
    let forged = 0;
    const deliver = (datagram: Buffer, to: SctpCarrier) => {
      try {
        to.receive(open(datagram));
      } catch {
        forged += 1;
      }
    };
    const carry = (to: () => SctpCarrier) => (packet: Buffer) => {
      const datagram = seal(packet);
      // Somebody on the way sends everything again, changed.
      const changed = Buffer.from(datagram);
      changed[20]! ^= 1;
      deliver(changed, to());
      deliver(datagram, to());
    };
    using left = sctp.overDatagrams({ send: carry(() => right), mtu: 1200 });
    using right = sctp.overDatagrams({ send: carry(() => left), mtu: 1200 });
    const { client, server, atClient } = await associated(sctp, { left, right } as never);
    await client.send(atClient, 0, randomBytes(10_000));
    expect(((await server.recv())[3] as Buffer).length).toBe(10_000);
    expect(forged).toBeGreaterThan(10);
    client.close();
    server.close();
  });

  async function pump(from: Awaited<ReturnType<typeof udp.open>>, to: SctpCarrier): Promise<void> {
    for await (const [address, port, ...rest] of from) to.receive(rest.at(-1) as Buffer, { address: address as string, port });
  }
});

/** What a socket tells up to the end of its association. */
async function lastWords(socket: SctpSocket): Promise<string[]> {
  const words: string[] = [];
  while (words.at(-1) !== 'comm_lost') words.push(word(await socket.recv()));
  return words;
}

describe('a carrier', () => {
  test('gives `receive` to onPacket at once, and it needs no this', async () => {
    let receive: SctpCarrier['receive'] | undefined;
    using left = sctp.overDatagrams({ send: (packet) => right.receive(packet), onPacket: (taker) => (receive = taker) });
    using right = sctp.overDatagrams({ send: (packet) => receive?.(packet) });
    const { client, server } = await associated(sctp, { left, right } as never);
    expect(receive).toBe(left.receive);
    client.close();
    server.close();
    expect(() => sctp.overDatagrams({ send: () => undefined, onPacket: () => { throw new Error('no'); } })).toThrow('no'); // biome-ignore format: one case
  });

  test('that is closed is a network that has died: its associations end by their timeouts', async () => {
    using pair = carrierPair(sctp);
    const { client, server, atClient } = await associated(sctp, pair, impatient);
    pair.left.close();
    pair.left.close();
    expect([pair.left.isOpen, client.isOpen]).toEqual([false, true]);
    pair.left.receive(Buffer.from('too late'));
    await client.send(atClient, 0, 'into the void');
    expect(await lastWords(client)).toContain('comm_lost');
    expect(await lastWords(server)).toContain('comm_lost');
    await expect(sctp.open(self, { carrier: pair.left })).rejects.toMatchObject({ reason: 'closed', syscall: 'open' });
    client.close();
    server.close();
  });

  test('counts what went through', async () => {
    using pair = carrierPair(sctp);
    const { client, server } = await associated(sctp, pair);
    const { left, right } = pair;
    expect(left.stats()).toMatchObject({ packetsInLost: 0, packetsOutLost: 0 });
    expect(left.stats().packetsOut + right.stats().packetsOut).toBe(pair.packets.length);
    const last = left.stats();
    left.close();
    expect(left.stats()).toEqual(last);
    client.close();
    server.close();
  });

  test('takes no wrong option, and none that is misspelt', () => {
    const send = () => undefined;
    const wrong: readonly [unknown, string][] = [
      [undefined, 'options'],
      [{}, 'options.send'],
      [{ send: 'x' }, 'options.send'],
      [{ send, mtu: 511 }, 'options.mtu'],
      [{ send, mtu: 65536 }, 'options.mtu'],
      [{ send, mtu: 1200.5 }, 'options.mtu'],
      [{ send, checksum: 'crc32' }, 'options.checksum'],
      [{ send, onError: 1 }, 'options.onError'],
      [{ send, onPacket: {} }, 'options.onPacket'],
      [{ send, localAddress: 'localhost' }, 'options.localAddress'],
      [{ send, localAddress: '0.0.0.0' }, 'options.localAddress'],
      [{ send, localAddress: '::1', remoteAddress: '127.0.0.1' }, 'options.remoteAddress'],
      [{ send, onpacket: send }, 'options.onpacket'],
    ];
    for (const [options, argument] of wrong) {
      expect(() => sctp.overDatagrams(options as never)).toThrow(expect.objectContaining({ argument, code: 'badarg' }));
    }
  });

  test('takes only packets and sources that are some', () => {
    using carrier = sctp.overDatagrams({ send: () => undefined });
    const wrong: readonly [unknown, unknown, string][] = [
      ['text', undefined, 'packet'],
      [new Uint16Array(2), undefined, 'packet'],
      [new Uint8Array(2), '127.0.0.1', 'from'],
      [new Uint8Array(2), { address: 1, port: 1 }, 'from.address'],
      [new Uint8Array(2), { address: '127.0.0.1', port: 0 }, 'from.port'],
      [new Uint8Array(2), { address: '127.0.0.1', port: 65536 }, 'from.port'],
      [new Uint8Array(2), { address: 'host', port: 1 }, 'from.address'],
      [new Uint8Array(2), { address: '::1', port: 1 }, 'from.address'],
    ];
    for (const [packet, from, argument] of wrong) {
      expect(() => carrier.receive(packet as never, from as never)).toThrow(BadArg);
      expect(() => carrier.receive(packet as never, from as never)).toThrow(`${argument}:`);
    }
    expect(carrier.stats()).toMatchObject({ packetsIn: 0 });
  });
});
