/** The budget of events and sockets: who waits for what, in which order, and that nothing is lost or piles up meanwhile. */
import { type Pid, send } from 'mailport';
import { simulate } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import { Repy } from '../../actors/repy/repy.js';
import { SocketError } from '../../actors/socket/index.js';
import { exit, isAlive, type Self } from '../../runtime/index.js';
import { here, simulated } from './stage.js';

const few = { runs: 10 };

/** Callbacks that say when they begin, and end when they are told to. */
interface Begun {
  readonly who: string;
  readonly pid: Pid<unknown>;
}

async function hold(main: Self<unknown>, own: Self, who: string): Promise<void> {
  send(main.pid, { who, pid: own.pid });
  await (own as Self<unknown>).receive();
}

const begun = async (main: Self<unknown>): Promise<Begun> => (await main.receive()) as Begun;
const nothing = async (main: Self<unknown>): Promise<void> => expect(await main.receive({ after: 1000 })).toBeUndefined();

// "If there are no free events available when a connection is established the callback function will not be called until an event is available."
test('connections wait for an event, in order, none is lost, and none is accepted meanwhile', async () => {
  await simulate(async (run) => {
    const { repy, remote, local } = simulated(run, { events: 3, sockets: 100 });
    await repy.waitforconn(here[0], 80, async (own, _ip, port) => hold(run.main, own, `${port}`));
    const ports: string[] = [];
    for (let count = 0; count < 30; count += 1) {
      const client = await remote.tcp.connect(run.main, here[0], 80, { active: false });
      ports.push(String((client.sockname() as { port: number }).port));
    }
    const running = [await begun(run.main), await begun(run.main)];
    await nothing(run.main);
    // The listener, and the two that run. The other 28 are in the backlog of the system.
    expect(local.tcp.openSockets()).toHaveLength(3);
    expect(repy.info()).toMatchObject({ events: { all: 3, free: 0 }, callbacks: 2, waiting: 1 });
    // Both could run, and the seed decides which of them did first.
    const seen = running.map(({ who }) => who).sort();
    while (running.length > 0) {
      send(running.shift()!.pid, 'end');
      if (seen.length === ports.length) continue;
      const next = await begun(run.main);
      seen.push(next.who);
      running.push(next);
    }
    expect(seen).toEqual(ports);
    await nothing(run.main);
    expect(repy.info()).toMatchObject({ events: { free: 2 }, callbacks: 0, waiting: 0 });
  }, few);
});

// "If there are no free events available when a message is received the callback function will not be called until an event is available."
test('messages wait for an event, in order, and none is lost that the buffer of the system has room for', async () => {
  await simulate(
    async (run) => {
      const { repy, remote } = simulated(run, { events: 2 });
      await repy.recvmess(here[0], 53, async (own, _ip, _port, message) => hold(run.main, own, String(message)));
      const client = await remote.udp.open(run.main, 0, { active: false });
      const texts = Array.from({ length: 40 }, (_, index) => `${index}`);
      for (const text of texts) await client.send(here[0], 53, text);
      const seen: string[] = [];
      for (const _ of texts) {
        const next = await begun(run.main);
        seen.push(next.who);
        await nothing(run.main);
        expect(repy.info()).toMatchObject({ events: { free: 0 }, callbacks: 1 });
        send(next.pid, 'end');
      }
      expect(seen).toEqual(texts);
    },
    { runs: 3 },
  );
});

test('what waits of a flood of messages is one message here, and what fills the buffer of the system', async () => {
  await simulate(
    async (run) => {
      const { repy, remote, local } = simulated(run, { events: 2 });
      await repy.recvmess(here[0], 53, async (own, _ip, _port, message) => hold(run.main, own, String(message.length)));
      const [port] = local.udp.openSockets();
      const client = await remote.udp.open(run.main, 0, { active: false });
      for (let count = 0; count < 2000; count += 1) await client.send(here[0], 53, Buffer.alloc(1000));
      const first = await begun(run.main);
      await nothing(run.main);
      // Those that are queued before the socket in this process count, too.
      expect(port!.info().queuedBytes[0]).toBeLessThanOrEqual(port!.getopts(['recbuf']).recbuf!);
      let came = 1;
      for (let next: Begun | undefined = first; next !== undefined; came += 1) {
        send(next.pid, 'end');
        next = (await run.main.receive({ after: 1000 })) as Begun | undefined;
      }
      expect(came).toBeLessThan(500);
      // The listener goes on.
      await client.send(here[0], 53, 'x');
      expect((await begun(run.main)).who).toBe('1');
    },
    { seed: 1 },
  );
});

