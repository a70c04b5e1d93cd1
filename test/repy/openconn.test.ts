/** `openconn` as the document describes it: its result, with each of the conditions made false in turn. The sentences stand in docs/repy.md. */
import { simulate } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import type { OpenconnOptions } from '../../actors/repy/index.js';
import { here, inSandbox, network, reason, self, simulated, there } from './stage.js';

const once = { runs: 5 };

// "if (not matching entry in tcp_conn_table) AND (sockets available) AND ...: place an entry into tcp_conn_table, return a socekt_like_obj".
test('where every condition holds, places a row into tcp_conn_table and gives a socket', async () => {
  await simulate(async (run) => {
    const { repy, remote } = simulated(run);
    const listener = await remote.tcp.listen(run.main, 80, { active: false });
    expect(repy.tcp_conn_table).toEqual([]);
    const socket = await repy.openconn(there[0], 80, { localip: here[0], localport: 4000, timeout: 1000 });
    const row = { localip: here[0], localport: 4000, remoteip: there[0], remoteport: 80 };
    expect(repy.tcp_conn_table).toEqual([row]);
    const accepted = await listener.accept(run.main);
    expect(await socket.send('hello')).toBe(5);
    expect(String(await accepted.recv())).toBe('hello');
    expect(repy.info().sockets).toEqual({ all: 10, free: 9 });
    await socket.close();
    expect(repy.tcp_conn_table).toEqual([]);
    expect(repy.info().sockets.free).toBe(10);
  }, once);
});

describe('raises, and leaves the table and the sockets as they were,', () => {
  const conflict = { localip: here[0], localport: 4000 } as const;

  // "Is there a conflicting tuple in the tcp_conn_table."
  test('if all columns of a row match', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run);
      await remote.tcp.listen(run.main, 80, { active: false });
      const first = await repy.openconn(there[0], 80, conflict);
      const rows = repy.tcp_conn_table;
      expect(await reason(repy.openconn(there[0], 80, conflict))).toBe('openconn eaddrinuse');
      expect(repy.tcp_conn_table).toEqual(rows);
      expect(repy.info().sockets.free).toBe(9);
      // Nothing else was wrong: the same call succeeds without the row.
      await first.close();
      await run.main.receive({ after: 0 });
      expect(repy.tcp_conn_table).toEqual([]);
      await repy.openconn(there[0], 80, conflict);
    }, once);
  });

  test('if a connection of the same columns is being opened', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run);
      await remote.tcp.listen(run.main, 80, { active: false });
      const results = await Promise.allSettled([repy.openconn(there[0], 80, conflict), repy.openconn(there[0], 80, conflict)]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(repy.tcp_conn_table).toHaveLength(1);
      expect(repy.info().sockets.free).toBe(9);
    }, once);
  });

  // "Are sockets resources available".
  test('if no socket is free', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run, { sockets: 2 });
      await remote.tcp.listen(run.main, 80, { active: false });
      const first = await repy.openconn(there[0], 80);
      await repy.openconn(there[0], 80);
      expect(await reason(repy.openconn(there[0], 80))).toBe('openconn emfile');
      expect(repy.tcp_conn_table).toHaveLength(2);
      await first.close();
      await repy.openconn(there[0], 80);
    }, once);
  });

  // "Can network connectivity to the remote host be established".
  test('if nothing leads to the host', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run);
      await remote.tcp.listen(run.main, 80, { active: false });
      expect(await reason(repy.openconn('fd00::1', 80))).toBe('openconn enetunreach');
      expect(repy.tcp_conn_table).toEqual([]);
      expect(repy.info().sockets.free).toBe(10);
      await repy.openconn(there[0], 80);
    }, once);
  });

  test('if this machine does not have the local ip', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run);
      await remote.tcp.listen(run.main, 80, { active: false });
      expect(await reason(repy.openconn(there[0], 80, { localip: '10.9.9.9' }))).toBe('openconn eaddrnotavail');
      expect(repy.tcp_conn_table).toEqual([]);
      expect(repy.info().sockets.free).toBe(10);
    }, once);
  });

  test('if the name of the host cannot be resolved', async () => {
    await inSandbox({}, async (repy) => {
      expect(await reason(repy.openconn('name.invalid', 80))).toBe('openconn nxdomain');
      expect(await reason(repy.openconn('name.invalid', 80, { localip: '127.0.0.1', localport: 4000 }))).toBe(
        'openconn nxdomain',
      );
      expect(repy.tcp_conn_table).toEqual([]);
      expect(repy.info().sockets.free).toBe(10);
    });
  });

  // "will the host accept the connection".
  test('if the host does not accept the connection', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run);
      expect(await reason(repy.openconn(there[0], 80))).toBe('openconn econnrefused');
      expect(repy.tcp_conn_table).toEqual([]);
      expect(repy.info().sockets.free).toBe(10);
      await remote.tcp.listen(run.main, 80, { active: false });
      await repy.openconn(there[0], 80);
    }, once);
  });

  // "Will the connection be established within the timeout value".
  test('if the connection is not there before the timeout expires', async () => {
    await simulate(async (run) => {
      const { repy, net, remote } = simulated(run);
      await remote.tcp.listen(run.main, 80, { active: false });
      net.change({ latencyMs: 100 });
      expect(await reason(repy.openconn(there[0], 80, { timeout: 199 }))).toBe('openconn timeout');
      expect(run.clock.now()).toBe(199);
      expect(repy.tcp_conn_table).toEqual([]);
      expect(repy.info().sockets.free).toBe(10);
      await repy.openconn(there[0], 80, { timeout: 201 });
    }, once);
  });
});

