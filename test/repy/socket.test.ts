/** Socket-like objects as the document describes them: `send`, `recv`, `willblock` and `close`. */
import { simulate } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import { connectionRow } from '../../actors/repy/connection.js';
import type { Repy, RepySocket } from '../../actors/repy/index.js';
import type { TcpSocket } from '../../actors/tcp/index.js';
import type { Simulation } from '../../runtime/simulation.js';
import { inSandbox, network, nextTurn, reason, self, simulated, there, until } from './stage.js';

const few = { runs: 5 };

interface Stage {
  readonly repy: Repy;
  readonly near: RepySocket;
  readonly far: TcpSocket;
}

async function connected(run: Simulation): Promise<Stage> {
  const { repy, remote } = simulated(run);
  const listener = await remote.tcp.listen(run.main, 80, { active: false, recbuf: 8192, sndbuf: 8192 });
  const near = await repy.openconn(there[0], 80);
  const far = await listener.accept(run.main);
  return { repy, near, far };
}

/** Lets everything come to rest. */
const rest = async (run: Simulation): Promise<void> => void (await run.main.receive({ after: 100 }));

/** Whether a call has not come back when everything is at rest. */
async function blocks(run: Simulation, call: Promise<unknown>): Promise<boolean> {
  let isBack = false;
  const back = (): void => {
    isBack = true;
  };
  call.then(back, back);
  await rest(run);
  return !isBack;
}

/** Sends until the stack takes no more: how many bytes. */
async function fill(run: Simulation, near: RepySocket): Promise<number> {
  let sent = 0;
  for (; !near.willblock()[1]; await rest(run)) sent += await near.send(Buffer.alloc(50_000, 'x'));
  return sent;
}

async function read(far: TcpSocket, bytes: number): Promise<string> {
  let text = '';
  while (text.length < bytes) text += String(await far.recv());
  return text;
}

describe('send', () => {
  // "will return the number of bytes successfully delivered to the underlying network stack".
  test('gives the number of bytes that the stack took, and those arrive', async () => {
    await simulate(async (run) => {
      const { near, far } = await connected(run);
      expect(await near.send('hello')).toBe(5);
      expect(await near.send(['ü', [0x21]])).toBe(3);
      expect(await near.send('')).toBe(0);
      expect(await read(far, 7)).toBe('helloü!');
    }, few);
  });

  // "A call to send will either block waiting for the underlying network stack to accept the bytes".
  test('blocks while the stack takes nothing, and then gives the number', async () => {
    await simulate(async (run) => {
      const { near, far } = await connected(run);
      const sent = await fill(run, near);
      const calls = [near.send('one'), near.send('three')];
      expect(await blocks(run, calls[0]!)).toBe(true);
      const text = await read(far, sent + 8);
      expect(await Promise.all(calls)).toEqual([3, 5]);
      expect(text.slice(sent)).toBe('onethree');
    }, few);
  });

  test('takes a part where there is room for a part, and the rest may be sent again', async () => {
    await simulate(async (run) => {
      const { near, far } = await connected(run);
      const sent = await fill(run, near);
      let text = '';
      for (; near.willblock()[1]; await rest(run)) text += String(await far.recv());
      const data = 'y'.repeat(50_000);
      const taken = await near.send(data);
      expect(taken).toBeGreaterThan(0);
      expect(taken).toBeLessThan(data.length);
      const others = near.send(data.slice(taken));
      text += await read(far, sent + data.length - text.length);
      expect(await others).toBe(data.length - taken);
      expect(text.slice(sent)).toBe(data);
    }, few);
  });
});

