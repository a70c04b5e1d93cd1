/** Reads an HTTP/1.1 request: the head, and the body that the head announces (RFC 9112). */
import type { TcpSocket } from 'mailport/tcp';
import { readBody } from './httpBody.js';
import { HttpError, type HttpLimits, RequestReader } from './httpReader.js';

export interface HttpRequest {
  readonly method: string;
  /** As the client has sent it: a path and a query, mostly. */
  readonly target: string;
  /** Fields by their names in lower case. A field that came several times has its values joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Whether the client wants to use the connection for further requests. */
  readonly keepAlive: boolean;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a field must not have
const control = /[\0-\x08\x0a-\x1f\x7f]/;
/** A target is printable ASCII (RFC 9112 §3.2): anything else might mean something else to a reader behind this one. */
const requestLine = /^(\S+) ([!-~]+) HTTP\/(\d)\.(\d)$/;
/** Fields that must come once: different readers of a request must not see different ones. */
const single: ReadonlySet<string> = new Set(['content-length', 'host', 'transfer-encoding']);

/**
 * The next request of a connection; undefined if there is none.
 *
 * @throws HttpError that the client should be told of
 * @throws SocketError 'closed' if the client goes in the middle of a request
 */
export async function readRequest(socket: TcpSocket, limits: HttpLimits): Promise<HttpRequest | undefined> {
  const reader = new RequestReader(socket, limits);
  const first = await reader.firstLine();
  if (first === undefined) return undefined;
  const [, method = '', target = '', major, minor] = requestLine.exec(first) ?? [];
  if (!token.test(method)) throw new HttpError(400, 'not a request of HTTP');
  if (major !== '1') throw new HttpError(505, 'not HTTP/1');
  const headers = await readHeaders(reader);
  if (minor !== '0' && !headers.has('host')) throw new HttpError(400, 'no Host');
  const body = await readBody(reader, headers);
  return { method, target, headers, body, keepAlive: wantsKeepAlive(headers.get('connection'), minor) };
}

async function readHeaders(reader: RequestReader): Promise<Map<string, string>> {
  const headers = new Map<string, string>();
  for (;;) {
    const line = await reader.line();
    if (line === '') return headers;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 1).trim();
    if (!token.test(name) || control.test(value)) throw new HttpError(400, 'not a header field');
    const key = name.toLowerCase();
    const before = headers.get(key);
    if (before !== undefined && single.has(key)) throw new HttpError(400, `more than one ${name}`);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
}

/** HTTP/1.1 goes on unless somebody says 'close'; HTTP/1.0 ends unless the client says 'keep-alive' (RFC 9112 §9.3). */
function wantsKeepAlive(connection: string | undefined, minor: string | undefined): boolean {
  if (connection === undefined) return minor !== '0';
  const options = connection.toLowerCase().split(/\s*,\s*/);
  return !options.includes('close') && (minor !== '0' || options.includes('keep-alive'));
}
