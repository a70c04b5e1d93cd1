/**
 * The functions of inet as methods of an SCTP socket: its options, names and counters. Those of gen_sctp are in socket.ts; ownership, `close` and
 * `controllingProcess` in actors/socket/socketPort.ts. On a closed socket every call fails with 'closed'.
 */
import {
  type ActiveState,
  activeValue,
  type Getstat,
  type SockAddress,
  type SocketOptions,
  SocketPort,
  soleActive,
  statistics,
  type Traffic,
} from '../socket/index.js';
import { heldBytes, type SctpSocketInfo, stackInfo } from './info.js';
import { ownNames, peerNames } from './names.js';
import {
  type AskedOption,
  checkOptionNames,
  type OptionList,
  type OptionNames,
  type OptionPlan,
  planOptions,
  type SctpOptions,
  type SctpReadableOptions,
} from './options.js';
import type { SctpReceived } from './received.js';
import { type AssocRef, assocIdOf } from './sending.js';
import type { SendPath } from './sendPath.js';
import type { StackSocket } from './stackSocket.js';

/** The parts of a socket that these functions need. */
export interface InetParts {
  readonly at: StackSocket;
  readonly flow: { readonly active: ActiveState };
  readonly options: SocketOptions<OptionPlan, AskedOption>;
  readonly sends: SendPath;
  readonly receives: { readonly traffic: Traffic };
  readonly connects: { readonly size: number };
  readonly accepts: { readonly size: number };
}

export abstract class InetSocket extends SocketPort<SctpReceived> {
  /** The local port. It stays readable after close. */
  abstract readonly port: number;
  protected abstract readonly parts: InetParts;

  /**
   * Sets options, all of them or, if one is refused, none (FC-13). A list is applied from its last element to its first (FC-12). When it returns,
   * whatever the new `active` lets through is in the owner's mailbox (FC-14, FC-28).
   *
   * @throws BadArg naming the option that is unknown or ill-typed
   * @throws SocketError 'einval' (a count out of range, a value that the stack refuses), 'enotsup' (what this stack does not have), 'closed'
   */
  setopts(options: SctpOptions | OptionList<SctpOptions>): void {
    const active = soleActive(options);
    const plan = active === undefined ? planOptions(options) : undefined;
    if (!this.isOpen) throw this.closedError('setopts');
    try {
      if (plan !== undefined) this.apply(plan, 'setopts');
      else this.parts.options.setActive(active!, 'setopts');
    } catch (error) {
      throw this.charged(error as Error);
    }
  }

  /**
   * Reads options. Where one belongs to an association give `[name, { assocId }]`, and where to one address of a peer `[name, { address }]`; one that
   * the stack refuses is left out (SO-2).
   *
   * @example socket.getopts(['active', ['sctpStatus', { assocId }]]) // { active: 3, sctpStatus: { state: 'established', … } }
   */
  getopts<Name extends keyof SctpReadableOptions>(names: OptionNames<Name>): Pick<SctpReadableOptions, Name> {
    const asked = checkOptionNames(names);
    if (!this.isOpen) throw this.closedError('getopts');
    this.parts.sends.flush();
    return this.parts.options.read(asked) as Pick<SctpReadableOptions, Name>;
  }

  /** The bound address and port; of several, the last one (MH-14). */
  sockname(): SockAddress {
    return this.told('sockname', () => ownNames(this.parts.at, 0, 'sockname').at(-1)!);
  }

  /** All bound addresses, or those of an association (MH-10). @throws SocketError 'einval' (no such association), 'closed' */
  socknames(assoc?: AssocRef): SockAddress[] {
    const assocId = assoc === undefined ? 0 : assocIdOf(assoc);
    return this.told('socknames', () => ownNames(this.parts.at, assocId, 'socknames'));
  }

  /** The peer of a one-to-one socket, or of an association. @throws SocketError 'enotconn', 'einval' (no such association), 'closed' */
  peername(assoc?: AssocRef): SockAddress {
    const assocId = assoc === undefined ? undefined : assocIdOf(assoc);
    return this.told('peername', () => peerNames(this.parts.at, assocId, 'peername')[0]!);
  }

  /** The addresses of a peer, as `peername` (MH-10, MH-11). */
  peernames(assoc?: AssocRef): SockAddress[] {
    const assocId = assoc === undefined ? undefined : assocIdOf(assoc);
    return this.told('peernames', () => peerNames(this.parts.at, assocId, 'peernames'));
  }

  /** What has been sent and received so far, as inet:getstat counts it: events too, as packets without bytes (SD-13). @throws SocketError 'closed' */
  getstat(): Getstat {
    return this.told('getstat', () => {
      const { at, sends, receives } = this.parts;
      sends.flush();
      return statistics(receives.traffic, sends.traffic, { recv: heldBytes(at, 0).bytes, send: sends.waitingBytes });
    });
  }

  /**
   * What is known of the socket; `held` and `sending` of one association, if that is given (on the embedded stack).
   *
   * @throws SocketError 'closed', 'einval' (no such association)
   */
  info(assoc?: AssocRef): SctpSocketInfo {
    const assocId = assoc === undefined ? 0 : assocIdOf(assoc);
    return this.told('info', () => {
      const { at, flow, sends, connects, accepts } = this.parts;
      sends.flush();
      return {
        owner: this.owner,
        port: this.port,
        active: activeValue(flow.active),
        waitingSends: sends.waiting,
        waitingConnects: connects.size,
        waitingAccepts: accepts.size,
        ...stackInfo(at, assocId),
      };
    });
  }

  /** Sets options; sends made before go down with the former ones. */
  protected apply(plan: OptionPlan, syscall: string): void {
    this.parts.sends.flush();
    this.parts.options.apply(plan, syscall);
  }
}
