/**
 * `sendmess`: by which socket a message leaves. Messages that may leave from anywhere share a socket, which is opened with the first of them. A message from an ip and port
 * where this sandbox listens leaves by the listener's own socket, so that the answer comes to its callback. For any other local end a socket is opened, and closed
 * when the messages that were sent meanwhile have left.
 */
import { familyOf } from '../socket/index.js';
import type { UdpSocket } from '../udp/index.js';
import { anyIp, type CheckedEnd } from './arguments.js';
import { asOwn } from './reasons.js';
import type { Sandbox } from './sandbox.js';
import { UdpListener } from './udpListener.js';

export interface SendmessPlan extends CheckedEnd {
  readonly host: string;
  readonly port: number;
  readonly data: Uint8Array;
}

interface Sender {
  readonly socket: Promise<UdpSocket>;
  users: number;
}

export class Datagrams {
  readonly #sandbox: Sandbox;
  /** By local end. */
  readonly #senders = new Map<string, Sender>();

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  /** The number of bytes that were sent. */
  async send(plan: SendmessPlan): Promise<number> {
    const { host, port, data } = plan;
    try {
      const listener = this.#listenerAt(plan);
      if (listener !== undefined) await listener.port.send(host, port, data);
      else await this.#sendBy(plan);
      return data.length;
    } catch (error) {
      throw asOwn(error, 'sendmess', this.#sandbox.creator);
    }
  }

  #listenerAt({ localip, localport }: SendmessPlan): UdpListener | undefined {
    if (localport === undefined) return undefined;
    const listener = this.#sandbox.udpListeners.find({ localip: localip ?? anyIp, localport })?.listener;
    return listener instanceof UdpListener ? listener : undefined;
  }

  async #sendBy({ host, port, data, localip, localport }: SendmessPlan): Promise<void> {
    const isIpv6 = familyOf(localip ?? host) === 6;
    const key = `${localip ?? (isIpv6 ? 'inet6' : 'inet')} ${localport ?? 0}`;
    const isShared = localip === undefined && localport === undefined;
    let sender = this.#senders.get(key);
    if (sender === undefined) {
      sender = { socket: this.#open(isIpv6, localip, localport), users: 0 };
      this.#senders.set(key, sender);
    }
    sender.users += 1;
    let socket: UdpSocket | undefined;
    try {
      socket = await sender.socket;
      await socket.send(host, port, data);
    } finally {
      sender.users -= 1;
      // In one step, so that the next message from this end opens a socket of its own, and finds the port free.
      if (sender.users === 0 && !(isShared && socket !== undefined)) {
        this.#senders.delete(key);
        socket?.close();
      }
    }
  }

  async #open(isIpv6: boolean, localip: string | undefined, localport: number | undefined): Promise<UdpSocket> {
    const self = await this.#sandbox.started;
    const family = isIpv6 ? ('inet6' as const) : ('inet' as const);
    return this.#sandbox.network.udp.open(self, localport ?? 0, {
      active: false,
      ...(localip === undefined ? { family } : { ip: localip }),
    });
  }
}
