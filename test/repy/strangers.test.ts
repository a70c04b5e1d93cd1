/** Remote ends that nobody knows: they vanish at any moment, never read, flood, and come by the thousand. What they cost is bounded, and the others go on. */
import { connect as netConnect, type Socket } from 'node:net';
import { send } from 'mailport';
import { simulate } from 'mailport/testing';
import { expect, test } from 'vitest';
import type { Repy } from '../../actors/repy/index.js';
import { here, inSandbox, network, self, simulated, until } from './stage.js';

async function knock(port: number): Promise<Socket> {
  const socket = netConnect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** The sandbox is as it was, but for a listener. */
async function quiet(repy: Repy, events: number, sockets: number): Promise<void> {
  await until(() => repy.info().callbacks === 0 && repy.info().sockets.free === sockets);
  expect(repy.info()).toMatchObject({ events: { free: events - 1 }, sockets: { free: sockets } });
  expect(repy.tcp_conn_table).toEqual([]);
}

test('thousands that come at once are served with the events and sockets there are, and cost no more', async () => {
  await inSandbox({ events: 4, sockets: 4 }, async (repy) => {
    let most = 0;
    let served = 0;
    const handle = await repy.waitforconn('127.0.0.1', 0, async (_own, _ip, _port, socket) => {
      // The listener is one of them.
      most = Math.max(most, network.tcp.openSockets().length - 1);
      served += 1;
      await socket.send(await socket.recv(10));
      await socket.close();
    });
    const clients = await Promise.all(Array.from({ length: 900 }, () => knock(handle.port)));
    const answers = clients.map(async (client) => {
      client.write('hello');
      let text = '';
      for await (const chunk of client) text += String(chunk);
      return text;
    });
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['hello']));
    expect(served).toBe(900);
    expect(most).toBeLessThanOrEqual(4);
    await quiet(repy, 4, 4);
  });
});

test('those that reset before they are accepted, or while they are served, leave nothing behind', async () => {
  await inSandbox({ events: 3, sockets: 5 }, async (repy) => {
    const handle = await repy.waitforconn('127.0.0.1', 0, async (_own, _ip, _port, socket) => {
      for (;;) await socket.send(await socket.recv(100));
    });
    for (let round = 0; round < 20; round += 1) {
      const clients = await Promise.all(Array.from({ length: 15 }, () => knock(handle.port)));
      for (const [index, client] of clients.entries()) {
        if (index % 3 > 0) client.write('something');
        client.resetAndDestroy();
      }
    }
    const last = await knock(handle.port);
    last.write('still there?');
    const answer = await new Promise((resolve) => last.once('data', resolve));
    expect(String(answer)).toBe('still there?');
    last.destroy();
    await quiet(repy, 3, 5);
  });
});

test('one that never reads blocks its own callback, and a close ends the wait', async () => {
  await inSandbox({ events: 3, sockets: 5 }, async (repy) => {
    const handle = await repy.waitforconn('127.0.0.1', 0, async (_own, _ip, _port, socket) => {
      send(self.pid, socket);
      for (;;) await socket.send(Buffer.alloc(100_000));
    });
    const deaf = await knock(handle.port);
    deaf.pause();
    const socket = (await self.receive()) as Awaited<ReturnType<Repy['openconn']>>;
    await until(() => socket.willblock()[1]);
    const [open] = network.tcp
      .openSockets()
      .filter((each) => each.port === handle.port && each.info().states.includes('connected'));
    // What waits in this process for the deaf one is one send, and what the stack has queued of another.
    expect(open!.info().queuedBytes[1]).toBeLessThan(200_000);
    expect(open!.info().waitingSends).toBeLessThanOrEqual(1);
    const another = await knock(handle.port);
    await self.receive();
    another.destroy();
    deaf.destroy();
    await quiet(repy, 3, 5);
  });
});

test('one that sends without end is read no faster than it is received', async () => {
  await simulate(
    async (run) => {
      const { repy, remote, local } = simulated(run, { events: 2, sockets: 2 });
      await repy.waitforconn(here[0], 80, async (_own, _ip, _port, socket) => {
        await socket.recv(1);
        send(run.main.pid, socket);
      });
      const client = await remote.tcp.connect(run.main, here[0], 80, { active: false });
      let sent = 0;
      for (let taken = -1; taken !== 0; await run.main.receive({ after: 10 })) {
        taken = client.sendNow(Buffer.alloc(50_000));
        sent += taken;
        if (taken === 0) break;
      }
      const [accepted] = local.tcp.openSockets().filter((each) => each.info().states.includes('connected'));
      // One read was taken from the system; the rest is with the system and with the sender.
      expect(accepted!.info().queuedBytes[0]).toBeLessThanOrEqual(65_536);
      expect(accepted!.getstat().recvOct).toBeLessThanOrEqual(65_536);
      expect(sent).toBeLessThan(1_500_000);
    },
    { seed: 1 },
  );
});

test('bytes that come one by one are received in order, whatever n is', async () => {
  await simulate(
    async (run) => {
      const { repy, remote } = simulated(run);
      await repy.waitforconn(here[0], 80, async (_own, _ip, _port, socket) => {
        let text = '';
        for (let n = 1; text.length < 200; n = (n % 5) + 1) text += String(await socket.recv(n));
        send(run.main.pid, text);
      });
      const client = await remote.tcp.connect(run.main, here[0], 80, { active: false, nodelay: true });
      const text = Array.from({ length: 200 }, (_, index) => String.fromCharCode(97 + (index % 26))).join('');
      for (const letter of text) {
        await client.send(letter);
        await run.main.receive((message) => typeof message === 'number', { after: 1 });
      }
      expect(await run.main.receive()).toBe(text);
    },
    { runs: 3 },
  );
});

test('connections whose remote ends have gone without a word are given up after two minutes, and their events and sockets are free', async () => {
  await simulate(
    async (run) => {
      const { repy, remote, net } = simulated(run, { events: 3, sockets: 3 });
      await repy.waitforconn(here[0], 80, async (_own, _ip, _port, socket) => {
        for (;;) await socket.send(await socket.recv(10));
      });
      for (let count = 0; count < 2; count += 1) await remote.tcp.connect(run.main, here[0], 80, { active: false });
      await run.main.receive({ after: 10 });
      net.cut(here[0]);
      await run.main.receive({ after: 119_000 });
      expect(repy.info().callbacks).toBe(2);
      expect(repy.tcp_conn_table).toHaveLength(2);
      await run.main.receive({ after: 2000 });
      expect(repy.info()).toMatchObject({ callbacks: 0, events: { free: 2 }, sockets: { free: 3 } });
      expect(repy.tcp_conn_table).toEqual([]);
    },
    { seed: 1 },
  );
});