describe('recv', () => {
  // "will return <= n bytes from the stream".
  test('gives at most n bytes, and the rest stays', async () => {
    await simulate(async (run) => {
      const { near, far } = await connected(run);
      await far.send('hello world');
      const parts: string[] = [];
      for (const n of [1, 4, 100]) parts.push(String(await near.recv(n)));
      expect(parts.join('')).toBe('hello world');
      expect(parts.slice(0, 2)).toEqual(['h', 'ello']);
    }, few);
  });

  // "The call will either block waiting for bytes to be delivered".
  test('blocks until bytes come, and calls that block are served in order', async () => {
    await simulate(async (run) => {
      const { near, far } = await connected(run);
      const calls = [near.recv(2), near.recv(3), near.recv(10)];
      expect(await blocks(run, calls[0]!)).toBe(true);
      await far.send('abcde');
      await rest(run);
      await far.send('fgh');
      expect((await Promise.all(calls)).map(String)).toEqual(['ab', 'cde', 'fgh']);
    }, few);
  });
});

// "A tuple of the form (Bool, Bool) is returned indicating if recv and send will or will not block."
describe('willblock', () => {
  const untilTold = 'tells the truth of both directions, in all four cases';
  test(untilTold, async () => {
    await simulate(async (run) => {
      const { near, far } = await connected(run);
      expect(near.willblock()).toEqual([true, false]);
      await far.send('ab');
      await rest(run);
      expect(near.willblock()).toEqual([false, false]);
      expect(String(await near.recv(1))).toBe('a');
      expect(near.willblock()).toEqual([false, false]);
      const sent = await fill(run, near);
      expect(near.willblock()).toEqual([false, true]);
      expect(await blocks(run, near.send('x'))).toBe(true);
      expect(String(await near.recv(1))).toBe('b');
      expect(near.willblock()).toEqual([true, true]);
      expect(await blocks(run, near.recv(1))).toBe(true);
      await read(far, sent + 1);
      await rest(run);
      expect(near.willblock()).toEqual([true, false]);
    }, few);
  });

  test('over the kernel too', async () => {
    await inSandbox({}, async (repy) => {
      const options = { ip: '127.0.0.1', active: false } as const;
      const listener = await network.tcp.listen(self, 0, options);
      const [near, far] = await Promise.all([repy.openconn('127.0.0.1', listener.port), listener.accept(self)]);
      expect(near.willblock()).toEqual([true, false]);
      await far.send('ab');
      await until(() => !near.willblock()[0]);
      const rest = await near.recv(1);
      expect([String(rest), near.willblock()]).toEqual(['a', [false, false]]);
      let sent = 0;
      // The kernels of both ends take more and more for a while.
      for (let quiet = 0; quiet < 20; quiet += 1) {
        for (; !near.willblock()[1]; quiet = 0) sent += await near.send(Buffer.alloc(100_000));
        await nextTurn();
      }
      expect(near.willblock()).toEqual([false, true]);
      expect(String(await near.recv(9))).toBe('b');
      expect(near.willblock()).toEqual([true, true]);
      for (let came = 0; came < sent; ) came += (await far.recv()).length;
      await until(() => !near.willblock()[1]);
      await far.close(self);
      await until(() => !near.willblock()[0]);
      // Nothing has come, but `recv` does not block: it raises.
      expect(await reason(near.recv(1))).toBe('recv closed');
      await listener.close(self);
    });
  });

  test('a recv that waits makes another one block', async () => {
    await simulate(async (run) => {
      const { near, far } = await connected(run);
      const first = near.recv(1);
      expect(near.willblock()).toEqual([true, false]);
      await far.send('ab');
      expect(String(await first)).toBe('a');
      expect(near.willblock()).toEqual([false, false]);
    }, few);
  });
});

