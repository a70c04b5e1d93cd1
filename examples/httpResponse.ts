/** Makes the bytes of HTTP/1.1 responses (RFC 9112 §4). */
import { STATUS_CODES } from 'node:http';
import type { HttpRequest } from './httpRequest.js';

export interface HttpResponse {
  readonly status: number;
  /** `content-length`, `connection` and `date` are added. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Text, with a line end. */
export const text = (status: number, line: string): HttpResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: `${line}\n`,
});

/** Line ends and other control characters would end the field, and begin what the client takes for another response. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a field must not have
const control = /[\0-\x08\x0a-\x1f\x7f]/;

/** What to send: a string, or a head and a body. `socket.send` takes both. */
export function encode(
  response: HttpResponse,
  to: HttpRequest | undefined,
  keepAlive: boolean,
): string | readonly [string, Buffer] {
  const { status, headers = {}, body = '' } = response;
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ndate: ${httpDate()}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (control.test(name) || control.test(value)) throw new RangeError(`not a header field: ${JSON.stringify([name, value])}`);
    head += `${name}: ${value}\r\n`;
  }
  head += keepAlive ? '\r\n' : 'connection: close\r\n\r\n';
  // HEAD asks for what GET would say of the body, without the body.
  if (to?.method === 'HEAD') return head;
  return typeof body === 'string' ? head + body : [head, body];
}

let dateSecond = 0;
let date = '';

/** The time of day, written once a second. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    date = new Date(second * 1000).toUTCString();
  }
  return date;
}
