/** examples/httpd.ts as users run it, among clients that behave and clients that do not. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { plainEnvironment } from '../support/plainEnvironment.js';
import { Peer, untilRefused } from './peer.js';
import { Program } from './program.js';

const curl = '/usr/bin/curl';

let program: Program;
let port: string;

beforeEach(async () => {
  program = new Program('httpd', 0);
  [, port = ''] = await program.prints(/listens on http:\/\/127\.0\.0\.1:(\d+)/);
});

const get = (path: string, ...headers: string[]): string =>
  `GET ${path} HTTP/1.1\r\n${['Host: here', ...headers].join('\r\n')}\r\n\r\n`;

/** A response with a body of the length that it says. */
async function response(peer: Peer): Promise<{ status: number; head: string; body: string }> {
  const [, head = '', status] = await peer.until(/^((?:HTTP\/1\.1 (\d{3}).*\r\n)(?:.+\r\n)*)\r\n/);
  const length = Number(/content-length: (\d+)/.exec(head)?.[1]);
  const [body] = length === 0 ? [''] : await peer.until(new RegExp(`^[\\s\\S]{${length}}`));
  return { status: Number(status), head, body };
}

test('curl gets a page, and posts a body that comes back', async ({ skip }) => {
  if (!existsSync(curl)) skip('curl is not installed');
  const run = (file: string, args: string[]) => promisify(execFile)(file, args, { env: plainEnvironment() });
  const url = `http://127.0.0.1:${port}`;
  expect((await run(curl, ['-sS', `${url}/`])).stdout).toBe('hello\n');
  expect((await run(curl, ['-sS', '--data', 'some text', `${url}/echo`])).stdout).toBe('some text');
  expect((await run(curl, ['-sS', '-H', 'Transfer-Encoding: chunked', '--data', 'in chunks', `${url}/echo`])).stdout).toBe(
    'in chunks',
  );
  expect((await run(curl, ['-sSI', `${url}/bytes/1000`])).stdout).toMatch(
    /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*content-length: 1000\r\n/,
  );
  expect((await run(curl, ['-sS', '-H', 'Expect: 100-continue', '--data', 'x'.repeat(5000), `${url}/echo`])).stdout).toHaveLength(
    5000,
  );
});

test('a connection serves many requests, also if they come all at once, and answers them in order', async () => {
  const peer = await Peer.connect(port);
  const posts = Array.from(
    { length: 50 },
    (_, n) => `POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: ${`${n}\n`.length}\r\n\r\n${n}\n`,
  );
  peer.say(posts.join('') + get('/'));
  for (let n = 0; n < 50; n += 1) expect(await response(peer)).toMatchObject({ status: 200, body: `${n}\n` });
  expect(await response(peer)).toMatchObject({ status: 200, body: 'hello\n' });
});

test('requests that come a byte at a time are requests', async () => {
  const peer = await Peer.connect(port);
  peer.socket.setNoDelay(true);
  for (const byte of `\r\n${get('/')}POST /echo HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nt: v\r\n\r\n`) {
    peer.say(byte);
    await new Promise(setImmediate);
  }
  expect(await response(peer)).toMatchObject({ status: 200, body: 'hello\n' });
  expect(await response(peer)).toMatchObject({ status: 200, body: 'abc' });
});

test('a client that says close, or HTTP/1.0, gets its answer and the end', async () => {
  for (const request of [get('/', 'Connection: close'), 'GET / HTTP/1.0\r\n\r\n']) {
    const peer = await Peer.connect(port);
    peer.say(request);
    const { status, head } = await response(peer);
    expect([status, head]).toEqual([200, expect.stringContaining('connection: close')]);
    expect(await peer.rest()).toBe('');
  }
});

test('a client that has ended its direction gets its answer', async () => {
  const peer = await Peer.connect(port);
  peer.socket.end(get('/'));
  expect(await response(peer)).toMatchObject({ status: 200, body: 'hello\n' });
  expect(await peer.rest()).toBe('');
});

