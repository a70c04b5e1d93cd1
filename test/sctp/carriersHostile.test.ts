/** Whatever comes by a carrier, and whatever the functions of its user do, the sockets of the stack go on, and what is held is bounded. */
import { randomBytes } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import type { SctpCarrier } from '../../actors/sctp/index.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { mainActor } from '../../runtime/index.js';
import { repeats } from '../support/effort.js';
import { associated, carrierPair, embeddedSctp } from './carrierPair.js';
import { nextTurn, word } from './subjects.js';

const sctp = embeddedSctp();
const self = mainActor();
const impatient = { sctpRtoinfo: { initial: 20, min: 20, max: 40 } };

/** What a queue of a carrier takes, in bytes. */
const queueBytes = 2 * 1024 * 1024;

test('a million packets of any bytes are dropped, at most 2 MiB of them wait, and an association beside them goes on', async () => {
  using pair = carrierPair(sctp);
  const { client, server, atClient } = await associated(sctp, pair);
  const [carrier, noise] = [pair.right, randomBytes(70_000)];
  const rounds = repeats(20);
  for (let round = 0; round < rounds; round += 1) {
    for (let count = 0; count < 50_000; count += 1) {
      const at = (round * 7919 + count * 31) % 60_000;
      carrier.receive(noise.subarray(at, at + (count % 61)), count % 2 === 0 ? undefined : { address: '10.0.0.9', port: 9 });
    }
    await client.send(atClient, 0, `round ${round}`);
    expect(word(await server.recv())).toBe(`data:round ${round}`);
  }
  const { packetsIn, packetsInLost } = carrier.stats();
  expect(packetsIn + packetsInLost).toBeGreaterThanOrEqual(rounds * 50_000);
  // All of a round came before the stack could look at any: those that fit were taken.
  expect(packetsIn / rounds).toBeLessThan(queueBytes / 64);
  expect(packetsInLost).toBeGreaterThan(0);
  client.close();
  server.close();
});

test('packets of any length are taken, and none that IP could not carry', async () => {
  using carrier = sctp.overDatagrams({ send: () => undefined });
  for (const length of [0, 1, 2, 11, 12, 13, 65_535]) carrier.receive(new Uint8Array(length));
  expect(carrier.stats()).toMatchObject({ packetsIn: 7, packetsInLost: 0 });
  carrier.receive(new Uint8Array(65_536));
  carrier.receive(new Uint8Array(10_000_000));
  expect(carrier.stats()).toMatchObject({ packetsIn: 7, packetsInLost: 2 });
  await nextTurn();
});

test('packets with every byte changed in turn harm nobody', async () => {
  let recorded: Uint8Array[] = [];
  using pair = carrierPair(sctp, {}, (packet) => recorded.push(packet) > 0);
  const { client, server, atClient } = await associated(sctp, pair);
  await client.send(atClient, 0, randomBytes(3000));
  await server.recv();
  const seen = recorded;
  recorded = [];
  for (const packet of seen) {
    for (let at = 0; at < packet.length; at += 1) {
      const changed = Uint8Array.from(packet);
      changed[at]! ^= 1 << (at % 8);
      pair.left.receive(changed);
      pair.right.receive(changed);
      if (at % 64 === 63) await nextTurn();
    }
  }
  await client.send(atClient, 0, 'still here');
  expect(word(await server.recv())).toBe('data:still here');
  client.close();
  server.close();
});

test('what send throws, and what it rejects with, is told, and costs only those packets', async () => {
  const told: unknown[] = [];
  let calls = 0;
  const failing = (other: () => SctpCarrier) => (packet: Uint8Array) => {
    calls += 1;
    if (calls % 5 === 0) throw new Error('thrown');
    if (calls % 5 === 1) return Promise.reject(new Error('rejected'));
    other().receive(packet);
    return undefined;
  };
  const onError = (error: unknown) => told.push((error as Error).message);
  using left = sctp.overDatagrams({ send: failing(() => right), onError });
  using right = sctp.overDatagrams({ send: failing(() => left), onError });
  const { client, server, atClient } = await associated(sctp, { left, right } as never, impatient);
  for (let count = 0; count < 20; count += 1) {
    await client.send(atClient, 0, `message ${count}`);
    expect(word(await server.recv())).toBe(`data:message ${count}`);
  }
  expect(new Set(told)).toEqual(new Set(['thrown', 'rejected']));
  client.close();
  server.close();
});

