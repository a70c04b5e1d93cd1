/**
 * What a TCP socket is made of, and who knows whom among the parts: all share the stack's handle; the receiving side has sends and accepts tried again, and tells of
 * the end. What most sockets never need is made when it is needed: a process may have very many that idle.
 */
import type { Handle } from '../../native/contract/batch.js';
import type { Pid } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import {
  type AskedInet,
  type FlowControl,
  type InetKept,
  InetOptionsInForce,
  type InetPlan,
  type InetSetting,
  SocketError,
  SocketOptions,
} from '../socket/index.js';
import { TcpEnd } from './ending.js';
import { noHandle, type TcpEnvironment } from './environment.js';
import { Flushing } from './flushing.js';
import type { Listening } from './listening.js';
import { type TcpOwn, tcpTable } from './options.js';
import type { StreamTags, TcpData } from './received.js';
import { ReceivePath, type ReceivingSocket } from './receivePath.js';
import { type SendingSocket, SendPath } from './sendPath.js';
import { StreamHandle } from './streamHandle.js';

/** The facts of a socket that are known when it is made, and do not change. */
export interface SocketSetup {
  readonly handle: Handle;
  /** The local port; 0 for a local socket. */
  readonly port: number;
  readonly listens: boolean;
  readonly kept: InetKept<TcpOwn>;
  /** The number of the packet mode, where it is known without asking the stack. */
  readonly packet?: number;
  /** Of a listener: the options that the kernel passes on to no accepted socket. */
  readonly late?: readonly InetSetting[];
}

/** 'flush': what is queued is sent on. 'drop': it is not. 'abort': nor is what the kernel has, and the peer gets a reset. */
export type Parting = 'flush' | 'drop' | 'abort';

/** The port, as its parts need it. */
interface Ending {
  /** The port ends because its connection has; its owner knows (TC-3). */
  endedByPeer(): void;
}

const done: Promise<void> = Promise.resolve();

export class Parts implements ReceivingSocket, SendingSocket {
  readonly environment: TcpEnvironment;
  readonly at: StreamHandle;
  readonly inForce: InetOptionsInForce<TcpOwn>;
  readonly receives: ReceivePath;
  readonly port: number;
  /** Of a socket that listens. */
  listening: Listening | undefined;
  /** Made by the first send. */
  sends: SendPath | undefined;
  /** Resolves when a connection that was let go of has sent what was queued. */
  flushed: Promise<void> = done;
  #options: SocketOptions<InetPlan<TcpOwn>, AskedInet> | undefined;
  #flow!: FlowControl<TcpData>;
  #socket!: Ending;

  constructor(environment: TcpEnvironment, setup: SocketSetup) {
    this.environment = environment;
    this.port = setup.port;
    this.at = new StreamHandle(environment.stack, setup.handle, setup.listens);
    if (setup.packet === undefined) this.at.notePacket();
    else this.at.packet = setup.packet;
    this.inForce = new InetOptionsInForce(this.at, tcpTable, setup.kept);
    this.receives = new ReceivePath(this);
  }

  /** The port is there: from now on the stack's records go to it. */
  attach(socket: Ending, flow: FlowControl<TcpData>): void {
    this.#flow = flow;
    this.#socket = socket;
    flow.setWatermarks(this.inForce.marks);
    this.environment.takers.register(this.at.handle, this.receives);
  }

  /** The socket, as messages name it. */
  get socket(): object {
    return this.#socket;
  }

  get flow(): FlowControl<TcpData> {
    return this.#flow;
  }

  get tags(): StreamTags {
    return this.environment.tags;
  }

  get own(): TcpOwn {
    return this.inForce.own;
  }

  get asList(): boolean {
    return this.inForce.asList;
  }

  get owner(): Pid {
    return this.#flow.owner;
  }

  get options(): SocketOptions<InetPlan<TcpOwn>, AskedInet> {
    this.#options ??= new SocketOptions(this.inForce, this.#flow);
    return this.#options;
  }

  get sending(): SendPath {
    this.sends ??= new SendPath(this.at, this);
    return this.sends;
  }

  /** Sets options. Bytes that are held are cut anew (TM-22). */
  apply(plan: InetPlan<TcpOwn>, syscall: string): void {
    if (!this.at.isAttached) {
      // The connection has been let go of: what its stack kept has gone with it (TC-6).
      this.options.apply({ ...plan, stack: [] }, syscall);
      return;
    }
    this.options.apply(plan, syscall);
    this.listening?.noteLate(plan.stack);
    if (plan.stack.length === 0) return;
    this.at.notePacket();
    if (this.#flow.active.mode !== false) this.receives.drain();
  }

  /** Lets go of the connection. Sends that wait fail. */
  letGo(how: Parting = 'flush'): void {
    const { stack, handle, isAttached } = this.at;
    if (!isAttached) return;
    this.environment.takers.forget(handle);
    this.at.handle = noHandle;
    const { sends } = this;
    if (sends !== undefined && sends.waiting > 0) sends.failAll(charge(new SocketError('closed', 'send'), this.owner));
    const goesOn = stack.close(handle, how === 'abort') === 1;
    if (!goesOn) return;
    if (how === 'drop') stack.drop(handle);
    else this.flushed = new Flushing(this.environment, handle).over;
  }

  end(): void {
    this.#socket.endedByPeer();
  }

  /** The connection is closed, and the owner of an active socket is told at once (TS-13, TS-14). */
  timedOut(): void {
    this.letGo('drop');
    this.#flow.finish(new TcpEnd(this, undefined, true));
    this.#flow.pump();
  }
}
