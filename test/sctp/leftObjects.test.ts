/**
 * Calls that wait, time out, are aborted or die leave no object behind: no promise, error, controller or socket is held any longer, and no listener or timer. The test looks for
 * objects after many rounds, on one socket and one signal, so that it sees one that is left over in each round. (`leaks` counts what is still registered.)
 */
import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { exit, mainActor, type Pid, type Self, spawn } from '../../runtime/index.js';
import { asActor, connected, nextTurn, overStacks } from './subjects.js';

const rounds = 20;
/** The last object of its kind may still be held, until another takes its place. */
const slack = 6;
const forever = 1_000_000;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Objects that nobody should hold any longer, with what they were. */
let made: [what: string, WeakRef<object>][] = [];

/** Notes an object that must go: the promise of a call, or its outcome. */
function noted<T extends object>(what: string, object: T): T {
  made.push([what, new WeakRef(object)]);
  return object;
}

/** Makes a call that fails, and gives the reason. Vitest's `rejects` would keep the promise until the end of the test. */
function reasonOf(call: Promise<unknown>): Promise<string> {
  return noted('promise', call).then(
    () => 'none',
    (error: { reason: string }) => noted('error', error).reason,
  );
}

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

/** Runs a round again and again, and says what is left of that at the end. */
async function leftBy(round: () => Promise<void>): Promise<Record<string, number>> {
  made = [];
  const timersBefore = timers();
  for (let done = 0; done < rounds; done += 1) await round();
  // A cancelled timer may be used again until the end of the turn. The target of a weak reference that was read lives until then, too.
  await nextTurn();
  await nextTurn();
  gc();
  const left: Record<string, number> = {};
  // A call that has succeeded at once gives the same promise as all others.
  const alive = new Map(made.flatMap(([what, ref]) => [[ref.deref(), what] as const]));
  alive.delete(undefined);
  for (const what of alive.values()) left[what] = (left[what] ?? 0) + 1;
  for (const [what, count] of Object.entries(left)) if (count <= slack) delete left[what];
  if (timers() > timersBefore) left.timers = timers() - timersBefore;
  return left;
}

