/** A socket as its stack knows it: what all parts of a `TcpSocket` that call the stack have in common. */
import { inetOption, packetMode } from '../../native/contract/inet.js';
import type { Handle, TcpStack } from '../../native/contract/tcp.js';
import { headerBytes, type InetHandle } from '../socket/index.js';
import { noHandle } from './environment.js';

export class StreamHandle implements InetHandle<TcpStack> {
  readonly stack: TcpStack;
  /** It listens: nothing is ever received, and nothing can be sent. */
  readonly listens: boolean;
  /** `noHandle` once the connection has been let go of. */
  handle: Handle;
  /** The number of the packet mode. */
  packet: number = packetMode.raw;

  constructor(stack: TcpStack, handle: Handle, listens: boolean) {
    this.stack = stack;
    this.handle = handle;
    this.listens = listens;
  }

  get isAttached(): boolean {
    return this.handle !== noHandle;
  }

  /** Bytes that a packet has on the wire besides its own. */
  get headerBytes(): number {
    return headerBytes(this.packet);
  }

  /** To be called when the packet mode may have changed. */
  notePacket(): void {
    const words = this.stack.getOption(this.handle, inetOption.packet);
    if (typeof words !== 'number') this.packet = words[0] ?? packetMode.raw;
  }
}
