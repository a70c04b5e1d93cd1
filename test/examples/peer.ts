/** A peer of TCP that sends whatever bytes it is told to, and collects what it gets: node:net, so that nothing of ours is on both sides. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export class Peer {
  readonly socket: Socket;
  /** Everything that has come and that `until` has not given yet. */
  received = '';
  #ended = false;
  #more: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.received += text;
      this.#more();
    });
    const end = (): void => {
      this.#ended = true;
      this.#more();
    };
    // A reset ends the connection as well as anything.
    socket.on('error', () => {}).on('end', end);
    socket.on('close', end);
    onTestFinished(() => {
      socket.destroy();
    });
  }

  static async connect(port: number | string): Promise<Peer> {
    const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    const peer = new Peer(socket);
    await once(socket, 'connect');
    return peer;
  }

  say(bytes: string | Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** What has come up to the first match and with it. Rejects if the connection ends before that. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.received);
      if (match !== null) {
        this.received = this.received.slice(match.index + match[0].length);
        return match;
      }
      if (this.#ended) throw new Error(`the connection ended without ${pattern}; there came: ${this.received}`);
      await this.#turn();
    }
  }

  /** Everything that comes until the server ends the connection. */
  async rest(): Promise<string> {
    while (!this.#ended) await this.#turn();
    return this.received;
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#more = resolve;
    });
  }
}

/** Connects again and again, until nobody listens. */
export async function untilRefused(port: number | string): Promise<void> {
  for (;;) {
    const socket = connect({ port: Number(port), host: '127.0.0.1' });
    const refused = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(true)).once('connect', () => resolve(false));
    });
    socket.destroy();
    if (refused) return;
  }
}