test('without onError, or where that throws too, a carrier warns once', async () => {
  const warnings: string[] = [];
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)));
  try {
    const throwing = () => {
      throw new Error('on purpose');
    };
    const unprintable = () => {
      throw { toString: throwing };
    };
    using first = sctp.overDatagrams({ send: throwing });
    using second = sctp.overDatagrams({ send: throwing, onError: unprintable });
    for (const carrier of [first, second]) {
      const socket = await sctp.open(self, { carrier, sctpRtoinfo: { initial: 10, min: 10, max: 10 } });
      await expect(socket.connect('127.0.0.1', 9)).rejects.toMatchObject({ reason: 'cant_assoc' });
      socket.close();
    }
    expect(warnings.length).toBe(2);
    expect(warnings[0]).toContain('on purpose');
    expect(warnings[1]).toContain('cannot be printed');
  } finally {
    warn.mockRestore();
  }
});

test('send may close its carrier, its socket and the other ones, and open more, in any call', async () => {
  for (let when = 1; when <= 12; when += 1) {
    const sockets: SctpSocket[] = [];
    const opened: Promise<SctpSocket>[] = [];
    using pair = carrierPair(sctp, {}, (_packet, number) => {
      if (number === when) {
        opened.push(sctp.open(self, { carrier: pair.right }));
        pair.right.receive(new Uint8Array(30));
        for (const socket of sockets) socket.close();
        if (when % 2 === 0) pair.left.close();
      }
      return true;
    });
    const server = await sctp.open(self, 5000, { carrier: pair.right });
    await server.listen(true);
    const client = await sctp.open(self, { carrier: pair.left });
    sockets.push(server, client);
    const talk = client.connect('127.0.0.1', 5000, {}, 50).then(({ assocId }) => client.send(assocId, 0, randomBytes(5000)));
    await talk.catch(() => undefined);
    for (const socket of [...sockets, ...(await Promise.all(opened))]) socket.close();
  }
});

test('two carriers that send everything back to themselves, and to each other, end nowhere and hold little', async () => {
  let passed = 0;
  const echo: SctpCarrier = sctp.overDatagrams({
    send: (packet) => {
      passed += 1;
      if (passed > 10_000) return;
      for (let copies = 0; copies < 3; copies += 1) echo.receive(packet);
    },
  });
  const socket = await sctp.open(self, 5000, { carrier: echo });
  await socket.listen(true);
  const other = await sctp.open(self, 5001, { carrier: echo });
  // The packets come back to the one carrier, which gives them to the other socket by their port.
  const { assocId } = await other.connect('127.0.0.1', 5000);
  await other.send(assocId, 0, 'round the corner');
  expect([word(await socket.recv()), word(await socket.recv())]).toEqual(['comm_up', 'data:round the corner']);
  socket.close();
  other.close();
  echo.close();
});

test('a send that takes nothing for long loses what is beyond 2 MiB, and the association goes on', async () => {
  using pair = carrierPair(sctp);
  const { client, server, atClient } = await associated(sctp, pair, {
    ...impatient,
    recbuf: 4 * 1024 * 1024,
    sndbuf: 8 * 1024 * 1024,
  });
  const sends = Array.from({ length: 8 }, () => client.send(atClient, 0, randomBytes(512 * 1024)));
  let bytes = 0;
  while (bytes < 4 * 1024 * 1024) bytes += ((await server.recv())[3] as Buffer).length;
  await Promise.all(sends);
  client.close();
  server.close();
});
