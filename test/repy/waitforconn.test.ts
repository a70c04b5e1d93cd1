/** `waitforconn` and `stopcomm` as the document describes them: their results, with each of the conditions made false in turn. */
import { send } from 'mailport';
import { simulate } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import type { ConnCallback } from '../../actors/repy/index.js';
import { reply } from '../../runtime/index.js';
import { here, inSandbox, network, reason, self, simulated } from './stage.js';

const once = { runs: 5 };
const nobody: ConnCallback = () => undefined;

// "if no matching tuple in listen table: make entry in listen table, start the listener and register the callback function ... return a commhandle".
test('where every condition holds, makes a row, listens, and gives a handle', async () => {
  await simulate(async (run) => {
    const { repy, remote } = simulated(run);
    const handle = await repy.waitforconn(here[0], 80, async (_own, ip, port, socket, given) => {
      send(run.main.pid, ['called', ip, port, given, String(await socket.recv(10))]);
    });
    expect(repy.tcp_listen_table).toEqual([{ localip: here[0], localport: 80 }]);
    expect(handle).toMatchObject({ ip: here[0], port: 80 });
    const client = await remote.tcp.connect(run.main, here[0], 80, { active: false });
    await client.send('hello');
    const { address, port } = client.sockname() as { address: string; port: number };
    expect(await run.main.receive()).toEqual(['called', address, port, handle, 'hello']);
    // The socket-like object stands in tcp_conn_table until it is closed.
    expect(repy.tcp_conn_table).toEqual([{ localip: here[0], localport: 80, remoteip: address, remoteport: port }]);
  }, once);
});

describe('raises, and leaves the table and the events as they were,', () => {
  // "Are there free events OR is the socket selector already running".
  test('if no event is free and the selector does not run', async () => {
    await simulate(async (run) => {
      const { repy } = simulated(run, { events: 0 });
      expect(await reason(repy.waitforconn(here[0], 80, nobody))).toBe('waitforconn system_limit');
      expect(repy.tcp_listen_table).toEqual([]);
      expect(repy.info()).toMatchObject({ events: { all: 0, free: 0 }, selectorRuns: false });
    }, once);
  });

  // "Is there a connection to the network".
  test('if there is no network that the ip belongs to', async () => {
    await simulate(async (run) => {
      const { repy } = simulated(run);
      expect(await reason(repy.waitforconn('10.9.9.9', 80, nobody))).toBe('waitforconn eaddrnotavail');
      expect(repy.tcp_listen_table).toEqual([]);
      expect(repy.info()).toMatchObject({ events: { all: 10, free: 10 }, selectorRuns: false });
    }, once);
  });

  test('if somebody else listens there', async () => {
    await simulate(async (run) => {
      const { repy, local } = simulated(run);
      await local.tcp.listen(run.main, 80, { ip: here[0] });
      expect(await reason(repy.waitforconn(here[0], 80, nobody))).toBe('waitforconn eaddrinuse');
      expect(repy.tcp_listen_table).toEqual([]);
      expect(repy.info().events.free).toBe(10);
    }, once);
  });
});

// "no free event is consumed if the socket selector thread is already running from a previous waitforconn".
test('the selector takes one event, however many listeners there are, and gives it back with the last one', async () => {
  await simulate(async (run) => {
    const { repy } = simulated(run, { events: 1 });
    const handles = [await repy.waitforconn(here[0], 1000, nobody)];
    expect(repy.info()).toMatchObject({ events: { all: 1, free: 0 }, selectorRuns: true });
    for (let port = 1001; port < 1020; port += 1) handles.push(await repy.waitforconn(here[0], port, nobody));
    handles.push(await repy.recvmess(here[0], 1000, nobody as never));
    expect(repy.info().events.free).toBe(0);
    for (const handle of handles.slice(1)) expect(repy.stopcomm(handle)).toBe(true);
    expect(repy.info()).toMatchObject({ events: { all: 1, free: 0 }, selectorRuns: true });
    expect(repy.stopcomm(handles[0]!)).toBe(true);
    expect(repy.info()).toMatchObject({ events: { all: 1, free: 1 }, selectorRuns: false });
  }, once);
});

// "elif: replace the callback function; return a commhandle".
test('where a row matches, replaces the callback and gives the handle', async () => {
  await simulate(async (run) => {
    const { repy, remote } = simulated(run, { events: 2 });
    const named =
      (name: string): ConnCallback =>
      (_own, _ip, _port, socket) => {
        send(run.main.pid, name);
        return socket.close();
      };
    const handle = await repy.waitforconn(here[0], 80, named('first'));
    await remote.tcp.connect(run.main, here[0], 80, { active: false });
    expect(await run.main.receive()).toBe('first');
    expect(await repy.waitforconn(here[0], 80, named('second'))).toBe(handle);
    expect(repy.tcp_listen_table).toEqual([{ localip: here[0], localport: 80 }]);
    await remote.tcp.connect(run.main, here[0], 80, { active: false });
    expect(await run.main.receive()).toBe('second');
    // One listener, which one stopcomm stops.
    expect(repy.stopcomm(handle)).toBe(true);
    expect(repy.tcp_listen_table).toEqual([]);
  }, once);
});

test('where the row is just being made, the later callback counts, and both calls give the handle', async () => {
  await simulate(async (run) => {
    const { repy, remote } = simulated(run);
    const calls = ['first', 'second'].map((name) => repy.waitforconn(here[0], 80, () => void send(run.main.pid, name)));
    const [first, second] = await Promise.all(calls);
    expect(first).toBe(second);
    await remote.tcp.connect(run.main, here[0], 80, { active: false });
    expect(await run.main.receive()).toBe('second');
  }, once);
});

