/**
 * The functions of inet as methods of a UDP socket: its options, names and counters. Those of gen_udp are in socket.ts; ownership, `close` and
 * `controllingProcess` in actors/socket/socketPort.ts. On a closed socket every call fails with 'closed'.
 */
import { inetFamily } from '../../native/contract/inet.js';
import {
  activeValue,
  checkInetNames,
  type Getstat,
  type InetOptionNames,
  peername,
  planInet,
  SocketPort,
  type SockName,
  sockname,
  soleActive,
  statistics,
} from '../socket/index.js';
import { udpError } from './explanations.js';
import type { UdpSocketInfo } from './info.js';
import { type UdpOptionsArgument, type UdpReadableOptions, udpTable } from './options.js';
import type { Parts } from './parts.js';
import type { UdpReceived } from './received.js';

const familyNames = { [inetFamily.local]: 'local', [inetFamily.ipv4]: 'inet', [inetFamily.ipv6]: 'inet6' } as const;

export abstract class InetSocket extends SocketPort<UdpReceived> {
  protected abstract readonly parts: Parts<object>;

  /** The local port; 0 of a local socket. It stays readable after close. */
  get port(): number {
    return this.parts.port;
  }

  /**
   * Sets options, all of them or, if one is refused, none (FC-13). A list is applied from its last element to its first (FC-12). When it returns, whatever the new
   * `active` lets through is in the owner's mailbox (FC-14, FC-28).
   *
   * @throws BadArg naming the option that is unknown or ill-typed
   * @throws SocketError 'einval' (a count out of range, a value that the system refuses), 'enotsup' (what this system does not have), 'closed'; of memberships
   * also 'eaddrinuse' (joined already), 'eaddrnotavail' (not joined), 'enodev' (no such interface), 'enobufs' (too many) (UG-2)
   */
  setopts(options: UdpOptionsArgument): void {
    const active = soleActive(options);
    const plan = active === undefined ? planInet(udpTable(this.parts.family), options) : undefined;
    this.told('setopts', () => {
      // Datagrams sent before leave with the former options.
      this.parts.sends.flush();
      if (plan !== undefined) this.parts.options.apply(plan, 'setopts');
      else this.parts.options.setActive(active!, 'setopts');
    });
  }

  /**
   * Reads options. One that the system refuses to tell is left out, as are options of TCP (TO-3). Options of the system without a name here are
   * `['raw', level, option, bytes]`.
   *
   * @throws BadArg naming what cannot be read
   * @throws SocketError 'closed'
   * @example socket.getopts(['active', 'recbuf']) // { active: 3, recbuf: 425984 }
   */
  getopts<Name extends keyof UdpReadableOptions>(names: InetOptionNames<Name>): Pick<UdpReadableOptions, Name | 'raw'> {
    const asked = checkInetNames(udpTable(this.parts.family), names);
    return this.told('getopts', () => this.parts.options.read(asked) as Pick<UdpReadableOptions, Name | 'raw'>);
  }

  /** The address and port to which the socket is bound, or its path. @throws SocketError 'closed' */
  sockname(): SockName {
    return this.told('sockname', () => sockname(this.parts));
  }

  /** The connected peer. @throws SocketError 'enotconn', 'closed' (TI-1) */
  peername(): SockName {
    return this.told('peername', () => {
      if (this.parts.peer === undefined) throw udpError('enotconn', 'peername');
      return peername(this.parts);
    });
  }

  /** What has been sent and received so far, as inet:getstat counts it (TI-2); of sends those that the system has taken. @throws SocketError 'closed' */
  getstat(): Getstat {
    return this.told('getstat', () => {
      const { sends, receives } = this.parts;
      sends.flush();
      const [recv, send] = this.#queuedBytes;
      return statistics(receives.traffic, sends.traffic, { recv, send });
    });
  }

  /** What is known of the socket. @throws SocketError 'closed' */
  info(): UdpSocketInfo {
    return this.told('info', () => {
      const { stack, family, flow, sends, peer } = this.parts;
      sends.flush();
      return {
        owner: this.owner,
        stack: stack.name,
        family: familyNames[family],
        port: this.port,
        active: activeValue(flow.active),
        states: peer === undefined ? ['open'] : ['connected', 'open'],
        queuedBytes: this.#queuedBytes,
        waitingSends: sends.waiting,
      };
    });
  }

  get #queuedBytes(): readonly [number, number] {
    const { stack, handle, sends } = this.parts;
    return [stack.queuedBytes(handle)[0], sends.waitingBytes];
  }
}
