/** Calls of a TCP socket that never wait: what could be done at this moment, and doing as much. For those who have more to look after than one connection. */
import { unlimitedCredit } from '../../native/contract/tcp.js';
import type { AnySelf } from '../../runtime/index.js';
import { checkLivingCaller, errnoError, type IoData, SocketError, toBytes } from '../socket/index.js';
import { InetSocket } from './inetSocket.js';
import type { SendReason, TcpReadyReason } from './reasons.js';

/** What calls would find at this moment. */
export interface TcpReadiness {
  /**
   * A `recv` would be answered at once: by what has come, or by the end. Also true while another call waits, which makes `recv` fail. In a packet mode bytes have
   * come, which may not be a whole packet yet.
   */
  readonly receivable: boolean;
  /** How many bytes a `send` may have to be taken at once. Infinity for any number, also where `send` would fail at once. 0 while another send waits. */
  readonly room: number;
  /**
   * Bytes have come that were not read into this process. `close` would reset the connection, and what the peer has not received yet would be lost (TC-18): see
   * `shutdown`.
   */
  readonly unread: boolean;
}

export abstract class NowSocket extends InetSocket {
  /**
   * What `recv` and `send` would find at this moment, in this process and in the kernel. Nothing is read or sent, and a passive socket stays as it is.
   *
   * @throws SocketError 'enotconn' (a listener), 'closed'
   */
  readiness(): TcpReadiness {
    return this.told('readiness', () => {
      const { at, flow, sends } = this.parts;
      if (at.listens) throw new SocketError<TcpReadyReason>('enotconn', 'readiness');
      if (!at.isAttached) return { receivable: true, room: Number.POSITIVE_INFINITY, unread: false };
      const ready = at.stack.readiness(at.handle);
      if (typeof ready === 'number') throw errnoError<TcpReadyReason>(ready, 'readiness');
      const [receivable, room, unread] = ready;
      return {
        receivable: receivable || flow.held.length > 0 || flow.streamEnd !== undefined,
        room: sends !== undefined && sends.waiting > 0 ? 0 : room === unlimitedCredit ? Number.POSITIVE_INFINITY : room,
        unread,
      };
    });
  }

  /**
   * Sends as many of the bytes as are taken at once, and gives how many: 0 if there is no room, or another send waits. In a packet mode it is all or nothing. The bytes
   * are the caller's again when it returns. As a write that does not block; Erlang's `socket:send(Socket, Data, nowait)`.
   *
   * @throws SocketError as `send` rejects, but for 'timeout' and 'aborted'
   */
  sendNow(data: IoData): number {
    const bytes = toBytes(data);
    return this.done('send', () => {
      if (this.parts.at.listens) throw new SocketError<SendReason>('enotconn', 'send');
      return this.parts.sending.sendNow(bytes);
    });
  }

  /**
   * @internal The connection that has waited longest at a listener, as `accept` gives it, for those who accept only while they have means for it. Undefined if nobody
   * waits: then `onChange` is called, once, when somebody may have come or the listener has closed.
   *
   * @throws SocketError as `accept`; the connection stays queued
   */
  acceptNow(self: AnySelf, onChange: () => void): this | undefined {
    checkLivingCaller(self);
    const accepts = this.parts.listening?.accepts;
    if (!this.isOpen || accepts === undefined) throw new SocketError(this.isOpen ? 'einval' : 'closed', 'accept');
    const outcome = accepts.nowOr(self, onChange);
    if (outcome instanceof Error) throw outcome;
    // All sockets of a listener are of its class.
    return outcome === 'nobody' ? undefined : (outcome as this);
  }
}
