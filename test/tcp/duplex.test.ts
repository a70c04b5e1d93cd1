/** Sockets as Duplexes of Node: `toDuplex` under http, pipelines and whoever ends first. */
import { once } from 'node:events';
import http from 'node:http';
import { createServer, connect as netConnect, type Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { server } from '../../actors/server/index.js';
import { type TcpOptions, type TcpSocket, tcp, toDuplex } from '../../actors/tcp/index.js';
import { tls } from '../../actors/tls/index.js';
import { exit, mainActor, type Pid, type Self, send, spawn } from '../../runtime/index.js';
import { nextTurn } from '../sctp/subjects.js';
import { failOnLeftovers } from '../support/setup.js';

const self = mainActor();

failOnLeftovers(async () => {
  for (let turn = 0; turn < 50 && tcp.openSockets().length > 0; turn += 1) await nextTurn();
  const left = tcp.openSockets();
  for (const socket of left) void socket.close();
  return left.map(String);
});

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A connection: our socket, and the end of node:net. */
async function pair(options: TcpOptions = {}): Promise<{ ours: TcpSocket; theirs: Socket }> {
  const listener = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const coming = once(listener, 'connection');
  const { port } = listener.address() as { port: number };
  const ours = await tcp.connect(self, '127.0.0.1', port, { active: false, ...options });
  const [theirs] = (await coming) as [Socket];
  theirs.on('error', () => undefined);
  listener.close();
  ends.push(() => {
    theirs.destroy();
    void ours.close();
  });
  return { ours, theirs };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

/** All that a stream gives, and how it ends. (A loop by `for await` would destroy the stream at its end.) */
function all(stream: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    stream.on('data', (chunk) => (text += String(chunk)));
    stream.on('end', () => resolve(text));
    stream.on('error', (error: Error & { readonly code?: string }) => resolve(`${text}(${error.code})`));
    stream.on('close', () => resolve(text));
  });
}

test('a socket whose data a recv waits for is taken over by nobody, and stays as it was', async () => {
  const { ours, theirs } = await pair({ packet: 'line' });
  const waiting = ours.recv();
  expect(() => toDuplex(ours)).toThrow('toDuplex: ealready (a recv waits for data of this socket');
  expect(ours.getopts(['packet', 'exitOnClose'])).toEqual({ packet: 'line', exitOnClose: true });
  theirs.write('a line\n');
  expect(String(await waiting)).toBe('a line\n');
  const duplex = toDuplex(ours);
  expect(() => toDuplex(ours)).toThrow('toDuplex: ealready (');
  await expect(tls.upgrade(self, ours, {})).rejects.toThrow('upgrade: ealready (');
  theirs.end('and the rest');
  expect(await all(duplex)).toBe('and the rest');
  duplex.end();
});

test('node:http serves over it: keep-alive, bodies both ways, the address of the client', async () => {
  const web = http.createServer(async (request, response) => {
    let length = 0;
    for await (const chunk of request) length += (chunk as Buffer).length;
    response.end(`${request.method} ${request.url} ${length} from ${request.socket.remoteAddress}`);
  });
  const session = async (_self: Self, socket: TcpSocket) => {
    const duplex = toDuplex(socket);
    web.emit('connection', duplex);
    await finished(duplex).catch(() => undefined);
  };
  const listen = (own: Self, port: number) => tcp.listen(own, port, { ip: '127.0.0.1' });
  const pid = await server.start({ listen: listen as never, session: session as never, drainMs: 0 });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
  const ask = (path: string, body: Buffer): Promise<string> =>
    new Promise((resolve, reject) => {
      const request = http.request({ port: server.info(pid)!.port, host: '127.0.0.1', path, method: 'POST', agent }, (response) =>
        resolve(all(response)),
      );
      request.on('error', reject);
      request.end(body);
    });
  const answers = await Promise.all([1, 10, 1_000_000, 0].map((length, index) => ask(`/${index}`, Buffer.alloc(length))));
  expect(answers).toEqual([1, 10, 1_000_000, 0].map((length, index) => `POST /${index} ${length} from 127.0.0.1`));
  for (let round = 0; round < 20; round += 1) expect(await ask('/again', Buffer.from('x'))).toBe('POST /again 1 from 127.0.0.1');
  // All of them went over two connections.
  expect(server.info(pid)).toMatchObject({ accepted: 2, sessions: 2, crashed: 0 });
  agent.destroy();
  await until(() => server.info(pid)?.sessions === 0);
  // Garbage gets the answer that node:http has for it.
  const client = netConnect(server.info(pid)!.port, '127.0.0.1');
  client.end('what?\r\n\r\n');
  expect(await all(client)).toMatch(/^HTTP\/1.1 400 Bad Request/);
  exit(pid, 'kill');
});