// "A conflicting entry is one where all columns match."
test.each<[string, string, number, OpenconnOptions]>([
  ['localip', there[0], 80, { localip: here[1], localport: 4000 }],
  ['localport', there[0], 80, { localip: here[0], localport: 4001 }],
  ['remoteip', there[1], 80, { localip: here[0], localport: 4000 }],
  ['remoteport', there[0], 81, { localip: here[0], localport: 4000 }],
])('a row that differs in %s alone does not conflict', async (_column, host, port, options) => {
  await simulate(async (run) => {
    const { repy, remote } = simulated(run);
    for (const listening of [80, 81]) await remote.tcp.listen(run.main, listening, { active: false });
    await repy.openconn(there[0], 80, { localip: here[0], localport: 4000 });
    await repy.openconn(host, port, options);
    expect(repy.tcp_conn_table).toHaveLength(2);
  }, once);
});

// The clock of this machine does not go by whole milliseconds.
test('with a timeout, over the kernel, whether the row is known beforehand or not', async () => {
  await inSandbox({}, async (repy) => {
    const listener = await network.tcp.listen(self, 0, { ip: '127.0.0.1', active: false });
    const first = await repy.openconn('127.0.0.1', listener.port, { timeout: 60_000 });
    const [row] = repy.tcp_conn_table;
    await first.close();
    const other = await repy.openconn('localhost', listener.port, { localip: '127.0.0.1', localport: 0, timeout: 60_000 });
    const known = { localip: '127.0.0.2', localport: row?.localport ?? 0, timeout: 60_000 };
    const second = await repy.openconn('127.0.0.1', listener.port, known);
    expect(repy.tcp_conn_table).toHaveLength(2);
    await Promise.all([other.close(), second.close(), listener.close()]);
  });
});

test('over the kernel too, rows that share their local end stand beside each other, and one that matches is refused', async () => {
  await inSandbox({}, async (repy) => {
    const listeners = [
      await network.tcp.listen(self, 0, { ip: '127.0.0.1', active: false }),
      await network.tcp.listen(self, 0, { ip: '127.0.0.1', active: false }),
    ];
    const [first = 0, second = 0] = listeners.map(({ port }) => port);
    const socket = await repy.openconn('127.0.0.1', first, { localip: '127.0.0.1' });
    const [row] = repy.tcp_conn_table;
    expect(row).toMatchObject({ localip: '127.0.0.1', remoteip: '127.0.0.1', remoteport: first });
    const same = { localip: '127.0.0.1', localport: row?.localport ?? 0 };
    expect(await reason(repy.openconn('127.0.0.1', first, same))).toBe('openconn eaddrinuse');
    // However the address is written.
    expect(await reason(repy.openconn('localhost', first, same))).toBe('openconn eaddrinuse');
    await socket.close();
    // Below the ports that the kernel gives by itself; others of this machine may have some of them.
    let shared = { localip: '127.0.0.1', localport: 20_000 };
    while ((await reason(repy.openconn('127.0.0.1', first, shared))) === 'openconn eaddrinuse') {
      shared = { ...shared, localport: shared.localport + 1 };
    }
    await repy.openconn('127.0.0.1', second, shared);
    expect(repy.tcp_conn_table).toHaveLength(2);
    for (const listener of listeners) await listener.close(self);
  });
});

test('reaches a host by IPv6, and by a name', async () => {
  await inSandbox({}, async (repy) => {
    const listener = await network.tcp.listen(self, 0, { ip: '::1', active: false });
    await repy.openconn('::1', listener.port);
    await repy.openconn('0:0:0:0:0:0:0:1', listener.port, { localip: '::1' });
    expect(repy.tcp_conn_table.map(({ localip, remoteip }) => [localip, remoteip])).toEqual([
      ['::1', '::1'],
      ['::1', '::1'],
    ]);
    await listener.close(self);
    const byName = await network.tcp.listen(self, 0, { ip: '127.0.0.1', active: false });
    await repy.openconn('localhost', byName.port, { localip: '127.0.0.1' });
    await byName.close(self);
  });
});

test('one that nobody awaits is the failure of the actor that created the sandbox', async () => {
  await simulate(
    async (run) => {
      const { local } = simulated(run);
      const { Repy } = await import('../../actors/repy/repy.js');
      const { spawnMonitor, reply } = await import('../../runtime/index.js');
      const [, ref] = spawnMonitor(run.main, async (own) => {
        const repy = new Repy(own, { events: 1, sockets: 1 }, local);
        void repy.openconn(there[0], 80);
        await own.receive();
      });
      const down = (await run.main.receive(reply(ref))) as readonly unknown[];
      expect(down.at(-1)).toMatchObject({ reason: 'econnrefused', syscall: 'openconn' });
    },
    { seed: 1 },
  );
});
