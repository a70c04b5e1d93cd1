/**
 * The functions of gen_tcp that need no socket: `listen` and `connect`. They are made for the stack that they are given: that of the kernel, or one in this process,
 * as for TLS and in tests.
 */
import { constants } from 'node:os';
import type { Handle, TcpStack } from '../../native/contract/tcp.js';
import { type AnySelf, BadArg, isAlive, type Pid } from '../../runtime/index.js';
import {
  type ActiveStep,
  backlogWord,
  charging,
  checkedPortNumber,
  checkInetAddress,
  checkLivingCaller,
  checkLocalPort,
  checkPortOrService,
  checkSignal,
  checkTimeout,
  familyOfAddress,
  type InetAddress,
  type InetKept,
  type InetOpening,
  type InetOptionList,
  InetOptionsInForce,
  type InetPlan,
  inetLiteral,
  listensForServer,
  openActive,
  openParamsOf,
  type Pair,
  pairsOf,
  planOpening,
  planPairs,
  reasonOf,
  resolveInet,
  SocketError,
  type WaitOptions,
} from '../socket/index.js';
import { Connect, type ConnectPlan } from './connects.js';
import { TcpEnvironment, type TcpOpener } from './environment.js';
import { defaultKept, type TcpConnectOptions, type TcpListenOptions, type TcpOptions, type TcpOwn, tcpTable } from './options.js';
import type { SocketSetup } from './parts.js';
import type { TcpListenReason } from './reasons.js';
import { streamTags } from './received.js';
import { ReceivePath } from './receivePath.js';
import { TcpSocket } from './socket.js';

export type { TcpOpener } from './environment.js';
export type { SocketSetup } from './parts.js';

/** The surface of gen_tcp. */
export interface Tcp<Socket extends TcpSocket = TcpSocket> {
  /**
   * Opens a socket that `self` owns and that listens. What the options say is inherited by the sockets that `accept` gives (TA-9). `active` is true unless the
   * options say otherwise (FC-1); in `listen` of a server it is false, `reuseaddr` true, and `backlog` 1024.
   *
   * @param port 0: any that is free; or the name of a service. 0 for a local socket, whose path is `{ ifaddr: { local: path } }` (TL-15); its file stays when it is
   *   closed (TL-16)
   * @throws BadArg naming an argument or option (TL-2, TL-3)
   * @throws SocketError 'eaddrinuse' | 'eaddrnotavail' | 'eacces' | 'einval' (a value that the system refuses, TL-4) | 'nxdomain' | 'emfile' | ...; nothing is left
   *   open (TL-7)
   */
  listen(self: AnySelf, port: number | string, options?: TcpListenOptions | InetOptionList<TcpListenOptions>): Promise<Socket>;
  /**
   * Connects to a listening socket. Resolves when the handshake is done, which says nothing about `accept` (TN-2). All addresses of a name are tried, in order
   * (TN-7). If the caller ends meanwhile, so does the attempt (TN-15).
   *
   * @param address an address, with a zone where it is link-local; a host name, 'loopback', 'any' (this host); or `{ local: path }`
   * @param port a number or the name of a service; 0 with a path
   * @param timeoutMs for the look-up and all addresses together (TN-4); Infinity by default; 0 succeeds if the outcome is known at once (TN-5)
   * @throws BadArg naming an argument or option
   * @throws SocketError 'econnrefused' | 'timeout' | 'aborted' | 'nxdomain' | 'etimedout' | 'enetunreach' | 'ehostunreach' | 'eaddrinuse' | 'eaddrnotavail' |
   *   'eafnosupport' (TN-12) | 'enoent' (a path) | 'einval' (TN-8) | 'emfile' | ...
   */
  connect(
    self: AnySelf,
    address: InetAddress,
    port: number | string,
    options?: TcpConnectOptions | InetOptionList<TcpConnectOptions>,
    timeoutMs?: number,
    wait?: WaitOptions,
  ): Promise<Socket>;
  /**
   * A socket over a handle of the stack that is connected already; from here on the handle is the socket's, whatever happens. For those who bring a stack of their
   * own.
   *
   * @throws BadArg, SocketError as `setopts`; the handle is closed then
   */
  adopt(self: AnySelf, handle: Handle, options?: TcpOptions | InetOptionList<TcpOptions>): Socket;
  /** The sockets of this environment that are open, listeners too. */
  openSockets(): Socket[];
}