test('a callback that crashes, exits or is killed gives its event back and its socket, and the others go on', async () => {
  await simulate(async (run) => {
    run.system.configure({ logger: { error: () => undefined } });
    const { repy, remote } = simulated(run, { events: 2, sockets: 1 });
    const ends: ((own: Self) => unknown)[] = [
      () => {
        throw new Error('a crash');
      },
      async () => Promise.reject(new Error('a late crash')),
      (own) => own.exit('a reason'),
      (own) => exit(own.pid, 'kill'),
      () => 'as it should',
    ];
    let count = 0;
    await repy.waitforconn(here[0], 80, async (own, _ip, _port, socket) => {
      send(run.main.pid, count);
      count += 1;
      if (count === ends.length) await socket.close();
      return ends[count - 1]!(own);
    });
    const clients = await Promise.all(ends.map(() => remote.tcp.connect(run.main, here[0], 80, { active: false })));
    for (const [index] of ends.entries()) expect(await run.main.receive()).toBe(index);
    for (const client of clients) await expect(client.recv()).rejects.toMatchObject({ reason: 'closed' });
    await nothing(run.main);
    expect(repy.info()).toMatchObject({ events: { free: 1 }, sockets: { free: 1 }, callbacks: 0 });
    expect(repy.tcp_conn_table).toEqual([]);
  }, few);
});

test('a socket outlives its callback: whoever has it may use it', async () => {
  await simulate(async (run) => {
    const { repy, remote } = simulated(run);
    await repy.waitforconn(here[0], 80, (_own, _ip, _port, socket) => void send(run.main.pid, socket));
    const client = await remote.tcp.connect(run.main, here[0], 80, { active: false });
    const socket = (await run.main.receive()) as Awaited<ReturnType<Repy['openconn']>>;
    await nothing(run.main);
    expect(repy.info()).toMatchObject({ callbacks: 0, sockets: { free: 9 } });
    await client.send('hello');
    expect(String(await socket.recv(10))).toBe('hello');
    await socket.close();
    expect(repy.info().sockets.free).toBe(10);
  }, few);
});

describe('listeners that wait', () => {
  test('take turns: one whose remote ends flood does not keep the event from another', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run, { events: 2, sockets: 100 });
      for (const port of [80, 81]) await repy.waitforconn(here[0], port, async (own) => hold(run.main, own, `${port}`));
      for (let count = 0; count < 10; count += 1) await remote.tcp.connect(run.main, here[0], 80, { active: false });
      const first = await begun(run.main);
      await remote.tcp.connect(run.main, here[0], 81, { active: false });
      await nothing(run.main);
      send(first.pid, 'end');
      const next = [await begun(run.main)];
      send(next[0]!.pid, 'end');
      next.push(await begun(run.main));
      expect(next.map(({ who }) => who)).toContain('81');
    }, few);
  });

  test('for a socket leave the events to those who need none', async () => {
    await simulate(async (run) => {
      const { repy, remote, local } = simulated(run, { events: 3, sockets: 1 });
      await repy.waitforconn(here[0], 80, async (own) => hold(run.main, own, 'connection'));
      await repy.recvmess(here[0], 53, async (own) => hold(run.main, own, 'message'));
      for (let count = 0; count < 3; count += 1) await remote.tcp.connect(run.main, here[0], 80, { active: false });
      expect((await begun(run.main)).who).toBe('connection');
      await nothing(run.main);
      // Two listeners are no connections; one connection was accepted.
      expect(local.tcp.openSockets()).toHaveLength(2);
      expect(repy.info()).toMatchObject({ events: { free: 1 }, sockets: { free: 0 } });
      const client = await remote.udp.open(run.main, 0, { active: false });
      await client.send(here[0], 53, 'x');
      expect((await begun(run.main)).who).toBe('message');
    }, few);
  });

  test('are as many as there are listeners, and a turn costs the same for thousands of them', async () => {
    await simulate(
      async (run) => {
        const { repy, remote } = simulated(run, { events: 2, sockets: 10 });
        const ports = Array.from({ length: 2000 }, (_, index) => 1000 + index);
        let served = 0;
        for (const port of ports) {
          await repy.waitforconn(here[0], port, async (_own, _ip, _port, socket) => {
            served += 1;
            await socket.close();
          });
        }
        await Promise.all(ports.map((port) => remote.tcp.connect(run.main, here[0], port, { active: false })));
        await nothing(run.main);
        expect(served).toBe(ports.length);
        expect(repy.info()).toMatchObject({ events: { free: 1 }, sockets: { free: 10 }, waiting: 0 });
      },
      { seed: 1 },
    );
  });
});

