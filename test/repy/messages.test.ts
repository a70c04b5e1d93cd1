/** `sendmess` and `recvmess` as the document describes them: their results, with each of the conditions made false in turn. */
import { send } from 'mailport';
import { simulate } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import type { MessCallback } from '../../actors/repy/index.js';
import { here, inSandbox, network, reason, self, simulated, there } from './stage.js';

const once = { runs: 5 };
const nobody: MessCallback = () => undefined;

describe('sendmess', () => {
  // "if (there is a network connection) AND (the host name can be resolved): send the packet, return bytes sent".
  test('where every condition holds, sends the message and gives the number of its bytes', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run);
      const receiver = await remote.udp.open(run.main, 53, { active: false });
      expect(await repy.sendmess(there[0], 53, 'a message')).toBe(9);
      expect(await repy.sendmess(there[0], 53, Buffer.from('ümläut'))).toBe(8);
      expect(await repy.sendmess(there[0], 53, ['a', [0x62], Buffer.from('c')])).toBe(3);
      expect(await repy.sendmess(there[0], 53, '')).toBe(0);
      const messages = [];
      for (let count = 0; count < 4; count += 1) messages.push(String((await receiver.recv())[2]));
      expect(messages).toEqual(['a message', 'ümläut', 'abc', '']);
      // Messages take no socket of the budget, and are in no table.
      expect(repy.info().sockets.free).toBe(10);
      expect(repy.udp_listen_table).toEqual([]);
    }, once);
  });

  // "Is there a connection to the network".
  test('raises if no network leads to the host', async () => {
    await simulate(async (run) => {
      const { repy } = simulated(run);
      expect(await reason(repy.sendmess('fd00::1', 53, 'x'))).toBe('sendmess enetunreach');
      expect(await reason(repy.sendmess(there[0], 53, 'x', { localip: '10.9.9.9' }))).toBe('sendmess eaddrnotavail');
    }, once);
  });

  // "Can the host name specified be resolved".
  test('raises if the name of the host cannot be resolved', async () => {
    await inSandbox({}, async (repy) => {
      expect(await reason(repy.sendmess('name.invalid', 53, 'x'))).toBe('sendmess nxdomain');
      const receiver = await network.udp.open(self, 0, { ip: '127.0.0.1', active: false });
      expect(await repy.sendmess('localhost', receiver.port, 'x')).toBe(1);
      receiver.close(self);
    });
  });

  test('raises for a message that is longer than a datagram can be', async () => {
    await inSandbox({}, async (repy) => {
      expect(await reason(repy.sendmess('127.0.0.1', 9, Buffer.alloc(65_508)))).toBe('sendmess emsgsize');
    });
  });

  test('leaves from the local end that is given, and needs none of it afterwards', async () => {
    await simulate(async (run) => {
      const { repy, remote, local } = simulated(run);
      const receiver = await remote.udp.open(run.main, 53, { active: false });
      const end = { localip: here[1], localport: 4000 };
      // Two that are sent together share the socket.
      await Promise.all([repy.sendmess(there[0], 53, 'x', end), repy.sendmess(there[0], 53, 'y', end)]);
      for (const text of ['x', 'y']) expect(await receiver.recv()).toEqual([here[1], 4000, Buffer.from(text)]);
      await repy.sendmess(there[0], 53, 'z', { localip: here[1] });
      expect((await receiver.recv())[0]).toBe(here[1]);
      await repy.sendmess(there[0], 53, 'z', { localport: 4000 });
      expect((await receiver.recv())[1]).toBe(4000);
      expect(local.udp.openSockets()).toEqual([]);
      await local.udp.open(run.main, 4000, { ip: here[1] });
      expect(await reason(repy.sendmess(there[0], 53, 'x', end))).toBe('sendmess eaddrinuse');
    }, once);
  });

  test('many from the same end, one on the heels of the other, all leave', async () => {
    await inSandbox({}, async (repy) => {
      const receiver = await network.udp.open(self, 0, { active: false, ip: '127.0.0.1', recbuf: 1_000_000 });
      const first = await network.udp.open(self, 0, { active: false, ip: '127.0.0.1' });
      const end = { localip: '127.0.0.1', localport: first.port };
      first.close(self);
      const sending: Promise<unknown>[] = [];
      for (let count = 0; count < 200; count += 1) {
        sending.push(reason(repy.sendmess('127.0.0.1', receiver.port, 'x', end)));
        // At any step of those before it.
        for (let step = 0; step < count % 23; step += 1) await Promise.resolve();
      }
      expect(new Set(await Promise.all(sending))).toEqual(new Set(['it did not raise']));
      for (let count = 0; count < 200; count += 1) expect((await receiver.recv())[1]).toBe(end.localport);
      receiver.close(self);
      expect(network.udp.openSockets()).toEqual([]);
    });
  });

  test('messages from anywhere share one socket, however many there are', async () => {
    await simulate(
      async (run) => {
        const { repy, remote, local } = simulated(run);
        await remote.udp.open(run.main, 53, { active: false });
        await Promise.all(Array.from({ length: 500 }, (_, index) => repy.sendmess(there[0], 53, `${index}`)));
        await repy.sendmess(there[0], 53, 'one more');
        expect(local.udp.openSockets()).toHaveLength(1);
      },
      { seed: 1 },
    );
  });

  test('from where the sandbox listens, by the socket of the listener: the answer comes to its callback', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run);
      const server = await remote.udp.open(run.main, 53, { active: false });
      await repy.recvmess(here[0], 4000, (_own, ip, port, message) => void send(run.main.pid, [ip, port, String(message)]));
      await repy.sendmess(there[0], 53, 'a question', { localip: here[0], localport: 4000 });
      const [ip, port] = await server.recv();
      await server.send(ip, port, 'an answer');
      expect(await run.main.receive()).toEqual([there[0], 53, 'an answer']);
      // A listener at every ip is the one of a port alone.
      await repy.recvmess('any', 4001, (_own, ip, port, message) => void send(run.main.pid, [ip, port, String(message)]));
      await repy.sendmess(there[0], 53, 'another', { localport: 4001 });
      const [from, fromPort] = await server.recv();
      await server.send(from, fromPort, 'an answer, too');
      expect(await run.main.receive()).toEqual([there[0], 53, 'an answer, too']);
    }, once);
  });
});