/** How sockets over a stack differ from those of TCP. */
export interface TcpVariant<Socket extends TcpSocket> {
  /** How the tags of messages begin. */
  readonly tags: 'tcp' | 'ssl';
  /** The class of all sockets. */
  readonly Socket: new (
    environment: TcpEnvironment,
    owner: Pid,
    setup: SocketSetup,
  ) => Socket;
}

/** The backlog of a listener for a server: as Ranch has it. */
const serverBacklog = 1024;
const defaultBacklog = 5;

/** gen_tcp over the stack that `opener` opens with the first socket. */
export function createTcp(opener: TcpOpener): Tcp;
export function createTcp<Socket extends TcpSocket>(opener: TcpOpener, variant: TcpVariant<Socket>): Tcp<Socket>;
export function createTcp(opener: TcpOpener, variant: TcpVariant<TcpSocket> = { tags: 'tcp', Socket: TcpSocket }): Tcp {
  let opened: TcpEnvironment | undefined;
  const environmentHere = (): TcpEnvironment => {
    opened ??= new TcpEnvironment(opener, streamTags(variant.tags));
    return opened;
  };
  /** From here on the handle is the socket's. */
  const socketOf = (self: AnySelf, setup: SocketSetup, plan: InetPlan<TcpOwn>): TcpSocket => {
    const socket = new variant.Socket(environmentHere(), self.pid, setup);
    if (!socket.start(firstActive(plan))) throw self.signal.reason;
    return socket;
  };
  return {
    listen: (self, port, options) => {
      const owner = checkLivingCaller(self);
      const plan = planListen(port, options, listensForServer(owner));
      const listening = listenAt(environmentHere, self, plan);
      return charging(
        owner,
        listening.then((setup) => socketOf(self, setup, plan.options)),
      );
    },
    connect: (self, address, port, options, timeoutMs = Number.POSITIVE_INFINITY, wait = undefined) => {
      const owner = checkLivingCaller(self);
      const plan = planConnect(address, port, options, timeoutMs, wait);
      const connecting = connectTo(environmentHere, self, plan);
      return charging(
        owner,
        connecting.then((setup) => socketOf(self, setup, plan.options)),
      );
    },
    adopt: (self, handle, options) => {
      const { stack } = environmentHere();
      let plan: InetPlan<TcpOwn>;
      let setup: SocketSetup;
      try {
        checkLivingCaller(self);
        plan = planned(pairsOf(options, 'options'));
        const inForce = new InetOptionsInForce({ stack, handle }, tcpTable, defaultKept);
        inForce.applyToNew(plan, 'adopt');
        setup = setupOf(stack, handle, inForce.kept, false);
      } catch (error) {
        stack.close(handle, true);
        throw error;
      }
      return socketOf(self, setup, plan);
    },
    openSockets: () =>
      (opened?.takers.takers() ?? []).flatMap((taker) => (taker instanceof ReceivePath ? [taker.socket as TcpSocket] : [])),
  };
}

interface ListenPlan {
  readonly opening: InetOpening;
  readonly options: InetPlan<TcpOwn>;
  readonly backlog: number;
}