test('many that can be served at once are, a share at a time', async () => {
  await simulate(
    async (run) => {
      const { repy, remote } = simulated(run, { events: 501, sockets: 500 });
      const clients: Promise<unknown>[] = [];
      // They wait in the backlog before the selector has its first turn.
      const opened = repy.waitforconn(here[0], 80, async (own) => hold(run.main, own, 'held'));
      await opened;
      for (let count = 0; count < 500; count += 1) clients.push(remote.tcp.connect(run.main, here[0], 80, { active: false }));
      await Promise.all(clients);
      for (let count = 0; count < 500; count += 1) expect((await begun(run.main)).who).toBe('held');
      expect(repy.info()).toMatchObject({ callbacks: 500, events: { free: 0 }, sockets: { free: 0 } });
    },
    { seed: 1 },
  );
});

test('a system without descriptors is asked again, and the connection gets its callback', async () => {
  await simulate(
    async (run) => {
      const { local, remote } = simulated(run);
      const refusals = ['emfile', 'enomem'];
      // The kernel has no descriptor for the first two attempts.
      const listen: typeof local.tcp.listen = async (...args) => {
        const port = await local.tcp.listen(...args);
        const acceptNow = port.acceptNow.bind(port);
        port.acceptNow = (own, onChange) => {
          const accepted = acceptNow(own, onChange);
          const reason = accepted === undefined ? undefined : refusals.shift();
          if (reason === undefined) return accepted;
          void accepted!.close();
          throw new SocketError(reason, 'accept');
        };
        return port;
      };
      const scarce = { tcp: { ...local.tcp, listen }, udp: local.udp };
      const repy = new Repy(run.main, { events: 5, sockets: 5 }, scarce);
      await repy.waitforconn(here[0], 80, async (own) => hold(run.main, own, 'served'));
      for (let count = 0; count < 3; count += 1) await remote.tcp.connect(run.main, here[0], 80, { active: false });
      expect((await begun(run.main)).who).toBe('served');
      expect(run.clock.now()).toBe(200);
      expect(repy.info()).toMatchObject({ events: { free: 3 }, sockets: { free: 4 } });
    },
    { seed: 1 },
  );
});

test('a failed call of a callback that nobody awaits ends that callback, and no other', async () => {
  await simulate(
    async (run) => {
      const failures: unknown[] = [];
      run.system.configure({ logger: { error: (text: unknown) => void failures.push(text) } });
      const { repy, remote } = simulated(run);
      await repy.waitforconn(here[0], 80, async (own, _ip, _port, socket) => {
        const ref = run.main.pid;
        send(ref, { who: 'begun', pid: own.pid });
        await (own as Self<unknown>).receive();
        await socket.close();
        void socket.send('into the void');
        await (own as Self<unknown>).receive();
      });
      for (let count = 0; count < 2; count += 1) await remote.tcp.connect(run.main, here[0], 80, { active: false });
      const [first, second] = [await begun(run.main), await begun(run.main)];
      const down = run.main.monitor(first.pid);
      send(first.pid, 'go on');
      const message = (await run.main.receive()) as readonly unknown[];
      expect([message[1], message[3]]).toEqual([down, first.pid]);
      expect(message[4]).toMatchObject({ reason: 'closed', syscall: 'send' });
      expect(isAlive(second.pid)).toBe(true);
      expect(isAlive(repy.pid)).toBe(true);
      await nothing(run.main);
      expect(repy.info()).toMatchObject({ callbacks: 1, events: { free: 8 } });
    },
    { seed: 1 },
  );
});

test('exit of the actor of a sandbox ends its callbacks, those that trap exits a while later, and not its creator', async () => {
  await simulate(
    async (run) => {
      const { repy, remote } = simulated(run);
      await repy.waitforconn(here[0], 80, async (own) => {
        own.trapExit = true;
        send(run.main.pid, { who: 'stubborn', pid: own.pid });
        for (;;) await (own as Self<unknown>).receive();
      });
      await remote.tcp.connect(run.main, here[0], 80, { active: false });
      const { pid } = await begun(run.main);
      const ref = run.main.monitor(pid);
      const ended = run.main.monitor(repy.pid);
      exit(repy.pid, 'shutdown');
      expect(await run.main.receive()).toEqual(['DOWN', ref, 'process', pid, 'killed']);
      expect(run.clock.now()).toBe(5000);
      expect(await run.main.receive()).toEqual(['DOWN', ended, 'process', repy.pid, 'shutdown']);
    },
    { seed: 1 },
  );
});