describe('recvmess', () => {
  // "if no matching tuple in listen table: start the listener and register the callback, return a commhandle".
  test('where every condition holds, makes a row, listens, and gives a handle', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run);
      const handle = await repy.recvmess(here[0], 53, (_own, ip, port, message, given) => {
        send(run.main.pid, ['called', ip, port, String(message), given]);
      });
      expect(repy.udp_listen_table).toEqual([{ localip: here[0], localport: 53 }]);
      expect(repy.tcp_listen_table).toEqual([]);
      const client = await remote.udp.open(run.main, 4000, { ip: there[0], active: false });
      await client.send(here[0], 53, 'hello');
      expect(await run.main.receive()).toEqual(['called', there[0], 4000, 'hello', handle]);
    }, once);
  });

  // "if (there are free events OR the selector is running) ... else: raise an exception".
  test('raises if no event is free and the selector does not run', async () => {
    await simulate(async (run) => {
      const { repy } = simulated(run, { events: 0 });
      expect(await reason(repy.recvmess(here[0], 53, nobody))).toBe('recvmess system_limit');
      expect(repy.udp_listen_table).toEqual([]);
    }, once);
  });

  // "Is there a connection to the network".
  test('raises if there is no network that the ip belongs to', async () => {
    await simulate(async (run) => {
      const { repy } = simulated(run);
      expect(await reason(repy.recvmess('10.9.9.9', 53, nobody))).toBe('recvmess eaddrnotavail');
      expect(repy.udp_listen_table).toEqual([]);
      expect(repy.info()).toMatchObject({ events: { free: 10 }, selectorRuns: false });
    }, once);
  });

  // "if no matching tuple in listen table": nothing is given otherwise.
  test('is refused where a row matches, and the former callback stays', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run);
      const handle = await repy.recvmess(here[0], 53, () => void send(run.main.pid, 'first'));
      expect(await reason(repy.recvmess(here[0], 53, () => void send(run.main.pid, 'second')))).toBe('recvmess eaddrinuse');
      expect(repy.udp_listen_table).toHaveLength(1);
      const client = await remote.udp.open(run.main, 0, { active: false });
      await client.send(here[0], 53, 'x');
      expect(await run.main.receive()).toBe('first');
      repy.stopcomm(handle);
      await repy.recvmess(here[0], 53, () => void send(run.main.pid, 'third'));
      await client.send(here[0], 53, 'x');
      expect(await run.main.receive()).toBe('third');
    }, once);
  });

  test('of two at the same ip and port that are made together the second is refused', async () => {
    await simulate(async (run) => {
      const { repy } = simulated(run);
      const [first, second] = await Promise.allSettled([repy.recvmess(here[0], 53, nobody), repy.recvmess(here[0], 53, nobody)]);
      expect([first?.status, second?.status]).toEqual(['fulfilled', 'rejected']);
      expect(repy.udp_listen_table).toHaveLength(1);
    }, once);
  });

  test('a row that differs in ip or port alone is another listener, and so is one of TCP', async () => {
    await simulate(async (run) => {
      const { repy } = simulated(run, { events: 1 });
      await repy.recvmess(here[0], 53, nobody);
      await repy.recvmess(here[1], 53, nobody);
      await repy.recvmess(here[0], 54, nobody);
      await repy.waitforconn(here[0], 53, () => undefined);
      expect([repy.udp_listen_table.length, repy.tcp_listen_table.length]).toEqual([3, 1]);
      // "no free event is consumed if the socket selector thread is already running": four listeners have one.
      expect(repy.info().events.free).toBe(0);
    }, once);
  });
});
