/** curl and a small server of HTTP/1.1 that is made of packet modes: lines for the head, raw bytes for the body. */
import type { Self } from 'mailport';
import { SocketError, type TcpMessage, type TcpSocket, tcp } from 'mailport/tcp';
import { beforeEach, describe, expect, test } from 'vitest';
import { installed } from '../support/installed.js';
import { failOnLeftovers } from '../support/setup.js';
import { Tool } from '../support/tool.js';
import { inActor } from './inActor.js';

failOnLeftovers(() => tcp.openSockets().map(({ port }) => `socket ${port}`));

const curl = (...args: readonly (string | number)[]) =>
  new Tool([], 'curl', '--silent', '--show-error', '--max-time', 10, ...args);

/** A request: its first line, and its body. */
interface Request {
  readonly line: string;
  readonly body: string;
}

/** The next request; undefined at the end of the connection. */
async function request(socket: TcpSocket): Promise<Request | undefined> {
  try {
    const line = String(await socket.recv());
    let length = 0;
    for (let header = String(await socket.recv()); header !== '\r\n'; header = String(await socket.recv())) {
      const [, value] = /^content-length: *(\d+)/i.exec(header) ?? [];
      if (value !== undefined) length = Number(value);
      if (/^expect: *100-continue/i.test(header)) await socket.send('HTTP/1.1 100 Continue\r\n\r\n');
    }
    if (length === 0) return { line, body: '' };
    socket.setopts({ packet: 'raw' });
    const body = String(await socket.recv(length));
    socket.setopts({ packet: 'line' });
    return { line, body };
  } catch (error) {
    if (error instanceof SocketError && error.reason === 'closed') return undefined;
    throw error;
  }
}

/** Serves one connection after the other, until `connections` have ended; gives the requests of each. */
async function serve(self: Self<TcpMessage>, listener: TcpSocket, connections: number): Promise<string[][]> {
  const all: string[][] = [];
  while (all.length < connections) {
    const socket = await listener.accept(self);
    const lines: string[] = [];
    all.push(lines);
    for (let next = await request(socket); next !== undefined; next = await request(socket)) {
      lines.push(next.line.trimEnd());
      const body = next.body === '' ? `you asked: ${next.line.trimEnd()}\n` : next.body;
      await socket.send([`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`, body]);
    }
    await socket.close();
  }
  return all;
}

describe('curl', () => {
  beforeEach((context) => context.skip(!installed('curl'), 'package curl is not installed'));
  const listen = (self: Self<TcpMessage>) =>
    tcp.listen(self, 0, { ip: '127.0.0.1', active: false, packet: 'line', buffer: 8192 });

  test('asks twice over one connection: TM-12', () =>
    inActor<TcpMessage>(async (self) => {
      const listener = await listen(self);
      const url = `http://127.0.0.1:${listener.port}`;
      const client = curl(`${url}/one`, `${url}/two`);
      expect(await serve(self, listener, 1)).toEqual([['GET /one HTTP/1.1', 'GET /two HTTP/1.1']]);
      expect(await client.status()).toBe(0);
      expect(client.output).toBe('you asked: GET /one HTTP/1.1\nyou asked: GET /two HTTP/1.1\n');
    }));

  test('posts a body that is read as raw bytes, with a request behind it: TM-22, TR-2', () =>
    inActor<TcpMessage>(async (self) => {
      const listener = await listen(self);
      const url = `http://127.0.0.1:${listener.port}/`;
      const body = 'line\n'.repeat(40_000);
      const client = curl('--data-binary', '@-', url, '--next', '--silent', `${url}after`);
      client.types(body);
      client.endsInput();
      expect(await serve(self, listener, 1)).toEqual([['POST / HTTP/1.1', 'GET /after HTTP/1.1']]);
      expect(await client.status()).toBe(0);
      expect(client.output).toBe(`${body}you asked: GET /after HTTP/1.1\n`);
    }));

  test('asks over a local socket: TL-15', () =>
    inActor<TcpMessage>(async (self) => {
      const local = `\0mailport-${process.pid}-${Date.now()}`;
      const listener = await tcp.listen(self, 0, { ifaddr: { local }, active: false, packet: 'line' });
      const client = curl('--abstract-unix-socket', local.slice(1), 'http://localhost/local');
      expect(await serve(self, listener, 1)).toEqual([['GET /local HTTP/1.1']]);
      expect(await client.status()).toBe(0);
    }));
});
