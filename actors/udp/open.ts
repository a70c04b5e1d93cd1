/** `open`, the function of gen_udp that needs no socket. It is made for the stack that it is given, so that tests and simulations can give a stack of their own. */
import { inetFamily, inetOption } from '../../native/contract/inet.js';
import { type AnySelf, isAlive, type Pid } from '../../runtime/index.js';
import {
  charging,
  checkLivingCaller,
  defaultWatermarks,
  type InetOpening,
  type InetPlan,
  inetLiteral,
  openActive,
  openParamsOf,
  pathOf,
  planOpening,
  planPairs,
  resolveInet,
} from '../socket/index.js';
import { UdpEnvironment } from './environment.js';
import { udpErrnoError } from './explanations.js';
import { type UdpKept, type UdpOpenOptionsArgument, udpTable } from './options.js';
import type { Environment as EnvironmentOf } from './parts.js';
import type { UdpOpenReason } from './reasons.js';
import { UdpSocket } from './socket.js';
import type { UdpOpener } from './stacks.js';

type Environment = EnvironmentOf<UdpSocket>;

/** The surface of gen_udp. */
export interface Udp {
  /**
   * Opens a socket that `self` owns, and binds it (UO-5). The port is a number, or the name of a service; 0, the default, is any port that is free. The options are
   * set first (TL-7). `active` counts from the opening on: with 0 or a negative number the passive message is in the mailbox when the promise resolves (FC-10). If
   * something fails nothing is left open.
   *
   * A Unix-domain socket is bound to the path that `ifaddr: { local: path }` names; with `local: true` alone it has no name, and others cannot answer (UO-9). The file
   * of a path stays after close.
   *
   * @throws BadArg naming the argument or option
   * @throws SocketError 'eaddrinuse' | 'eaddrnotavail' | 'eacces' | 'nxdomain' | 'einval' (an option that the system refuses) | ... (UO-3, UO-6)
   */
  open(self: AnySelf, options?: UdpOpenOptionsArgument): Promise<UdpSocket>;
  open(self: AnySelf, port: number | string, options?: UdpOpenOptionsArgument): Promise<UdpSocket>;
  /** The sockets of this environment that are open. */
  openSockets(): UdpSocket[];
}

/** Options of `open` that have been checked. */
interface OpenPlan {
  readonly opening: InetOpening;
  readonly options: InetPlan<UdpKept>;
}

/** gen_udp over the stack that `opener` opens, with the first socket. */
export function createUdp(opener: UdpOpener): Udp {
  let environment: Environment | undefined;
  const theEnvironment = (): Environment => {
    environment ??= new UdpEnvironment(opener);
    return environment;
  };
  return {
    open: (self: AnySelf, first?: number | string | UdpOpenOptionsArgument, second?: UdpOpenOptionsArgument) => {
      const owner = checkLivingCaller(self);
      const hasPort = second !== undefined || typeof first !== 'object';
      const plan = hasPort ? planOpen(first, second) : planOpen(undefined, first);
      openActive(plan.options.active, true);
      return charging(owner, openPlanned(theEnvironment, self, owner, plan));
    },
    openSockets: () => environment?.sockets.takers().map(({ socket }) => socket) ?? [],
  };
}

/** Of an option written twice the last counts (FC-11). @throws BadArg */
function planOpen(port: unknown, options: unknown): OpenPlan {
  const opening = planOpening(port, options, 'udp');
  return { opening, options: planPairs(udpTable(opening.family), opening.rest, 'options', 'last') };
}

async function openPlanned(environmentOf: () => Environment, self: AnySelf, owner: Pid, plan: OpenPlan): Promise<UdpSocket> {
  const environment = environmentOf();
  const { address, family } = plan.opening;
  const literal = inetLiteral(address, family, 'open') ?? (await resolveInet(address, family, 'open'));
  if (!isAlive(owner)) throw self.signal.reason;
  return bindSocket(environment, self, owner, plan, literal);
}

/** Datagrams travel together as far as the system can do that; it is no failure if it cannot. */
function offload(stack: Environment['stack'], handle: number): void {
  stack.setOption(handle, inetOption.gro, [1]);
  stack.setOption(handle, inetOption.gso, [1]);
}

/** From here on nothing waits: in the end there is a socket with an owner, or there is nothing. */
function bindSocket(environment: Environment, self: AnySelf, owner: Pid, plan: OpenPlan, address: string): UdpSocket {
  const { family, port, isPlaced, fd, netns } = plan.opening;
  const { stack } = environment;
  const place = family === inetFamily.local ? { address: pathOf(address) } : { address, port };
  const failure = (result: number): Error => udpErrnoError<UdpOpenReason>(result, 'open', place);
  const handle = stack.open(openParamsOf(plan.opening));
  if (handle < 0) throw failure(handle);
  // A descriptor that is adopted may be shared with others, who do not expect joined datagrams.
  if (fd === undefined) offload(stack, handle);
  const kept = { mode: 'binary', marks: defaultWatermarks, own: {}, netns, bufferIsSet: false } as const;
  const socket = UdpSocket.create(environment, owner, { handle, family, kept }, plan.options, () => {
    // A descriptor that is adopted is bound already, and a local socket without a path has no name.
    const isBound = isPlaced || (fd === undefined && address !== '');
    const result = isBound ? stack.bind(handle, address, port) : 0;
    if (result < 0) throw failure(result);
  });
  if (socket === undefined) throw self.signal.reason;
  return socket;
}
