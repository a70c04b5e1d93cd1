/** Calls that never wait: `readiness`, `sendNow`, and `acceptNow` for those who accept while they have means. */
import { SimulatedNetwork } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import { fromDuplex } from '../../actors/tcp/fromDuplex.js';
import type { Tcp, TcpSocket } from '../../actors/tcp/index.js';
import { toDuplex } from '../../actors/tcp/index.js';
import { closeAll, nextTurn, self, tcp } from './subjects.js';

const stacks: readonly (readonly [name: string, tcp: () => Tcp])[] = [
  ['the kernel', () => tcp],
  ['a simulated network', () => new SimulatedNetwork({ seed: 1 }).tcp],
];

async function pairOf(over: Tcp, options: object = {}): Promise<{ near: TcpSocket; far: TcpSocket; listener: TcpSocket }> {
  const own = { ip: '127.0.0.1', active: false, ...options } as const;
  const listener = await over.listen(self, 0, own);
  const [far, near] = await Promise.all([listener.accept(self), over.connect(self, '127.0.0.1', listener.port, own)]);
  return { near, far, listener };
}

/** Sends until the stack takes no more: how many bytes it took. */
async function fill(socket: TcpSocket, piece: Buffer): Promise<number> {
  let sent = 0;
  // The kernel says that it is full when it is offered what was gathered; until then there is room.
  for (let quiet = 0; quiet < 5; quiet += 1) {
    for (let taken = socket.sendNow(piece); taken > 0; taken = socket.sendNow(piece)) {
      sent += taken;
      quiet = 0;
    }
    await nextTurn();
  }
  return sent;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

describe.each(stacks)('over %s', (_name, over) => {
  test('nothing is receivable before bytes have come, and none of them are taken by the question', async () => {
    const { near, far, listener } = await pairOf(over());
    expect(near.readiness()).toEqual({ receivable: false, room: Number.POSITIVE_INFINITY, unread: false });
    await far.send('hello');
    await until(() => near.readiness().receivable);
    expect(near.readiness()).toMatchObject({ receivable: true, unread: true });
    // A part of them is taken; the rest is here, in this process.
    expect(String(await near.recv(2))).toBe('he');
    expect(near.readiness().receivable).toBe(true);
    near.unrecv('he');
    expect(String(await near.recv(5))).toBe('hello');
    expect(near.readiness()).toMatchObject({ receivable: false, unread: false });
    await closeAll(near, far, listener);
  });

  test('the end is receivable, and stays so', async () => {
    const { near, far, listener } = await pairOf(over());
    await far.close();
    await until(() => near.readiness().receivable);
    expect(near.readiness().unread).toBe(false);
    await expect(near.recv()).rejects.toMatchObject({ reason: 'closed' });
    expect(near.readiness()).toEqual({ receivable: true, room: Number.POSITIVE_INFINITY, unread: false });
    await closeAll(near, listener);
    expect(() => near.readiness()).toThrow(expect.objectContaining({ reason: 'closed', syscall: 'readiness' }));
    expect(() => near.sendNow('x')).toThrow(expect.objectContaining({ reason: 'closed', syscall: 'send' }));
  });

  test('sendNow takes what there is room for, the room says how much that is, and nothing waits', async () => {
    const { near, far, listener } = await pairOf(over(), { sndbuf: 8192, recbuf: 8192 });
    const piece = Buffer.alloc(3000, 'x');
    const sent = await fill(near, piece);
    const { room } = near.readiness();
    expect(room).toBe(0);
    expect(near.sendNow('y')).toBe(0);
    expect(near.info().waitingSends).toBe(0);
    let came = 0;
    while (came < sent) came += (await far.recv()).length;
    await until(() => near.readiness().room === Number.POSITIVE_INFINITY);
    expect(near.sendNow('the end')).toBe(7);
    expect(String(await far.recv(7))).toBe('the end');
    expect(came).toBe(sent);
    await closeAll(near, far, listener);
  });

  test('sendNow takes a part of what is longer than the room', async () => {
    const { near, far, listener } = await pairOf(over(), { sndbuf: 8192, recbuf: 8192, highWatermark: 10_000 });
    // More than the kernel and the other end can hold: the rest is queued, and there is room behind it.
    await near.send(Buffer.alloc(200_000, 'x'));
    await nextTurn();
    expect(near.readiness().room).toBe(0);
    let came = 0;
    while (near.readiness().room === 0) came += (await far.recv()).length;
    const { room } = near.readiness();
    const taken = near.sendNow(Buffer.alloc(1_000_000, 'y'));
    expect(taken).toBe(Math.min(room, 1_000_000));
    while (came < 200_000 + taken) came += (await far.recv()).length;
    expect(came).toBe(200_000 + taken);
    await closeAll(near, far, listener);
  });

  test('while a send waits there is no room, and sendNow passes nobody', async () => {
    const { near, far, listener } = await pairOf(over(), { sndbuf: 8192, recbuf: 8192 });
    const sent = await fill(near, Buffer.alloc(3000, 'x'));
    const waiting = near.send('waiting');
    expect(near.readiness().room).toBe(0);
    expect(near.sendNow('passing')).toBe(0);
    let came = '';
    while (came.length < sent + 7) came += String(await far.recv());
    await waiting;
    expect(came.slice(sent)).toBe('waiting');
    await closeAll(near, far, listener);
  });

  test('with packets sendNow is all or nothing', async () => {
    const { near, far, listener } = await pairOf(over(), { sndbuf: 8192, recbuf: 8192, packet: 4 });
    const packet = Buffer.alloc(3000, 'x');
    const sent = await fill(near, packet);
    expect(sent % 3000).toBe(0);
    expect(near.sendNow(packet)).toBe(0);
    for (let came = 0; came < sent; came += 3000) expect((await far.recv()).length).toBe(3000);
    await closeAll(near, far, listener);
  });

  test('after shutdown sendNow throws, as send rejects', async () => {
    const { near, far, listener } = await pairOf(over());
    near.shutdown('write');
    expect(() => near.sendNow('x')).toThrow(expect.objectContaining({ reason: 'closed', syscall: 'send' }));
    expect(near.readiness().room).toBe(Number.POSITIVE_INFINITY);
    await closeAll(near, far, listener);
  });

  test('a listener has neither, and says so', async () => {
    const listener = await over().listen(self, 0, { ip: '127.0.0.1' });
    expect(() => listener.readiness()).toThrow(expect.objectContaining({ reason: 'enotconn' }));
    expect(() => listener.sendNow('x')).toThrow(expect.objectContaining({ reason: 'enotconn' }));
    await closeAll(listener);
  });

  test('acceptNow gives who waits, or tells once when somebody may have come', async () => {
    const host = over();
    const listener = await host.listen(self, 0, { ip: '127.0.0.1', active: false });
    let told = 0;
    const onChange = (): void => {
      told += 1;
    };
    expect(listener.acceptNow(self, onChange)).toBeUndefined();
    expect(listener.acceptNow(self, onChange)).toBeUndefined();
    const first = await host.connect(self, '127.0.0.1', listener.port, { active: false });
    await until(() => told > 0);
    const accepted = listener.acceptNow(self, onChange)!;
    expect(accepted.peername()).toEqual(first.sockname());
    expect(told).toBe(1);
    // Whoever waits in `accept` comes first.
    const waiting = listener.accept(self);
    expect(listener.acceptNow(self, onChange)).toBeUndefined();
    const second = await host.connect(self, '127.0.0.1', listener.port, { active: false });
    const other = await waiting;
    expect(other.peername()).toEqual(second.sockname());
    expect(told).toBe(2);
    expect(listener.acceptNow(self, onChange)).toBeUndefined();
    await closeAll(listener);
    expect(told).toBe(3);
    expect(() => listener.acceptNow(self, onChange)).toThrow(expect.objectContaining({ reason: 'closed', syscall: 'accept' }));
    await closeAll(first, second, accepted, other);
  });
});

test('over a Duplex the calls tell what the Duplex has', async () => {
  const { near, far, listener } = await pairOf(tcp);
  const over = fromDuplex(self, toDuplex(near), { active: false });
  expect(over.readiness()).toEqual({ receivable: false, room: Number.POSITIVE_INFINITY, unread: false });
  expect(over.sendNow('hello')).toBe(5);
  expect(String(await far.recv())).toBe('hello');
  await far.send('an answer');
  expect(String(await over.recv(2))).toBe('an');
  expect(over.readiness().receivable).toBe(true);
  await closeAll(over, far, listener);
});

test.each([[undefined], [7], [{}], [[256]]])('sendNow of %j is a mistake of the caller', async (data) => {
  const { near, far, listener } = await pairOf(tcp);
  expect(() => near.sendNow(data as never)).toThrow(expect.objectContaining({ code: 'badarg', argument: 'data' }));
  expect(() => listener.acceptNow('me' as never, () => undefined)).toThrow(expect.objectContaining({ argument: 'self' }));
  await closeAll(near, far, listener);
});
