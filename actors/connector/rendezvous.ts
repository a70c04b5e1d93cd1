/**
 * The meeting of a client and a server, on the wire. The transport connects a client long before a server accepts it. So the server speaks first: when `accept` joins
 * the two, the server's end sends a greeting of four bytes, and `connect` returns when the client's end has read them. A client sends nothing before. If the
 * connection ends without a greeting, the connector has been closed.
 *
 * The first byte is none that a protocol of text or telnet begins with. The last one is the version of the greeting.
 */
import type { Endpoint } from './endpoint.js';
import { IPError } from './errors.js';
import type { ByteSocket } from './transport.js';

const version = 1;
export const greeting: Buffer = Buffer.from([0x89, 0x4d, 0x50, version]);

/** Waits until a server has accepted. @throws IPError, SocketError as a read of the socket fails */
export async function awaitGreeting(socket: ByteSocket, endpoint: Endpoint, signal: AbortSignal | undefined): Promise<void> {
  const heard = await socket.read(greeting.length, signal && { signal });
  if (!greeting.equals(heard)) throw failureIn(heard, endpoint);
}

/** Why what was heard is no greeting. */
function failureIn(heard: Uint8Array, endpoint: Endpoint): IPError {
  const isBeginning = heard.every((byte, index) => byte === greeting[index]);
  if (isBeginning) return new IPError('IP.Error', 'Refused', 'connect', { endpoint });
  const isOther = heard.length === greeting.length && heard.subarray(0, -1).every((byte, index) => byte === greeting[index]);
  const detail = isOther
    ? `the connector has version ${heard.at(-1)} of the rendezvous, and this one is ${version}`
    : 'the peer is no connector with a rendezvous: give { rendezvous: false } for a plain peer';
  return new IPError('IP.Error', 'Unexpected', 'connect', { endpoint, detail });
}