describe('what is wrong is answered, and ends the connection', () => {
  const post = (...lines: string[]): string => `POST /echo HTTP/1.1\r\nHost: here\r\n${lines.join('\r\n')}`;
  test.each<[status: number, what: string, bytes: string]>([
    [400, 'no HTTP', 'hello\r\n'],
    [400, 'empty lines', '\r\n\r\n\r\n\r\n'],
    [400, 'no Host', 'GET / HTTP/1.1\r\n\r\n'],
    [400, 'two Hosts', get('/', 'Host: there')],
    [400, 'a space before the colon', get('/', 'A : b')],
    [400, 'a field that goes on in the next line', get('/', 'A: b', ' c')],
    [400, 'a control character', get('/', 'A: b\0c')],
    [400, 'a control character in the target', get('/a\x01b')],
    [400, 'a length that is none', post('Content-Length: -1', '', '')],
    [400, 'two lengths', post('Content-Length: 1', 'Content-Length: 1', '', 'x')],
    [400, 'a length and chunks', post('Content-Length: 1', 'Transfer-Encoding: chunked', '', '1\r\nx\r\n0\r\n\r\n')],
    [400, 'a chunk that is none', post('Transfer-Encoding: chunked', '', 'xyz\r\n')],
    [400, 'a chunk that is longer', post('Transfer-Encoding: chunked', '', '1\r\nabc\r\n')],
    [404, 'a path that is not there', get('/nowhere', 'Connection: close')],
    [405, 'another method', `DELETE / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n`],
    [413, 'a body that is too long', post('Content-Length: 65537', '', '')],
    [413, 'chunks that are too long', post('Transfer-Encoding: chunked', '', '10001\r\n')],
    [414, 'a first line that is too long', `GET /${'x'.repeat(9000)} HTTP/1.1\r\n`],
    [431, 'a field that is too long', get('/', `A: ${'x'.repeat(9000)}`)],
    [431, 'fields that are too long together', get('/', ...Array.from({ length: 200 }, (_, n) => `A${n}: ${'x'.repeat(100)}`))],
    [501, 'a coding that we do not know', post('Transfer-Encoding: gzip', '', '')],
    [505, 'another version', 'GET / HTTP/2.0\r\n\r\n'],
  ])('%d: %s', async (status, _what, bytes) => {
    const peer = await Peer.connect(port);
    peer.say(bytes);
    expect((await response(peer)).status).toBe(status);
    expect(await peer.rest()).toBe('');
  });
});

test('clients that read nothing, stop in the middle, or vanish disturb nobody', async () => {
  const silent = await Peer.connect(port);
  silent.socket.pause();
  for (let n = 0; n < 8; n += 1) silent.say(get('/bytes/67108864'));
  const slow = await Peer.connect(port);
  slow.say('GET / HTTP/1.1\r\nHos');
  const gone = await Promise.all(Array.from({ length: 200 }, () => Peer.connect(port)));
  for (const [n, peer] of gone.entries()) {
    peer.say(n % 2 === 0 ? get('/bytes/100000') : 'POST /echo HTTP/1.1\r\n');
    peer.socket.resetAndDestroy();
  }
  const peer = await Peer.connect(port);
  for (let n = 0; n < 20; n += 1) {
    peer.say(get('/'));
    expect(await response(peer)).toMatchObject({ status: 200, body: 'hello\n' });
  }
  slow.say('t: here\r\n\r\n');
  expect(await response(slow)).toMatchObject({ status: 200 });
  expect(program.output).not.toMatch(/crashed|Error/);
});

test('at the end, requests under way get their answers, and a connection goes on until it has been told', async () => {
  const peer = await Peer.connect(port);
  peer.say('POST /echo HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  await peer.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
  program.signal('SIGTERM');
  await untilRefused(port);
  peer.say('ok');
  let { body, head } = await response(peer);
  expect(body).toBe('ok');
  while (!head.includes('connection: close')) {
    peer.say(get('/'));
    ({ body, head } = await response(peer));
    expect(body).toBe('hello\n');
  }
  expect(await peer.rest()).toBe('');
  peer.socket.end();
  expect(await program.status()).toBe(0);
});
