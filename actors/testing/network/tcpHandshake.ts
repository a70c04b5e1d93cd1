/** How a simulated connection comes about: the first packet finds a listener with room, or is sent again, or is answered with a refusal. */
import { constants } from 'node:os';
import { inetFamily } from '../../../native/contract/inet.js';
import { tcpKind } from '../../../native/contract/tcp.js';
import type { Timer } from '../../../runtime/index.js';
import { addressFor } from './addresses.js';
import { Channel } from './channel.js';
import type { Name } from './inetSource.js';
import type { TcpEnd } from './tcpEnd.js';
import type { Wire } from './wire.js';

const { ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT } = constants.errno;
/** The first packet is sent again after so long, and twice as long each time (TL-8). Linux gives up after the sixth (net.ipv4.tcp_syn_retries). */
const firstRetryMs = 1000;
const mostRetries = 6;

export class Handshake {
  readonly #wire: Wire;
  readonly #client: TcpEnd;
  readonly #find: () => readonly TcpEnd[] | undefined;
  readonly #source: Name;
  readonly #destination: Name;
  readonly #there: Channel;
  readonly #back: Channel;
  #retries = 0;
  #timer: Timer | undefined;
  #isOver = false;

  /** @param find the listeners at the destination, undefined if there is no such host */
  constructor(wire: Wire, client: TcpEnd, find: () => readonly TcpEnd[] | undefined, source: Name, destination: Name) {
    this.#wire = wire;
    this.#client = client;
    this.#find = find;
    this.#source = source;
    this.#destination = destination;
    this.#there = new Channel(wire, source.address, destination.address);
    this.#back = new Channel(wire, destination.address, source.address);
  }

  begin(): void {
    if (this.#find() === undefined) this.#wire.soon({ run: () => this.#answer(EHOSTUNREACH) });
    else this.#sendFirst();
  }

  #sendFirst(): void {
    this.#there.send(0, () => this.#arrive());
    this.#timer = this.#wire.after(firstRetryMs * 2 ** this.#retries, () => this.#retry());
  }

  /** The client does not wait for the outcome any more. */
  end(): void {
    this.#isOver = true;
    if (this.#timer !== undefined) this.#wire.cancel(this.#timer);
  }

  #retry(): void {
    this.#retries += 1;
    // A packet that waits before a way that is cut is the one that is sent again.
    if (this.#retries > mostRetries) this.#answer(ETIMEDOUT);
    else if (this.#there.isCut) this.#timer = this.#wire.after(firstRetryMs * 2 ** this.#retries, () => this.#retry());
    else this.#sendFirst();
  }

  #arrive(): void {
    if (this.#isOver || this.#client.state !== 'connecting') return;
    const listeners = this.#find() ?? [];
    if (listeners.length === 0) {
      this.#back.send(0, () => this.#answer(ECONNREFUSED));
      return;
    }
    const listener = listeners[this.#wire.randomness.below(listeners.length)]!;
    const backlog = listener.backlog!;
    // One more than the backlog may wait, as on Linux (TL-8).
    if (backlog.waiting.length > backlog.limit) return;
    this.#accept(listener);
  }

  #accept(listener: TcpEnd): void {
    const server = listener.sibling();
    const { family } = listener;
    server.local = seenBy(family, this.#destination);
    server.remote = seenBy(family, this.#source);
    const backlog = listener.backlog!;
    backlog.waiting.push(server);
    this.end();
    server.join(this.#client, this.#back);
    this.#back.send(0, () => this.#connected(server));
    if (!backlog.isAsked) return;
    backlog.isAsked = false;
    listener.tell(tcpKind.acceptable);
  }

  #connected(server: TcpEnd): void {
    const client = this.#client;
    client.join(server, this.#there);
    if (client.isClosed) client.abort();
    else client.tell(tcpKind.connected);
  }

  #answer(error: number): void {
    if (this.#isOver) return;
    this.end();
    this.#client.state = 'fresh';
    this.#client.tell(tcpKind.connected, error);
  }
}

function seenBy(family: number, { address, port }: Name): Name {
  return family === inetFamily.local ? { address: '', port: 0 } : { address: addressFor(family, address), port };
}
