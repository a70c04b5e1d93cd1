/** The functions of inet as methods of a TCP socket: its options, names and counters. Those of gen_tcp are in socket.ts. */
import { constants } from 'node:os';
import {
  activeValue,
  checkInetNames,
  errnoError,
  type Getstat,
  type InetOptionList,
  type InetOptionNames,
  planInet,
  refusalOf,
  SocketError,
  SocketPort,
  type SockName,
  sockNameOf,
  soleActive,
  statistics,
  Traffic,
} from '../socket/index.js';
import { type Below, belowOf } from './below.js';
import type { TcpSocketInfo, TcpState } from './info.js';
import { type TcpOptions, type TcpReadableOptions, tcpTable } from './options.js';
import type { Parts } from './parts.js';
import type { TcpNameReason } from './reasons.js';
import type { TcpData } from './received.js';

const noPeer = 'the connection has ended, or the socket listens';

export abstract class InetSocket extends SocketPort<TcpData> {
  protected abstract readonly parts: Parts;

  /** The local port. It stays readable after close; a local socket has 0. */
  get port(): number {
    return this.parts.port;
  }

  /**
   * Sets options, all of them or, if one is refused, none (FC-13). A list is applied from its last element to its first (FC-12). When it returns, whatever the new
   * `active` lets through is in the owner's mailbox (FC-14, FC-28), the end of the connection too, if that is all there is (FC-33).
   *
   * @throws BadArg naming the option that is unknown or ill-typed
   * @throws SocketError 'einval' (a count out of range, a value that the system refuses), 'enotsup' (what this system does not have), 'closed',
   *   'not_owner' (TLS has the socket)
   */
  setopts(options: TcpOptions | InetOptionList<TcpOptions>): void {
    const active = soleActive(options);
    const plan = active === undefined ? planInet(tcpTable, options) : undefined;
    const refusal = this[refusalOf]('setopts');
    if (refusal !== undefined) throw refusal;
    try {
      if (plan !== undefined) this.parts.apply(plan, 'setopts');
      else this.parts.options.setActive(active!, 'setopts');
    } catch (error) {
      throw this.charged(error as Error);
    }
  }

  /**
   * Reads options, by name, or as getsockopt does: `['raw', level, option, bytes]`. Those that this socket does not have are left out (TO-3).
   *
   * @throws BadArg naming what is no option
   * @throws SocketError 'closed'
   */
  getopts<Name extends keyof TcpReadableOptions>(names: InetOptionNames<Name>): Partial<Pick<TcpReadableOptions, Name>> {
    const asked = checkInetNames(tcpTable, names);
    return this.told('getopts', () => this.parts.options.read(asked) as Partial<Pick<TcpReadableOptions, Name>>);
  }

  /** The socket's own name (TI-1). @throws SocketError 'ebadf' (the end has been read, TC-6), 'closed' */
  sockname(): SockName {
    return this.told('sockname', () => {
      const { stack, handle, isAttached } = this.parts.at;
      if (!isAttached) throw new SocketError<TcpNameReason>('ebadf', 'sockname');
      return nameOf(stack.sockname(handle), 'sockname');
    });
  }

  /** The name of the peer. @throws SocketError 'enotconn' (a listener, or the connection has ended), 'closed' */
  peername(): SockName {
    return this.told('peername', () => {
      const { stack, handle, listens, isAttached } = this.parts.at;
      const name = isAttached && !listens ? stack.peername(handle) : -constants.errno.ENOTCONN;
      if (name === -constants.errno.ENOTCONN) throw new SocketError<TcpNameReason>('enotconn', 'peername', { detail: noPeer });
      return nameOf(name, 'peername');
    });
  }

  /** What has been sent and received so far, with the headers of packets: in mode raw `recvCnt` counts messages (TI-2). @throws SocketError 'closed' */
  getstat(): Getstat {
    return this.told('getstat', () => {
      const { receives, sends } = this.parts;
      const [recv, send] = this.#queuedBytes;
      return statistics(receives.traffic, sends?.traffic ?? new Traffic(), { recv, send: send + (sends?.waitingBytes ?? 0) });
    });
  }

  /** What is known of the socket. @throws SocketError 'closed' */
  info(): TcpSocketInfo {
    return this.told('info', () => {
      const { at, flow, sends, listening } = this.parts;
      return {
        owner: this.owner,
        stack: at.stack.name,
        port: this.port,
        active: activeValue(flow.active),
        states: this.#states,
        queuedBytes: this.#queuedBytes,
        waitingSends: sends?.waiting ?? 0,
        waitingAccepts: listening?.accepts.size ?? 0,
      };
    });
  }

  /** @internal What another stack, over a Duplex of this socket, needs of it. */
  get [belowOf](): Below {
    const { at } = this.parts;
    const { stack } = at;
    return {
      setOption: (option, values) => stack.setOption(at.handle, option, values),
      getOption: (option) => stack.getOption(at.handle, option),
      setRawOption: (level, option, value) => stack.setRawOption(at.handle, level, option, value),
      getRawOption: (level, option, bytes) => stack.getRawOption(at.handle, level, option, bytes),
      sockname: () => stack.sockname(at.handle),
      peername: () => stack.peername(at.handle),
      reset: () => {
        this.parts.letGo('abort');
        this.close();
      },
    };
  }

  get #states(): TcpState[] {
    const { at, sends, listening } = this.parts;
    if (!at.isAttached) return [];
    if (listening !== undefined) return listening.accepts.size > 0 ? ['accepting', 'listen', 'open'] : ['listen', 'open'];
    return sends !== undefined && sends.waiting > 0 ? ['busy', 'connected', 'open'] : ['connected', 'open'];
  }

  get #queuedBytes(): readonly [number, number] {
    const { stack, handle, isAttached } = this.parts.at;
    return isAttached ? stack.queuedBytes(handle) : [0, 0];
  }
}

function nameOf(name: Parameters<typeof sockNameOf>[0] | number, syscall: string): SockName {
  if (typeof name === 'number') throw errnoError<TcpNameReason>(name, syscall);
  return sockNameOf(name);
}