test('connections that wait when the callback is replaced get the new one', async () => {
  await simulate(async (run) => {
    const { repy, remote } = simulated(run, { events: 2 });
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    await repy.waitforconn(here[0], 80, async () => {
      send(run.main.pid, 'first');
      await held;
    });
    for (let client = 0; client < 3; client += 1) await remote.tcp.connect(run.main, here[0], 80, { active: false });
    expect(await run.main.receive()).toBe('first');
    await repy.waitforconn(here[0], 80, () => void send(run.main.pid, 'second'));
    release();
    expect([await run.main.receive(), await run.main.receive()]).toEqual(['second', 'second']);
  }, once);
});

// "a conflicting entry is one where all columns match."
test('a row that differs in ip or port alone is another listener', async () => {
  await simulate(async (run) => {
    const { repy } = simulated(run);
    const handles = [
      await repy.waitforconn(here[0], 80, nobody),
      await repy.waitforconn(here[1], 80, nobody),
      await repy.waitforconn(here[0], 81, nobody),
    ];
    expect(new Set(handles).size).toBe(3);
    expect(repy.tcp_listen_table).toHaveLength(3);
  }, once);
});

test('with port 0 each call listens at a port of its own', async () => {
  await inSandbox({}, async (repy) => {
    const handles = await Promise.all([0, 0].map((port) => repy.waitforconn('127.0.0.1', port, nobody)));
    expect(new Set(handles.map(({ port }) => port)).size).toBe(2);
    expect(repy.tcp_listen_table.map(({ localport }) => localport).sort()).toEqual(handles.map(({ port }) => port).sort());
  });
});

describe('stopcomm', () => {
  // "will stop the listener and remove the entry from the corresponding listen table. True is returned for success and False for failure."
  test('stops the listener and removes its row from its table: true; again: false', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run);
      const tcp = await repy.waitforconn(here[0], 80, nobody);
      const udp = await repy.recvmess(here[0], 80, () => undefined);
      expect(repy.stopcomm(tcp)).toBe(true);
      expect([repy.tcp_listen_table, repy.udp_listen_table]).toEqual([[], [{ localip: here[0], localport: 80 }]]);
      expect(await reason(remote.tcp.connect(run.main, here[0], 80))).toBe('connect econnrefused');
      expect(repy.stopcomm(tcp)).toBe(false);
      expect(repy.udp_listen_table).toHaveLength(1);
      expect(repy.stopcomm(udp)).toBe(true);
      expect(repy.udp_listen_table).toEqual([]);
      expect(repy.stopcomm(udp)).toBe(false);
    }, once);
  });

  test('of a handle of another sandbox is false, and stops nothing', async () => {
    await inSandbox({}, async (repy) => {
      await inSandbox({}, async (other) => {
        const handle = await other.waitforconn('127.0.0.1', 0, nobody);
        expect(repy.stopcomm(handle)).toBe(false);
        expect(other.tcp_listen_table).toHaveLength(1);
      });
    });
  });

  test('leaves callbacks that run and their connections alone, and the port can be listened at again beside them', async () => {
    await inSandbox({}, async (repy) => {
      const handle = await repy.waitforconn('127.0.0.1', 0, async (_own, _ip, _port, socket) => {
        send(self.pid, 'called');
        await socket.send(await socket.recv(10));
      });
      const client = await network.tcp.connect(self, '127.0.0.1', handle.port, { active: false });
      expect(await self.receive()).toBe('called');
      expect(repy.stopcomm(handle)).toBe(true);
      const again = await repy.waitforconn('127.0.0.1', handle.port, nobody);
      expect(again).not.toBe(handle);
      expect(repy.stopcomm(handle)).toBe(false);
      await client.send('still');
      expect(String(await client.recv())).toBe('still');
      await client.close(self);
    });
  });
});

test('a sandbox ends with its creator: its listeners, connections and callbacks too', async () => {
  await simulate(async (run) => {
    const { local, remote } = simulated(run);
    const { Repy } = await import('../../actors/repy/repy.js');
    const { spawn } = await import('../../runtime/index.js');
    const creator = spawn<unknown>(
      async (own) => {
        const repy = new Repy(own, { events: 5, sockets: 5 }, local);
        await repy.waitforconn(here[0], 80, async (callback) => {
          send(run.main.pid, callback.pid);
          await callback.receive();
        });
        send(run.main.pid, repy);
        await own.receive();
      },
      { system: run.system },
    );
    const repy = (await run.main.receive()) as InstanceType<typeof Repy>;
    const client = await remote.tcp.connect(run.main, here[0], 80, { active: false });
    const callback = (await run.main.receive()) as typeof repy.pid;
    const refs = [run.main.monitor(callback), run.main.monitor(repy.pid)];
    send(creator, 'the end');
    for (const ref of refs) await run.main.receive(reply(ref));
    expect(await reason(client.recv())).toBe('recv closed');
    expect(await reason(remote.tcp.connect(run.main, here[0], 80))).toBe('connect econnrefused');
    expect([repy.tcp_conn_table, repy.tcp_listen_table]).toEqual([[], []]);
    expect(await reason(repy.openconn(here[0], 80))).toBe('openconn closed');
    expect(await reason(repy.waitforconn(here[0], 80, nobody))).toBe('waitforconn closed');
    expect(await reason(repy.recvmess(here[0], 80, () => undefined))).toBe('recvmess closed');
    expect(await reason(repy.sendmess(here[0], 80, 'x'))).toBe('sendmess closed');
  }, once);
});