/** @throws BadArg */
function planListen(port: unknown, options: unknown, isForServer: boolean): ListenPlan {
  const opening = planOpening(checkPortOrService(port), options, 'tcp');
  let backlog: unknown = isForServer ? serverBacklog : defaultBacklog;
  // A listener of a server is opened again beside connections of the former one (TL-10). Its sessions read in their own time unless the options say otherwise,
  // as sessions of SCTP do.
  const rest: Pair[] = isForServer
    ? [
        ['reuseaddr', true],
        ['active', false],
      ]
    : [];
  for (const pair of opening.rest) {
    if (pair[0] === 'backlog') backlog = pair[1];
    else rest.push(pair);
  }
  if (typeof backlog !== 'number') throw new BadArg('options.backlog', 'must be an integer');
  return { opening, options: planned(rest), backlog: backlogWord(backlog) };
}

/** @throws BadArg */
function planConnect(address: unknown, port: unknown, options: unknown, timeoutMs: unknown, wait: unknown): ConnectPlan {
  const to = checkInetAddress(address);
  const checked = checkPortOrService(port);
  checkLocalPort(to, checked as number);
  const opening = planOpening(undefined, options, 'tcp', familyOfAddress(to));
  return {
    address: to,
    port: checkedPortNumber(checked, 'tcp'),
    opening,
    options: planned(opening.rest),
    timeoutMs: checkTimeout(timeoutMs),
    signal: checkSignal(wait as WaitOptions | undefined),
  };
}

/** The options beside those of opening. @throws BadArg */
function planned(pairs: readonly Pair[]): InetPlan<TcpOwn> {
  const plan = planPairs(tcpTable, pairs, 'options', 'last');
  firstActive(plan);
  return plan;
}

/** The mode in which a socket begins; true by default (FC-1). @throws BadArg if a count is out of range (FC-2) */
function firstActive({ active }: InetPlan<TcpOwn>): ActiveStep {
  return openActive(active.length === 0 ? [true] : active);
}

/** Everything that needs a look-up comes first; then in the end there is a socket that listens, or nothing. */
async function listenAt(environmentHere: () => TcpEnvironment, self: AnySelf, plan: ListenPlan): Promise<SocketSetup> {
  const { stack } = environmentHere();
  const { family, address, port, isPlaced, fd, netns } = plan.opening;
  const isBound = fd === undefined || isPlaced;
  const own = isBound ? (inetLiteral(address, family, 'listen') ?? (await resolveInet(address, family, 'listen'))) : undefined;
  if (!isAlive(self.pid)) throw self.signal.reason;
  const failure = (result: number): SocketError<TcpListenReason> =>
    new SocketError(reasonOf(-result) as TcpListenReason, 'listen', {
      ...(typeof address === 'string' ? { address, port } : { address: address.local }),
    });
  // Without a path the system would choose a name that nobody knows (TL-15).
  if (own === '') throw failure(-constants.errno.EINVAL);
  const handle = stack.open(openParamsOf(plan.opening));
  if (handle < 0) throw failure(handle);
  try {
    const inForce = new InetOptionsInForce({ stack, handle }, tcpTable, { ...defaultKept, netns });
    inForce.applyToNew(plan.options, 'listen');
    const result = (own === undefined ? 0 : stack.bind(handle, own, port)) || stack.listen(handle, plan.backlog);
    if (result !== 0) throw failure(result);
    // Linux gives an accepted socket the priority 0 (net/core/sock.c, sk_clone_lock).
    const late = plan.options.stack.filter(({ name }) => name === 'priority');
    return { ...setupOf(stack, handle, inForce.kept, true), late };
  } catch (error) {
    stack.close(handle, true);
    throw error;
  }
}

async function connectTo(environmentHere: () => TcpEnvironment, self: AnySelf, plan: ConnectPlan): Promise<SocketSetup> {
  const environment = environmentHere();
  const { handle, kept } = await new Connect(environment, self, plan).run();
  return setupOf(environment.stack, handle, kept, false);
}

function setupOf(stack: TcpStack, handle: Handle, kept: InetKept<TcpOwn>, listens: boolean): SocketSetup {
  const name = stack.sockname(handle);
  return { handle, port: typeof name === 'number' ? 0 : name.port, listens, kept };
}
