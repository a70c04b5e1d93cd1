/**
 * A small HTTP/1.1 server: an actor for each connection, keep-alive, pipelining, bodies with a length or in chunks, and limits on everything that a client can send or
 * keep us waiting for. The protocol is in httpSession.ts, httpRequest.ts, httpBody.ts, httpReader.ts and httpResponse.ts; what this server says is here.
 *
 *     node dist/examples/httpd.js [port]
 *     curl -i http://127.0.0.1:8080/
 *     curl -i --data 'some text' http://127.0.0.1:8080/echo
 *     wrk -c 64 http://127.0.0.1:8080/
 */
import { exit, server } from 'mailport';
import { tcp } from 'mailport/tcp';
import type { HttpLimits } from './httpReader.js';
import type { HttpRequest } from './httpRequest.js';
import { type HttpResponse, text } from './httpResponse.js';
import { httpSession } from './httpSession.js';

const limits: HttpLimits = { lineBytes: 8192, headBytes: 16_384, bodyBytes: 65_536, idleMs: 10_000, requestMs: 10_000 };
/** If a client takes nothing of a response for so long, the connection ends. */
const sendTimeoutMs = 10_000;
const drainMs = 2000;
const largestBytes = 64 * 1024 * 1024;

const port = Number(process.argv[2] ?? '8080');

function route(request: HttpRequest): HttpResponse {
  const [path = ''] = request.target.split('?', 1);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (path === '/') return isRead ? text(200, 'hello') : allowed('GET, HEAD');
  if (path === '/echo') return request.method === 'POST' ? { status: 200, body: request.body } : allowed('POST');
  const [, bytes] = /^\/bytes\/(\d{1,9})$/.exec(path) ?? [];
  if (bytes === undefined || Number(bytes) > largestBytes) return text(404, 'not here');
  return isRead ? { status: 200, body: Buffer.alloc(Number(bytes), 'x') } : allowed('GET, HEAD');
}

/** Says which methods there are instead. */
const allowed = (methods: string): HttpResponse => ({
  ...text(405, methods),
  headers: { allow: methods, 'content-type': 'text/plain' },
});

const httpd = await server.start({
  listen: (self, before) =>
    tcp.listen(self, before || port, {
      ip: '127.0.0.1',
      active: false,
      packet: 'line',
      buffer: limits.lineBytes,
      nodelay: true,
      backlog: 1024,
      sendTimeout: sendTimeoutMs,
      sendTimeoutClose: true,
    }),
  maxSessions: 1000,
  drainMs,
  session: (self, socket) => httpSession(self, socket, route, limits),
});
console.log(`httpd listens on http://127.0.0.1:${server.info(httpd)?.port}`);

// The server stops listening, answers the requests that it has begun to read, and ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => exit(httpd, 'shutdown'));
