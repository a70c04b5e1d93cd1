/** Associations over loopback, through the addon's contract: set-up, echo, refusal, and messages of every size. */
import { createSocket } from 'node:dgram';
import { describe, expect, test } from 'vitest';
import { kind, type SctpOpenParams, unlimitedCredit } from '../../native/index.js';
import { overStacks, StackUnderTest, until } from './stackUnderTest.js';

const text = (value: string) => Buffer.from(value);
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `message ${from + index}`);

overStacks((name) => {
  describe('association', () => {
    interface Way {
      readonly name: string;
      readonly server: Partial<SctpOpenParams>;
      readonly client: Partial<SctpOpenParams>;
      readonly address: string;
      readonly family: 4 | 6;
    }
    const v6 = (address: string): Partial<SctpOpenParams> => ({ family: 6, addresses: [address] });
    const ways: Way[] = [
      { name: 'IPv4', server: {}, client: {}, address: '127.0.0.1', family: 4 },
      { name: 'IPv6', server: v6('::1'), client: v6('::1'), address: '::1', family: 6 },
      { name: 'the any address', server: { addresses: [] }, client: { addresses: [] }, address: '127.0.0.1', family: 4 },
      { name: 'IPv4 to a dual-stack socket', server: v6('::'), client: {}, address: '127.0.0.1', family: 4 },
      { name: 'IPv4 from a dual-stack socket', server: {}, client: v6('::'), address: '127.0.0.1', family: 4 },
      { name: 'IPv6 to the any address', server: v6('::'), client: { family: 6, addresses: [] }, address: '::1', family: 6 },
    ];

    // A host with several addresses must answer from the address that was asked. The kernel answers from an address of an interface, and 127.0.0.2 is of none.
    if (name === 'embedded') {
      ways.push({
        name: 'another address of the any address',
        server: { addresses: [] },
        client: {},
        address: '127.0.0.2',
        family: 4,
      });
    }

    test.each(ways)('comes up, echoes and shuts down over $name', async ({ name: way, server, client, address, family }) => {
      const it = new StackUnderTest();
      const listener = it.listener(server);
      const socket = it.socket(client);
      const { local, remote } = await it.associate(socket, listener, it, address);
      // A socket that is bound to any address is multi-homed; on the embedded stack, to a peer on this host, by the loopback addresses of the families of both ends.
      expect(it.stack.peernames(socket, local)).toContainEqual({ assocId: local, address, port: it.port(listener) });
      if (name === 'embedded') {
        expect(it.stack.peernames(socket, local)).toHaveLength(way === 'IPv6 to the any address' ? 2 : 1);
      }
      expect(it.stack.findAssociation(socket, address, it.port(listener))).toBe(local);

      expect(it.stack.send(socket, local, 2, 0, 7, 0, 0, false, text('question'))).toBe(0);
      const question = await it.next(listener, kind.data);
      expect(question).toMatchObject({
        data: text('question'),
        assocId: remote,
        stream: 2,
        ppid: 7,
        family,
        port: it.port(socket),
      });
      expect(it.send(listener, remote, question.data)).toBe(0);
      expect(await it.messages(socket, 1)).toEqual([text('question')]);

      it.close(socket);
      await it.next(listener, kind.shutdownEvent);
      expect((await it.next(listener, kind.assocChange)).state).toBe(3);
    });

    test('a message sent before the association is up arrives once it is', async () => {
      const it = new StackUnderTest();
      const listener = it.listener();
      const socket = it.socket();
      const assoc = it.stack.connect(socket, ['127.0.0.1'], it.port(listener), false);
      expect(it.send(socket, assoc, text('early'))).toBe(0);
      expect(await it.messages(listener, 1)).toEqual([text('early')]);
    });

    // CN-14; RFC 6951 section 5.5: ICMP port unreachable is the answer of a host without SCTP.
    test.each(['127.0.0.1', '::1'])('a port of %s that nobody has refuses at once', async (address) => {
      const it = new StackUnderTest();
      const params = address === '::1' ? ({ family: 6, addresses: ['::1'] } as const) : {};
      const gone = it.socket(params);
      const port = it.port(gone);
      it.close(gone);
      const socket = it.socket(params);
      expect(it.stack.connect(socket, [address], port, true)).toBeGreaterThan(0);
      expect((await it.next(socket, kind.connectResult)).state).toBe(4);
      if (name === 'embedded') expect(it.stack.stats().timeouts).toBe(0);
    });

    test('a socket that does not listen refuses, and the carrier goes on working', async () => {
      const it = new StackUnderTest();
      const deaf = it.socket();
      const listener = it.listener();
      const socket = it.socket();
      it.stack.connect(socket, ['127.0.0.1'], it.port(deaf), true);
      expect((await it.next(socket, kind.connectResult)).state).toBe(4);
      await it.associate(socket, listener);
    });

    test('between two stacks of one environment', async () => {
      const one = new StackUnderTest();
      const two = new StackUnderTest();
      const listener = two.listener();
      const socket = one.socket();
      const { local } = await one.associate(socket, listener, two);
      await one.sendAll(socket, local, numbered(1000).map(text));
      expect(await two.messages(listener, 1000)).toEqual(numbered(1000).map(text));
    });
  });

  describe('messages', () => {
    test('of every size up to the fragmented and the very large arrive whole', async () => {
      const it = new StackUnderTest();
      const listener = it.listener();
      const socket = it.socket();
      const { local } = await it.associate(socket, listener);
      // The slab carries payload of up to 64 KiB. Larger payload has a buffer of its own.
      const sizes = [1, 3, 4, 1500, 65_484, 65_504, 65_535, 65_536, 65_537, 100_000];
      const sent = sizes.map((size) => Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 31 + size) % 251)));
      await it.sendAll(socket, local, sent);
      const got = await it.messages(listener, sizes.length);
      expect(got.map((data) => data.length)).toEqual(sizes);
      expect(got.every((data, index) => data.equals(sent[index] as Buffer))).toBe(true);
      expect(it.stack.large).toEqual([]);
    });

    test('more than a batch holds arrive in order, over several batches', async () => {
      const it = new StackUnderTest();
      const listener = it.listener();
      const socket = it.socket();
      const { local } = await it.associate(socket, listener);
      it.stack.setCredit(listener, 0, unlimitedCredit);
      const count = 9000;
      let sent = 0;
      while (sent < count && it.send(socket, local, text(String(sent))) === 0) sent++;
      await until(() => it.stack.queuedBytes(listener)[0] > 0);
      it.stack.setCredit(listener, unlimitedCredit, unlimitedCredit);
      const got = await it.messages(listener, sent);
      expect(got.map(Number)).toEqual(Array.from({ length: sent }, (_, index) => index));
      expect(Math.max(...it.batches)).toBeLessThanOrEqual(4096);
    });

    test('an exception in the batch callback is uncaught and the batches after it still come', async () => {
      const it = new StackUnderTest();
      const listener = it.listener();
      const socket = it.socket();
      const { local } = await it.associate(socket, listener);
      const listeners = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      try {
        const uncaught = new Promise<Error>((resolve) => process.once('uncaughtException', resolve));
        it.onBatch = () => {
          it.onBatch = () => {};
          throw new Error('thrown by the test');
        };
        it.send(socket, local, text('first'));
        expect((await uncaught).message).toBe('thrown by the test');
      } finally {
        for (const each of listeners) process.on('uncaughtException', each);
      }
      it.send(socket, local, text('second'));
      expect(await it.messages(listener, 2)).toEqual([text('first'), text('second')]);
    });
  });
});

