/** Ownership: a handoff moves every message of the socket, in order and ahead of newer ones; the owner's death closes it (CP-2..CP-20, UM-7, OW, CL). */
import { expect, test } from 'vitest';
import { type UdpMessage, type UdpSocket, udp } from '../../actors/udp/index.js';
import { BadArg, exit, mainActor, processInfo, type Self, send, spawn } from '../../runtime/index.js';
import { asActor, mailbox, next, open, texts } from './subject.js';

const self = mainActor();
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

/** What a message is, in a word. */
function word(message: readonly unknown[]): string {
  return message[0] === 'udp' ? String(message.at(-1)) : String(message[0]);
}

/** An actor that tells the main actor, one by one, the next `count` messages that it gets. */
function teller(count: number) {
  return spawn(async (actor: Self) => {
    for (let at = 0; at < count; at += 1)
      send(self.pid, ['told', word((await actor.receive()) as unknown as readonly unknown[])] as never);
    await actor.receive();
  });
}

const told = async (count: number) => {
  const words: unknown[] = [];
  while (words.length < count) words.push((await next())[1]);
  return words;
};

test('messages of every shape move, in order, and newer ones come behind (CP-10, CP-11, CP-15, UM-7)', async () => {
  const socket = await open({ active: 3 });
  const dead = await open();
  dead.close();
  await socket.send('127.0.0.1', socket.port, 'five');
  while (socket.getopts(['active']).active !== 2) await new Promise((resolve) => setImmediate(resolve));
  socket.setopts({ recvttl: true });
  await socket.send('127.0.0.1', socket.port, 'six');
  while (socket.getopts(['active']).active !== 1) await new Promise((resolve) => setImmediate(resolve));
  await socket.connect('127.0.0.1', dead.port);
  await socket.send('refused');
  await untilWaiting(3);
  socket.disconnect();
  await socket.send('127.0.0.1', socket.port, 'last');
  await untilWaiting(5);
  const to = teller(7);
  socket.controllingProcess(self, to, { message: ['socket', socket] });
  expect(await mailbox()).toEqual([]);
  socket.setopts({ active: 'once' });
  await socket.send('127.0.0.1', socket.port, 'newer');
  expect(await told(7)).toEqual(['socket', 'five', 'six', 'udp_error', 'last', 'udp_passive', 'newer']);
  expect(socket.owner).toBe(to);
  expect(() => socket.controllingProcess(self, self.pid)).toThrow(reason('not_owner'));
  exit(to, 'kill');
  await socket.recv().catch(() => undefined);
  expect(socket.isOpen).toBe(false);
});

/** Waits until the main actor's mailbox has so many messages. */
async function untilWaiting(count: number): Promise<void> {
  while ((processInfo(self.pid)?.mailboxLength ?? 0) < count) await new Promise((resolve) => setImmediate(resolve));
}

test('1000 handoffs under load lose, double and reorder nothing, whatever the mode (CP-19, CP-22)', async () => {
  const sender = await open();
  for (const active of [true, 3, 'once'] as const) {
    const socket = await open({ active, recbuf: 1 << 20 });
    const total = 500;
    const got: string[] = [];
    const actors = [0, 1, 2].map(() =>
      spawn(async (actor: Self<UdpMessage>) => {
        for (;;) {
          const message = await actor.receive();
          if (message[0] === 'udp' && message.length === 5) {
            got.push(String(message[4]));
            if (active === 'once') socket.setopts({ active });
          } else if (message[0] === 'udp_passive') socket.setopts({ active: 3 });
          if (got.length === total) send(self.pid, ['all'] as never);
          else if (socket.owner === actor.pid) socket.controllingProcess(actor, actors[got.length % 3]!);
        }
      }),
    );
    socket.controllingProcess(self, actors[0]!);
    for (let at = 0; at < total; at += 1) await sender.send('127.0.0.1', socket.port, String(at));
    expect(await next()).toEqual(['all']);
    expect(got).toEqual(Array.from({ length: total }, (_, at) => String(at)));
    socket.close();
    for (const pid of actors) exit(pid, 'kill');
  }
  sender.close();
});

test('refusals change nothing: another caller, a dead actor, no pid (CP-4..CP-7)', async () => {
  const socket = await open({ active: 'once' });
  const dead = spawn(() => undefined);
  exit(dead, 'kill');
  await new Promise((resolve) => setImmediate(resolve));
  expect(() => socket.controllingProcess(self, dead)).toThrow(reason('badarg'));
  expect(() => socket.controllingProcess(self, 'name' as never)).toThrow(BadArg);
  await asActor((other) => expect(() => socket.controllingProcess(other, other.pid)).toThrow(reason('not_owner')));
  expect(socket.getopts(['active'])).toEqual({ active: 'once' });
  expect(socket.owner).toBe(self.pid);
  socket.close();
  expect(() => socket.controllingProcess(self, dead)).toThrow(reason('closed'));
});

test('a recv that waits is not disturbed by a handoff (RV-10), and the death of the owner ends it (RV-9, OW-1)', async () => {
  const socket = await open();
  const waits = socket.recv();
  const owner = spawn(async (actor: Self) => {
    await actor.receive();
  });
  socket.controllingProcess(self, owner);
  await socket.send('127.0.0.1', socket.port, 'x');
  expect((await waits)[2]).toEqual(Buffer.from('x'));
  const again = socket.recv();
  exit(owner, 'kill');
  await expect(again).rejects.toThrow(reason('closed'));
});

test('close by anybody, twice, and messages stay; a monitor hears of it (CL-1, CL-2, CL-4, OW-5, OW-9)', async () => {
  const socket = await open({ active: true });
  await socket.send('127.0.0.1', socket.port, 'x');
  await untilWaiting(1);
  const down = self.monitor(socket);
  await asActor(() => socket.close());
  socket.close();
  expect((await next()).slice(2)).toEqual(['127.0.0.1', socket.port, Buffer.from('x')]);
  expect(await next()).toEqual(['DOWN', down, 'port', socket, 'normal']);
});

test('two sockets of one owner do not mix (CP-16)', async () => {
  const [one, two] = [await open({ active: true }), await open({ active: true })];
  await one.send('127.0.0.1', two.port, 'for two');
  await two.send('127.0.0.1', one.port, 'for one');
  await untilWaiting(2);
  const to = teller(1);
  one.controllingProcess(self, to);
  expect((await mailbox()).map(word)).toEqual(['for two']);
  expect(await told(1)).toEqual(['for one']);
  one.close();
  two.close();
});

test('using closes it, and it prints as a port', async () => {
  let kept: UdpSocket;
  {
    using socket = await udp.open(self, 0, { ip: '127.0.0.1', active: false });
    kept = socket;
    expect(String(socket)).toMatch(/^#Port<\d+>$/);
    expect(JSON.stringify({ socket })).toMatch(/#Port<\d+>/);
  }
  expect(kept.isOpen).toBe(false);
  await expect(texts(kept, 1)).rejects.toThrow(reason('closed'));
});