describe('close', () => {
  // "After calling close the local socket will raise an exception on any class to send or recv."
  test('makes send, recv and willblock raise, and the calls that block', async () => {
    await simulate(async (run) => {
      const { repy, near, far } = await connected(run);
      await far.send('unread');
      await rest(run);
      const waits = near.recv(100).then(() => near.recv(1));
      const sent = await fill(run, near);
      const blocked = near.send('never sent');
      void near.close();
      expect(repy.tcp_conn_table).toEqual([]);
      expect(await Promise.all([reason(waits), reason(blocked)])).toEqual(['recv closed', 'send closed']);
      expect(await Promise.all([reason(near.send('x')), reason(near.recv(1))])).toEqual(['send closed', 'recv closed']);
      expect(() => near.willblock()).toThrow(expect.objectContaining({ reason: 'closed', syscall: 'willblock' }));
      expect(await read(far, sent)).not.toContain('never');
      expect(await reason(far.recv())).toBe('recv closed');
    }, few);
  });

  // "The remote end of the socket will still be able to call recv until all data previously delivered is read."
  test('leaves the remote end everything that was delivered', async () => {
    await simulate(async (run) => {
      const { near, far } = await connected(run);
      const sent = await fill(run, near);
      void near.close();
      await rest(run);
      expect((await read(far, sent)).length).toBe(sent);
      expect(await reason(far.recv())).toBe('recv closed');
    }, few);
  });

  test.each([
    ['with bytes that nobody has read', false],
    ['while the remote end goes on sending', true],
  ])('leaves it also %s, over the kernel', async (_when, goesOn) => {
    await inSandbox({}, async (repy) => {
      const listener = await network.tcp.listen(self, 0, { ip: '127.0.0.1', active: false });
      const [near, far] = await Promise.all([repy.openconn('127.0.0.1', listener.port), listener.accept(self)]);
      await far.send('unread');
      await until(() => !near.willblock()[0]);
      const data = Buffer.alloc(5_000_000, 'x');
      expect(await near.send(data)).toBe(data.length);
      const closed = near.close();
      if (goesOn) for (let count = 0; count < 20; count += 1) await far.send('more');
      let came = 0;
      while (came < data.length) came += (await far.recv()).length;
      expect(came).toBe(data.length);
      expect(await reason(far.recv())).toBe('recv closed');
      await closed;
      expect(repy.info().sockets.free).toBe(10);
      await listener.close(self);
    });
  });

  test('waits for a remote end that neither reads nor closes, 5 seconds at most; until then its socket is taken', async () => {
    await simulate(async (run) => {
      const { repy, near, far } = await connected(run);
      await far.send('unread');
      await rest(run);
      const begunMs = run.clock.now();
      const closed = near.close();
      expect(repy.tcp_conn_table).toEqual([]);
      expect(repy.info().sockets.free).toBe(9);
      await closed;
      expect(run.clock.now() - begunMs).toBe(5000);
      expect(repy.info().sockets.free).toBe(10);
    }, few);
  });

  test('again, or after the end, changes nothing, and one socket is given back', async () => {
    await simulate(async (run) => {
      const { repy, near, far } = await connected(run);
      const second = await repy.openconn(there[0], 80);
      expect(near.close()).toBe(near.close());
      await near.close();
      expect(repy.info().sockets.free).toBe(9);
      expect(await reason(far.recv())).toBe('recv closed');
      await second[Symbol.asyncDispose]();
      expect(repy.info().sockets.free).toBe(10);
    }, few);
  });
});

test('the remote end closes: everything that it delivered can be read, then recv raises, and the socket is free', async () => {
  await simulate(async (run) => {
    const { repy, near, far } = await connected(run);
    await far.send('the last words');
    await far.close();
    await rest(run);
    expect(near.willblock()).toEqual([false, false]);
    expect(repy.tcp_conn_table).toHaveLength(1);
    expect(String(await near.recv(8))).toBe('the last');
    expect(String(await near.recv(100))).toBe(' words');
    expect(near.willblock()[0]).toBe(false);
    expect(await reason(near.recv(1))).toBe('recv closed');
    expect(await Promise.all([reason(near.recv(1)), reason(near.send('x'))])).toEqual(['recv closed', 'send closed']);
    expect(() => near.willblock()).toThrow(expect.objectContaining({ reason: 'closed' }));
    expect(repy.tcp_conn_table).toEqual([]);
    expect(repy.info().sockets.free).toBe(10);
    await near.close();
    expect(repy.info().sockets.free).toBe(10);
  }, few);
});

test('a connection whose remote end has gone has no row', async () => {
  await simulate(async (run) => {
    const { far } = await connected(run);
    expect(connectionRow(far)).toMatchObject({ localip: there[0], localport: 80 });
    await far.close();
    expect(connectionRow(far)).toBeUndefined();
  }, few);
});
