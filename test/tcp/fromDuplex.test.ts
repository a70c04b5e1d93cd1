/** Duplexes of Node as sockets: `fromDuplex`. The stack below is tested in duplexStack.test.ts. */
import { spawn as spawnProgram } from 'node:child_process';
import { Duplex, duplexPair } from 'node:stream';
import { expect, test } from 'vitest';
import { fromDuplex, type TcpMessage, tcp, toDuplex } from '../../actors/tcp/index.js';
import { exit, mainActor, type Pid, type Self, spawn } from '../../runtime/index.js';
import { nextTurn } from '../sctp/subjects.js';

const self = mainActor();

/** The next message, with its payload as text. */
async function next(of: Self<TcpMessage> = self as never): Promise<unknown[]> {
  const [tag, , content] = await of.receive();
  return content === undefined ? [tag] : [tag, String(content)];
}

test('lines of a program, as messages; its end is tcp_closed', async () => {
  const child = spawnProgram('sort', { stdio: ['pipe', 'pipe', 'inherit'] });
  const socket = fromDuplex(self, Duplex.from({ readable: child.stdout, writable: child.stdin }), { packet: 'line', active: 2 });
  await socket.send('b\nc\na\n');
  socket.shutdown('write');
  const seen = [await next(), await next(), await next()];
  expect([seen, socket.isOpen]).toEqual([[['tcp', 'a\n'], ['tcp', 'b\n'], ['tcp_passive']], true]);
  expect([String(await socket.recv()), await socket.recv().catch(({ reason }) => reason)]).toEqual(['c\n', 'closed']);
  await socket.close();
});

test('active once, N and passive, recv of exact lengths, packet modes that change: as over TCP', async () => {
  const [near, far] = duplexPair();
  const socket = fromDuplex(self, near, { active: 'once', packet: 1 });
  far.write('\x01a\x01b\x01c12345');
  expect(await next()).toEqual(['tcp', 'a']);
  expect(String(await socket.recv())).toBe('b');
  socket.setopts({ active: 1 });
  expect([await next(), await next()]).toEqual([['tcp', 'c'], ['tcp_passive']]);
  socket.setopts({ packet: 'raw' });
  expect(String(await socket.recv(3))).toBe('123');
  await expect(socket.recv(3, 0)).rejects.toMatchObject({ reason: 'timeout' });
  far.end('6');
  expect(String(await socket.recv(3))).toBe('456');
  await expect(socket.recv()).rejects.toMatchObject({ reason: 'closed' });
  far.resume();
  await socket.close();
  expect(near.destroyed).toBe(true);
});

// TM-8, TM-9
test('a program that announces more than 64 MiB is cut off, unless packetSize allows it', async () => {
  const announcement = Buffer.from('\x04\0\0\x01begin', 'latin1');
  const [[near, far], [larger, other]] = [duplexPair(), duplexPair()];
  const packets = { packet: 4, active: true } as const;
  const sockets = [fromDuplex(self, near, packets), fromDuplex(self, larger, { ...packets, packetSize: 0x4000001 })] as const;
  for (const writer of [far, other]) writer.write(announcement);
  expect([await next(), await next(), sockets[0].isOpen]).toEqual([['tcp_error', 'emsgsize'], ['tcp_closed'], false]);
  expect(sockets[1].info().queuedBytes[0]).toBe(announcement.length);
  for (const stream of [far, other]) stream.resume();
  await sockets[1].close();
});

test('handed over in mid-stream nothing is lost, doubled or reordered', async () => {
  const [near, far] = duplexPair();
  const socket = fromDuplex(self, near, { active: true, packet: 2 });
  const count = 2000;
  const owners = 10;
  const seen: number[] = [];
  const over = new Promise<void>((resolve) => {
    /** Takes its share, and gives the socket to the next owner. */
    const owner = (place: number) =>
      spawn(async (of: Self<TcpMessage | readonly ['yours']>) => {
        await of.receive((message) => message[0] === 'yours');
        for (let left = count / owners; left > 0; left -= 1) {
          const [, , data] = (await of.receive((message) => message[0] === 'tcp')) as readonly unknown[];
          seen.push(Number(String(data)));
        }
        if (place + 1 < owners) socket.controllingProcess(of, owner(place + 1), { message: ['yours'] });
        else resolve();
      });
    socket.controllingProcess(self, owner(0), { message: ['yours'] });
  });
  for (let index = 0; index < count; index += 1) {
    const text = String(index);
    far.write(Buffer.from(`\0${String.fromCharCode(text.length)}${text}`, 'latin1'));
    if (index % 70 === 0) await nextTurn();
  }
  await over;
  expect(seen).toEqual(Array.from({ length: count }, (_, index) => index));
});

test('the end of its owner ends the Duplex', async () => {
  const [near, far] = duplexPair();
  far.resume();
  const owner: Pid = spawn((of: Self) => of.receive(() => false));
  const socket = fromDuplex(self, near);
  socket.controllingProcess(self, owner);
  exit(owner, 'kill');
  while (!near.destroyed) await nextTurn();
  expect(socket.isOpen).toBe(false);
});

test('options of the kernel are refused, names are those that the Duplex has', async () => {
  const [near] = duplexPair();
  const socket = fromDuplex(self, near, { active: false });
  expect(() => socket.setopts({ nodelay: true })).toThrow(expect.objectContaining({ reason: 'einval' }));
  expect(() => socket.peername()).toThrow(expect.objectContaining({ reason: 'enotconn' }));
  socket.setopts({ linger: [true, 0] });
  await socket.close();
  const listener = await tcp.listen(self, 0, { ip: '127.0.0.1', active: false });
  const client = await tcp.connect(self, '127.0.0.1', listener.port, { active: false });
  const again = fromDuplex(self, toDuplex(client), { active: false });
  expect([again.peername(), again.sockname()]).toEqual([client.peername(), client.sockname()]);
  await again.close();
  await listener.close();
});

test('wrong arguments leave the Duplex alone', () => {
  const [near] = duplexPair();
  const wrong = (argument: string) => expect.objectContaining({ name: 'BadArg', argument });
  expect(() => fromDuplex({} as never, near)).toThrow(wrong('self'));
  expect(() => fromDuplex(self, {} as never)).toThrow(wrong('duplex'));
  expect(() => fromDuplex(self, new Duplex({ objectMode: true }))).toThrow(wrong('duplex'));
  expect(() => fromDuplex(self, near, { packet: 3 } as never)).toThrow(wrong('options.packet'));
  expect(() => fromDuplex(self, near, { actve: true } as never)).toThrow(wrong('options.actve'));
  expect([near.destroyed, near.listenerCount('data')]).toEqual([false, 0]);
});