overStacks((sctp) => {
  const self = mainActor();
  const life = new AbortController();
  const { signal } = life;
  const listeners = () => getEventListeners(signal, 'abort').length + getEventListeners(self.signal, 'abort').length;
  /** An actor that makes a call and is killed when that waits. */
  const dies = async (call: (me: Self<never>) => Promise<unknown>, waits: () => boolean): Promise<void> => {
    const pid: Pid = spawn(async (me: Self<never>) => {
      await call(me);
    });
    while (!waits()) await nextTurn();
    exit(pid, 'kill');
  };

  test('recv leaves nothing, answered or in vain', async () => {
    const { server, client, atClient } = await connected(sctp);
    const left = await leftBy(async () => {
      expect(await reasonOf(server.recv(0, { signal }))).toBe('timeout');
      expect(await reasonOf(server.recv(1, { signal }))).toBe('timeout');
      const abort = noted('controller', new AbortController());
      const aborted = server.recv(forever, abort);
      abort.abort();
      expect(await reasonOf(aborted)).toBe('aborted');
      expect(await reasonOf(server.recv(forever, abort))).toBe('aborted');
      await dies(
        (me) => server.recv(forever, me),
        () => server.info().owner === self.pid,
      );
      const answered = server.recv(forever, { signal });
      expect(await reasonOf(server.recv(forever, { signal }))).toBe('ealready');
      await client.send(atClient, 0, 'x');
      await answered;
    });
    expect([left, listeners()]).toEqual([{}, 0]);
    client.close();
    server.close();
  });

  test('recv leaves nothing when the socket closes', async () => {
    const left = await leftBy(async () => {
      const socket = noted('socket', await sctp.open(self, 0, { ip: '127.0.0.1' }));
      const waiting = socket.recv(forever, { signal });
      socket.close();
      expect(await reasonOf(waiting)).toBe('closed');
      expect(await reasonOf(socket.recv(forever, { signal }))).toBe('closed');
    });
    expect([left, listeners()]).toEqual([{}, 0]);
  });

  test('accept leaves nothing, answered or in vain', async () => {
    const listener = await sctp.open(self, 0, { ip: '127.0.0.1', type: 'stream' });
    await listener.listen(true);
    const left = await leftBy(async () => {
      expect(await reasonOf(listener.accept(self, 0, { signal }))).toBe('timeout');
      expect(await reasonOf(listener.accept(self, 1, { signal }))).toBe('timeout');
      const abort = noted('controller', new AbortController());
      const aborted = listener.accept(self, forever, abort);
      abort.abort();
      expect(await reasonOf(aborted)).toBe('aborted');
      await dies(
        (me) => listener.accept(me, forever, { signal }),
        () => listener.info().waitingAccepts > 0,
      );
      const first = listener.accept(self, forever, { signal });
      const second = listener.accept(self, forever);
      expect(listener.info().waitingAccepts).toBe(2);
      for (const accepted of [first, second]) {
        const client = await sctp.open(self, 0, { ip: '127.0.0.1', type: 'stream' });
        await client.connect('127.0.0.1', listener.port);
        noted('socket', await accepted).close();
        client.close();
      }
      const refused = listener.accept(self, forever, { signal });
      await listener.listen(false);
      expect(await reasonOf(refused)).toBe('einval');
      await listener.listen(true);
      expect(listener.info().waitingAccepts).toBe(0);
    });
    expect([left, listeners()]).toEqual([{}, 0]);
    listener.close();
  });

  test('connect leaves nothing, whatever its outcome', async () => {
    const server = await sctp.open(self, 0, { ip: '127.0.0.1' });
    const client = await sctp.open(self, 0, { ip: '127.0.0.1' });
    const left = await leftBy(async () => {
      expect(await reasonOf(client.connect('127.0.0.1', server.port, {}, forever))).toBe('cant_assoc');
      await server.listen(true);
      const change = await client.connect('127.0.0.1', server.port, {}, forever);
      expect(await reasonOf(client.connect('127.0.0.1', server.port, {}, forever))).toBe('eisconn');
      expect(await reasonOf(client.connect('', server.port, {}, forever))).toBe('nxdomain');
      expect(await reasonOf(client.connectInit('.', server.port, {}, forever))).toBe('nxdomain');
      await client.abort(change);
      await server.listen(false);
      // Both sides have read the end of the association.
      for (const socket of [client, server]) {
        for (let ended = false; !ended; ) {
          const [, , , event] = await socket.recv();
          ended = 'state' in event && event.state === 'comm_lost';
        }
      }
      const closing = await sctp.open(self, 0, { ip: '127.0.0.1' });
      const closed = closing.connect('127.0.0.1', server.port, {}, forever);
      closing.close();
      expect(await reasonOf(closed)).toBe('closed');
      expect(client.info().waitingConnects).toBe(0);
    });
    expect(left).toEqual({});
    client.close();
    server.close();
  });

  test('send leaves nothing, taken at once or later', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 8192 });
    let sent = 0;
    const left = await leftBy(async () => {
      const abort = noted('controller', new AbortController());
      const sends: Promise<unknown>[] = [];
      while (client.info().waitingSends < 3) {
        sends.push(noted('promise', client.send(atClient, 0, Buffer.alloc(1000), { signal })));
        sent += 1;
        if (sends.length % 64 === 0) await nextTurn();
      }
      const withdrawn = [client.send(atClient, 0, 'x', abort), client.send(atClient, 0, 'y', abort)];
      abort.abort();
      for (const send of withdrawn) expect(await reasonOf(send)).toBe('aborted');
      expect(await reasonOf(client.send(atClient, 0, 'x', abort))).toBe('aborted');
      expect(await reasonOf(client.send(999_999, 0, 'x', { signal }))).toBe('epipe');
      for (; sent > 0; sent -= 1) await server.recv();
      await Promise.all(sends);
      expect(client.info().waitingSends).toBe(0);
    });
    expect([left, listeners()]).toEqual([{}, 0]);
    client.close();
    server.close();
  });

  test('send leaves nothing when the socket closes or its owner ends', async () => {
    const left = await leftBy(async () => {
      const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 8192 });
      const sends: Promise<unknown>[] = [];
      while (client.info().waitingSends < 3) {
        sends.push(noted('promise', client.send(atClient, 0, Buffer.alloc(1000), { signal })));
        if (sends.length % 64 === 0) await nextTurn();
      }
      client.close();
      const outcomes = await Promise.allSettled(sends);
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(3);
      server.close();
      await asActor(async (me) => {
        const socket = await sctp.open(me, 0, { ip: '127.0.0.1' });
        socket.recv(forever, { signal }).catch(() => undefined);
      });
    });
    expect([left, listeners()]).toEqual([{}, 0]);
  });

  test('an owner that stops reading, and goes on, leaves nothing', async () => {
    const { server, client, atClient } = await connected(sctp);
    const left = await leftBy(async () => {
      await asActor(async (me) => {
        server.controllingProcess(self, me.pid);
        server.setopts({ active: true, highMsgqWatermark: 4, lowMsgqWatermark: 2 });
        for (let message = 0; message < 10; message += 1) await client.send(atClient, 0, 'x');
        while ((await me.receive()) === undefined);
        await nextTurn();
        for (let message = 1; message < 10; message += 1) await me.receive();
        server.setopts({ active: false, highMsgqWatermark: 8192, lowMsgqWatermark: 4096 });
        server.controllingProcess(me, self.pid);
      });
    });
    expect(left).toEqual({});
    client.close();
    server.close();
  });
});