test('100 MB go through a pipeline, and what waits in this process stays small', async () => {
  const { ours, theirs } = await pair();
  const duplex = toDuplex(ours);
  const bytes = 100 * 1024 * 1024;
  const chunk = Buffer.alloc(256 * 1024, 'x');
  let sent = 0;
  let most = 0;
  const source = new Readable({
    read() {
      sent += chunk.length;
      const [received, queued] = ours.info().queuedBytes;
      most = Math.max(most, duplex.writableLength + duplex.readableLength + received + queued);
      this.push(chunk);
      if (sent === bytes) this.push(null);
    },
  });
  let came = 0;
  const sink = new Writable({
    write(part: Buffer, _encoding, done) {
      came += part.length;
      done();
    },
  });
  theirs.pipe(theirs);
  await pipeline(source, duplex, sink);
  expect([sent, came]).toEqual([bytes, bytes]);
  expect(most).toBeLessThan(4 * 1024 * 1024);
}, 60_000);

test('a reader that stops closes the window, and a peer that stops makes writes wait: what is held is bounded', async () => {
  const { ours, theirs } = await pair({ recbuf: 65_536 });
  const duplex = toDuplex(ours);
  // Nobody reads here. The peer writes until nothing leaves any more.
  const piece = Buffer.alloc(65_536, 'a');
  let written = 0;
  for (let quiet = 0; quiet < 20; quiet += 1) {
    if (theirs.writableLength < piece.length) {
      theirs.write(piece);
      written += piece.length;
      quiet = 0;
    }
    await nextTurn();
  }
  expect(duplex.readableLength + ours.info().queuedBytes[0]).toBeLessThanOrEqual(3 * 65_536);
  expect(theirs.writableLength).toBeGreaterThan(0);
  // The other way round.
  let taken = 0;
  let refused = false;
  const write = (): void => {
    while (!refused) {
      refused = !duplex.write(piece, () => (taken += 1));
      if (duplex.writableLength > 0) refused = true;
    }
  };
  for (let turn = 0; turn < 200; turn += 1) {
    write();
    if (duplex.writableLength === 0) refused = false;
    await nextTurn();
  }
  expect(duplex.writableLength).toBeGreaterThan(0);
  const before = taken;
  await nextTurn();
  expect(taken).toBe(before);
  theirs.resume();
  await until(() => duplex.writableLength === 0);
  let came = 0;
  duplex.on('data', (chunk: Buffer) => (came += chunk.length));
  theirs.end();
  await once(duplex, 'end');
  expect(came).toBe(written);
  duplex.end();
  await finished(duplex);
});

test('what has come before is what it gives first: messages of the owner, packets that are held, and the rest', async () => {
  const { ours, theirs } = await pair({ active: 2, packet: 1 });
  theirs.write('\x01a\x01b\x01c\x02d');
  const mailbox: unknown[] = [];
  await until(() => ours.getopts(['active']).active === false);
  const duplex = toDuplex(ours);
  theirs.end('e');
  for (let message = await self.receive({ after: 0 }); message !== undefined; message = await self.receive({ after: 0 })) {
    mailbox.push(message);
  }
  // Two packets had been cut already, and have lost their headers.
  expect([await all(duplex), mailbox]).toEqual(['ab\x01c\x02de', []]);
});

describe('ends', () => {
  test('half closed by us: the peer sees the end behind all data, and still answers', async () => {
    const { ours, theirs } = await pair();
    const duplex = toDuplex(ours);
    duplex.end('question');
    expect(await all(theirs)).toBe('question');
    theirs.end('answer');
    expect(await all(duplex)).toBe('answer');
    await finished(duplex);
    expect(ours.isOpen).toBe(false);
  });

  test('half closed by the peer: we see the end and still answer; with allowHalfOpen false it ends by itself', async () => {
    for (const allowHalfOpen of [true, false]) {
      const { ours, theirs } = await pair();
      const duplex = toDuplex(ours, { allowHalfOpen });
      theirs.end('question');
      let text = '';
      duplex.on('data', (chunk) => (text += String(chunk)));
      await once(duplex, 'end');
      if (allowHalfOpen) duplex.end('answer');
      expect([text, await all(theirs)]).toEqual(['question', allowHalfOpen ? 'answer' : '']);
      await finished(duplex);
    }
  });

  test('a reset is an error with the code ECONNRESET, for readers and for pipelines', async () => {
    const { ours, theirs } = await pair();
    const duplex = toDuplex(ours);
    const piped = pipeline(duplex, new Writable({ write: (_chunk, _encoding, done) => done() }));
    theirs.resetAndDestroy();
    await expect(piped).rejects.toMatchObject({ name: 'SocketError', reason: 'econnreset', code: 'ECONNRESET' });
    expect([duplex.destroyed, ours.isOpen]).toEqual([true, false]);
  });

  test('destroyed: the peer sees an end, and an error goes to whoever listens', async () => {
    for (const error of [undefined, new Error('mine')]) {
      const { ours, theirs } = await pair();
      const duplex = toDuplex(ours);
      const seen = once(duplex, 'close').catch((caught: unknown) => caught);
      duplex.destroy(error);
      expect([await seen, await all(theirs), ours.isOpen]).toEqual([error ?? [], '', false]);
    }
  });

  test('destroyed while a write waits: what was written still leaves, since the socket flushes', async () => {
    const { ours, theirs } = await pair();
    const duplex = toDuplex(ours);
    theirs.pause();
    const bytes = 8_000_000;
    duplex.write(Buffer.alloc(bytes));
    duplex.write('last');
    await nextTurn();
    duplex.destroy();
    let came = 0;
    theirs.on('data', (chunk: Buffer) => (came += chunk.length)).resume();
    await once(theirs, 'end');
    expect(came).toBe(bytes + 4);
  });

  test('the socket is closed by somebody, or its owner ends: the Duplex is destroyed, idle as it is', async () => {
    const { ours } = await pair();
    const duplex = toDuplex(ours);
    await ours.close();
    expect(duplex.destroyed).toBe(true);
    const other = await pair();
    const owner: Pid<unknown> = spawn((own: Self<unknown>) => own.receive((message): message is never => message === 'end'));
    const owned = toDuplex(other.ours);
    other.ours.controllingProcess(self, owner);
    expect(owned.destroyed).toBe(false);
    send(owner, 'end');
    await once(owned, 'close');
    expect(other.ours.isOpen).toBe(false);
  });

  test('writes after the end, and to a peer that has gone, fail as those of Node', async () => {
    const { ours, theirs } = await pair();
    const duplex = toDuplex(ours);
    theirs.resetAndDestroy();
    await once(theirs, 'close');
    const failed = once(duplex, 'error');
    duplex.resume();
    duplex.write('into the void');
    await expect(failed.then(([error]) => error)).resolves.toMatchObject({
      code: expect.stringMatching(/ECONNRESET|EPIPE|ERR_CLOSED/),
    });
  });
});

