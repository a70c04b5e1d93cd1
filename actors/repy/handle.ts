/** What `waitforconn` and `recvmess` give: it stands for a listener, and `stopcomm` takes it. */
import { inspect } from 'node:util';

export class CommHandle {
  readonly #protocol: 'tcp' | 'udp';
  /** The local address of the listener. */
  readonly ip: string;
  /** The local port of the listener: the one that was found where 0 was asked for. */
  readonly port: number;

  /** @internal */
  constructor(protocol: 'tcp' | 'udp', ip: string, port: number) {
    this.#protocol = protocol;
    this.ip = ip;
    this.port = port;
  }

  toString(): string {
    return `#CommHandle<${this.#protocol} ${this.ip}:${this.port}>`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
