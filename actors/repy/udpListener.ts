/**
 * The listener of a `recvmess`. It takes one message from the system and waits for a free event with it; the next one is taken when the callback of this one runs. Until
 * then messages wait in the buffer of the system, which loses those for which it has no room, as UDP does.
 */
import type { AnySelf } from '../../runtime/index.js';
import { SocketError } from '../socket/index.js';
import type { UdpReceived, UdpSocket } from '../udp/index.js';
import type { Taker } from './budget.js';
import { CommHandle } from './handle.js';
import type { Listener, MessCallback, Registration } from './registration.js';
import type { Sandbox } from './sandbox.js';

export class UdpListener implements Listener, Taker {
  readonly needsSocket = false;
  readonly handle: CommHandle;
  /** By which `sendmess` sends from this ip and port. */
  readonly port: UdpSocket;
  readonly #sandbox: Sandbox;
  readonly #self: AnySelf;
  readonly #registration: Registration<MessCallback>;
  /** The message that waits for its callback. */
  #held: UdpReceived | undefined;

  constructor(sandbox: Sandbox, self: AnySelf, port: UdpSocket, localip: string, registration: Registration<MessCallback>) {
    this.#sandbox = sandbox;
    this.#self = self;
    this.port = port;
    this.#registration = registration;
    this.handle = new CommHandle('udp', localip, port.port);
  }

  begin(): void {
    this.#next();
  }

  take(): boolean {
    const held = this.#held;
    if (held === undefined) return false;
    this.#held = undefined;
    this.#next();
    const [ip, remoteport] = held;
    const message = held.at(-1) as Buffer;
    const { callback } = this.#registration;
    const { handle } = this;
    this.#sandbox.call(this.#self, (own) => callback(own, ip as string, remoteport, message, handle));
    return true;
  }

  stop(): void {
    this.#held = undefined;
    this.#sandbox.budget.withdraw(this);
    this.port.close(this.#self);
  }

  #next(): void {
    this.port.recv(Number.POSITIVE_INFINITY, this.#self).then(this.#arrived, this.#failed);
  }

  readonly #arrived = (received: UdpReceived): void => {
    if (!this.port.isOpen) return;
    this.#held = received;
    this.#sandbox.budget.want(this);
  };

  /** What the network says of a message that was sent is told once, and the next message comes all the same. */
  readonly #failed = (error: unknown): void => {
    if (this.port.isOpen && error instanceof SocketError) this.#next();
  };
}