test('idle time is told by the event timeout, and net.Socket’s knobs are there', async () => {
  const { ours, theirs } = await pair();
  const duplex = toDuplex(ours) as ReturnType<typeof toDuplex> & Socket;
  duplex.setNoDelay(true).setKeepAlive(true, 5000);
  expect(ours.getopts(['nodelay', 'keepalive', 'keepIdle'])).toEqual({ nodelay: true, keepalive: true, keepIdle: 5 });
  const { address, port } = ours.sockname() as { address: string; port: number };
  expect([duplex.localAddress, duplex.localPort, duplex.remoteAddress, duplex.remoteFamily]).toEqual([
    address,
    port,
    '127.0.0.1',
    'IPv4',
  ]);
  await new Promise<void>((resolve) => duplex.setTimeout(1, resolve));
  duplex.destroy();
  await once(theirs.resume(), 'end');
});

test('wrong arguments, closed sockets and listeners', async () => {
  const { ours } = await pair();
  expect(() => toDuplex({} as never)).toThrow(expect.objectContaining({ name: 'BadArg', argument: 'socket' }));
  expect(() => toDuplex(ours, { allowHalfOpen: 1 } as never)).toThrow(
    expect.objectContaining({ argument: 'options.allowHalfOpen' }),
  );
  expect(() => toDuplex(ours, { halfOpen: true } as never)).toThrow(expect.objectContaining({ argument: 'options.halfOpen' }));
  await ours.close();
  expect(() => toDuplex(ours)).toThrow(expect.objectContaining({ reason: 'closed' }));
  const listener = await tcp.listen(self, 0, { active: false });
  expect(() => toDuplex(listener)).toThrow(expect.objectContaining({ reason: 'enotconn' }));
  await listener.close();
});

/** Random acts on both ends; whatever they are, each end gets a prefix of what the other sent, and both are gone in the end. */
test.each(Array.from({ length: 40 }, (_, seed) => seed))('random ends, seed %i', async (seed) => {
  let state = seed * 2_654_435_761 + 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const { ours, theirs } = await pair({ recbuf: 16_384, sndbuf: 16_384 });
  const duplex = toDuplex(ours, { allowHalfOpen: random(2) === 0 });
  duplex.on('error', () => undefined);
  const sides = [duplex, theirs] as const;
  const sent = [0, 0];
  const came = [0, 0];
  for (const [index, side] of sides.entries()) side.on('data', (chunk: Buffer) => (came[index]! += chunk.length));
  for (let act = 0; act < 30; act += 1) {
    const index = random(2);
    const side = sides[index]!;
    const what = random(24);
    if (what < 14 && side.writable) {
      const bytes = Buffer.alloc(1 + random(100_000));
      sent[index]! += bytes.length;
      side.write(bytes, () => undefined);
    } else if (what < 17) side.pause();
    else if (what < 20) side.resume();
    else if (what === 20) side.end();
    else if (what === 21 && act > 20) side.destroy();
    else if (what === 22 && act > 20) theirs.resetAndDestroy();
    else if (what === 23 && act > 25) void ours.close();
    if (random(3) === 0) await nextTurn();
  }
  for (const side of sides) {
    side.resume();
    if (side.writable) side.end();
  }
  const closed = sides.map((side) => (side.closed ? undefined : once(side, 'close').catch(() => undefined)));
  await Promise.all(closed);
  expect(came[0]).toBeLessThanOrEqual(sent[1]!);
  expect(came[1]).toBeLessThanOrEqual(sent[0]!);
  expect([duplex.destroyed, ours.isOpen]).toEqual([true, false]);
});
