/**
 * One connection of an HTTP/1.1 server: requests one after the other, each answered before the next is read. So a client that sends many requests at once (pipelining)
 * gets its answers in order, and a client that does not read its answers is not read either.
 */
import { type Self, type SessionMessage, tag } from 'mailport';
import { SocketError, type TcpSocket } from 'mailport/tcp';
import { HttpError, type HttpLimits } from './httpReader.js';
import { type HttpRequest, readRequest } from './httpRequest.js';
import { encode, type HttpResponse, text } from './httpResponse.js';

export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

/** How long we go on reading after our last response, in milliseconds and in bytes. */
const lastMs = 1000;
const lastBytes = 256 * 1024;

/** The session of a connection, for `server.start`. */
export async function httpSession(
  self: Self<SessionMessage>,
  socket: TcpSocket,
  handle: HttpHandler,
  limits: HttpLimits,
): Promise<void> {
  try {
    while (await serveNext(self, socket, handle, limits));
  } catch (error) {
    // The client has gone, or does not read its answers. That is no fault of this session.
    if (!(error instanceof SocketError)) throw error;
  }
}

/** Answers one request. Whether there may be another one. */
async function serveNext(
  self: Self<SessionMessage>,
  socket: TcpSocket,
  handle: HttpHandler,
  limits: HttpLimits,
): Promise<boolean> {
  let request: HttpRequest | undefined;
  let response: HttpResponse;
  let keepAlive = false;
  try {
    request = await readRequest(socket, limits);
    if (request === undefined) return false;
    keepAlive = request.keepAlive;
    response = await handle(request);
  } catch (error) {
    if (error instanceof SocketError) throw error;
    if (!(error instanceof HttpError)) console.error(error);
    keepAlive = false;
    response = error instanceof HttpError ? text(error.status, error.message) : text(500, 'the server has failed');
  }
  // The server is about to end, and has said so: it waits for the responses under way, and for nothing else.
  if ((await self.receive(tag('drain'), { after: 0 })) !== undefined) keepAlive = false;
  await socket.send(encode(response, request, keepAlive));
  if (!keepAlive) await end(socket);
  return keepAlive;
}

/**
 * Ends a connection after its last response. If we closed while the client still sends, its unread bytes would make the kernel reset the connection, and the reset
 * could reach the client before the response does. So we say that nothing more comes, and read on for a moment (RFC 9112 §9.6).
 */
async function end(socket: TcpSocket): Promise<void> {
  socket.shutdown('write');
  socket.setopts({ packet: 'raw' });
  const endMs = performance.now() + lastMs;
  for (let bytes = 0; bytes < lastBytes; )
    bytes += (await socket.recv(0, Math.max(0, Math.ceil(endMs - performance.now())))).length;
}