overStacks(() => {
  test('datagrams that are no SCTP are counted and disturb nothing', async () => {
    const it = new StackUnderTest();
    const listener = it.listener();
    const socket = it.socket();
    const { local } = await it.associate(socket, listener);
    const stranger = createSocket('udp4');
    const rubbish = [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(12), Buffer.alloc(60_000, 0xff)];
    for (const datagram of rubbish) stranger.send(datagram, it.port(listener), '127.0.0.1');
    // The empty datagram holds no packet at all.
    await until(() => (it.stack.stats().badPackets ?? 0) === rubbish.length - 1);
    stranger.close();
    it.send(socket, local, text('undisturbed'));
    expect(await it.messages(listener, 1)).toEqual([text('undisturbed')]);
  });

  test('between sockets behind RFC 6951 ports that each side names', async () => {
    const one = new StackUnderTest();
    const two = new StackUnderTest();
    // A port that was free a moment ago.
    const free = [one.socket(), one.socket()];
    const [here, there] = free.map((socket) => one.port(socket)) as [number, number];
    for (const socket of free) one.close(socket);
    const client = one.socket({ encapsPort: here, remoteEncapsPort: there });
    const neighbour = one.socket({ encapsPort: here, remoteEncapsPort: there });
    // The server learns the UDP port of a peer from the packets that arrive.
    const listener = two.listener({ encapsPort: there, port: 7 });
    const { local } = await one.associate(client, listener, two);
    const other = await one.associate(neighbour, listener, two);
    one.send(client, local, text('one'));
    expect(await two.messages(listener, 1)).toEqual([text('one')]);
    two.send(listener, other.remote, text('two'));
    expect(await one.messages(neighbour, 1)).toEqual([text('two')]);
  });
}, ['embedded']);
