/**
 * The network calls of a sandbox: every call checks its arguments first and throws `BadArg` at once. What fails later rejects with a `SocketError`; reasons.ts has the
 * reasons. Rows of tables, and the budget, are what the calls decide by.
 */
import { type AnySelf, BadArg, type Pid } from '../../runtime/index.js';
import { checkLivingCaller, checkPort, type IoData } from '../socket/index.js';
import {
  checkCallback,
  checkHost,
  checkIp,
  checkMessage,
  checkOpenconn,
  checkOptions,
  checkRemotePort,
  checkSendmess,
  type OpenconnOptions,
  type RepyOptions,
  type SendmessOptions,
} from './arguments.js';
import { openconn, streamOptions } from './connection.js';
import { Datagrams } from './datagrams.js';
import { CommHandle } from './handle.js';
import type { Network } from './network.js';
import { asOwn, type RepyCall, raised } from './reasons.js';
import { type ConnCallback, type Listener, type MessCallback, Registration } from './registration.js';
import { Sandbox } from './sandbox.js';
import { keepalive, type RepySocket } from './socket.js';
import { columnsOf, type ListenRow, type Table, type TcpConnRow } from './tables.js';
import { backlog, TcpListener } from './tcpListener.js';
import { UdpListener } from './udpListener.js';

/** The budget of a sandbox at the moment. */
export interface RepyInfo {
  /** How many there are, and how many are free. */
  readonly events: { readonly all: number; readonly free: number };
  readonly sockets: { readonly all: number; readonly free: number };
  /** Whether the socket selector runs. It has one of the events then. */
  readonly selectorRuns: boolean;
  /** How many callbacks run. Each has an event. */
  readonly callbacks: number;
  /** How many listeners have something for a callback, and wait for an event or a socket. */
  readonly waiting: number;
}

/** Opens the listener of a registration. */
type Open<Callback> = (self: AnySelf, registration: Registration<Callback>) => Promise<Listener>;

export class Repy {
  readonly #sandbox: Sandbox;
  readonly #datagrams: Datagrams;
  /** Registrations whose listeners are being opened, by local ip and port. */
  readonly #opening = {
    tcp: new Map<string, Registration<ConnCallback>>(),
    udp: new Map<string, Registration<MessCallback>>(),
  };

  /** @internal Made by `createRepy`. */
  constructor(self: AnySelf, options: RepyOptions, network: Network) {
    checkLivingCaller(self);
    const checked = checkOptions(options);
    this.#sandbox = new Sandbox(self, checked, checked.network ?? network);
    this.#datagrams = new Datagrams(this.#sandbox);
  }

  /** The actor of the sandbox, which owns its connections and listeners and supervises its callbacks. `exit(repy.pid, 'shutdown')` ends all of them. */
  get pid(): Pid<unknown> {
    return this.#sandbox.pid;
  }

  /** All open TCP connections, those that were accepted too; a copy. */
  get tcp_conn_table(): TcpConnRow[] {
    return this.#sandbox.connections.rows;
  }

  /** All TCP listeners; a copy. */
  get tcp_listen_table(): ListenRow[] {
    return this.#sandbox.tcpListeners.rows;
  }

  /** All UDP listeners; a copy. */
  get udp_listen_table(): ListenRow[] {
    return this.#sandbox.udpListeners.rows;
  }

  /** What is free at the moment. */
  info(): RepyInfo {
    const { budget, selectorRuns, callbacks } = this.#sandbox;
    return {
      events: { all: budget.events, free: budget.freeEvents },
      sockets: { all: budget.sockets, free: budget.freeSockets },
      selectorRuns,
      callbacks,
      waiting: budget.waiting,
    };
  }

  /**
   * Opens a TCP connection to a remote host, and places it into tcp_conn_table. It takes one of the sockets until it is closed.
   *
   * @param host a name or an address
   * @throws BadArg naming the argument
   * @throws SocketError (rejects) 'eaddrinuse': tcp_conn_table has a row with the same four columns; 'emfile': no socket is free; 'enetunreach' | 'ehostunreach' |
   *   'nxdomain' | ...: the host cannot be reached; 'econnrefused': the host does not accept the connection; 'timeout': `timeout` is over; OpenconnReason has them all
   */
  openconn(host: string, port: number, options?: OpenconnOptions): Promise<RepySocket> {
    const plan = { host: checkHost(host), port: checkRemotePort(port), ...checkOpenconn(options) };
    return openconn(this.#sandbox, plan);
  }

  /**
   * Listens for TCP connections at a local ip and port, and registers the callback, which runs for each of them: see `ConnCallback`. If this sandbox listens there already,
   * the callback replaces the former one, and the handle is the same. The first listener takes an event for the socket selector.
   *
   * @param ip an address of this machine, 'any' or 'loopback'
   * @param port 0: any that is free; the handle says which
   * @throws BadArg naming the argument
   * @throws SocketError (rejects) 'system_limit': no event is free for the selector; 'eaddrnotavail': this machine has no such address now; 'eaddrinuse': somebody else
   *   listens there; WaitforconnReason has them all
   */
  waitforconn(ip: string, port: number, callback: ConnCallback): Promise<CommHandle> {
    const row = { localip: checkIp(ip, 'ip'), localport: checkPort(port) };
    checkCallback(callback);
    const { tcpListeners } = this.#sandbox;
    const known = tcpListeners.find(row) ?? this.#opening.tcp.get(columnsOf.listener(row));
    if (known !== undefined) {
      known.callback = callback;
      return known.opened!;
    }
    return this.#register('waitforconn', tcpListeners, this.#opening.tcp, row, new Registration(callback), this.#openTcp(row));
  }

  /**
   * Listens for messages of UDP at a local ip and port, and registers the callback, which runs for each of them: see `MessCallback`. The first listener takes an event
   * for the socket selector.
   *
   * @param ip as of `waitforconn`
   * @throws BadArg naming the argument
   * @throws SocketError (rejects) 'eaddrinuse': this sandbox, or somebody else, listens there; 'system_limit' and 'eaddrnotavail' as of `waitforconn`; RecvmessReason has
   *   them all
   */
  recvmess(ip: string, port: number, callback: MessCallback): Promise<CommHandle> {
    const row = { localip: checkIp(ip, 'ip'), localport: checkPort(port) };
    checkCallback(callback);
    const { udpListeners, creator } = this.#sandbox;
    const known = udpListeners.find(row) ?? this.#opening.udp.get(columnsOf.listener(row));
    if (known !== undefined) {
      const detail = 'this sandbox listens there already: `stopcomm` of its handle comes first';
      return Promise.reject(raised('eaddrinuse', 'recvmess', creator, { address: row.localip, port, detail }));
    }
    return this.#register('recvmess', udpListeners, this.#opening.udp, row, new Registration(callback), this.#openUdp(row));
  }

  /**
   * Stops a listener, and removes its row from its table. True if it did; false if the listener had been stopped already, or is another sandbox's. Callbacks that run go on.
   * Connections that waited are reset by the system, and messages that waited are dropped.
   *
   * @throws BadArg unless it is given a handle
   */
  stopcomm(handle: CommHandle): boolean {
    if (!(handle instanceof CommHandle)) throw new BadArg('handle', 'must be what waitforconn or recvmess gave');
    const { tcpListeners, udpListeners } = this.#sandbox;
    return this.#stop(tcpListeners, handle) || this.#stop(udpListeners, handle);
  }

  /**
   * Sends a message, one datagram of UDP, to a remote host. Resolves with the number of its bytes when the system has taken it, which says nothing about its arrival.
   *
   * @param host a name or an address; a name is looked up each time
   * @param message text (sent as UTF-8), bytes, or lists of these
   * @param options the local end; where this sandbox listens at that ip and port, the answer comes to the callback of that listener
   * @throws BadArg naming the argument
   * @throws SocketError (rejects) 'nxdomain': the name cannot be resolved; 'enetunreach' | 'ehostunreach' | 'enetdown' | 'eaddrnotavail': there is no network; 'emsgsize';
   *   SendmessReason has them all
   */
  sendmess(host: string, port: number, message: IoData, options?: SendmessOptions): Promise<number> {
    const to = { host: checkHost(host), port: checkRemotePort(port), data: checkMessage(message, 'message') };
    return this.#datagrams.send({ ...to, ...checkSendmess(options) });
  }

  #register<Callback>(
    call: RepyCall,
    table: Table<ListenRow, Registration<Callback>>,
    opening: Map<string, Registration<Callback>>,
    row: ListenRow,
    registration: Registration<Callback>,
    open: Open<Callback>,
  ): Promise<CommHandle> {
    const { creator, budget } = this.#sandbox;
    if (!this.#sandbox.enlist()) {
      const detail = `all ${budget.events} events of the sandbox are in use, and the socket selector takes one: wait for a callback to end, or give createRepy more`;
      return Promise.reject(raised('system_limit', call, creator, { detail }));
    }
    const key = columnsOf.listener(row);
    // Any number of listeners may ask for a port that is free.
    if (row.localport > 0) opening.set(key, registration);
    const opened = async (): Promise<CommHandle> => {
      try {
        const listener = await open(await this.#sandbox.started, registration);
        this.#sandbox.checkAlive();
        registration.listener = listener;
        table.place({ localip: row.localip, localport: listener.handle.port }, registration);
        listener.begin();
        return listener.handle;
      } catch (error) {
        this.#sandbox.discharge();
        throw asOwn(error, call, creator);
      } finally {
        opening.delete(key);
      }
    };
    registration.opened = opened();
    return registration.opened;
  }

  #openTcp({ localip, localport }: ListenRow): Open<ConnCallback> {
    return async (self, registration) => {
      // The former listener's connections may live on (stopcomm), and must not keep a new one from its port.
      const options = { ...streamOptions, ...keepalive, ip: localip, backlog, reuseaddr: true };
      const port = await this.#sandbox.network.tcp.listen(self, localport, options);
      return new TcpListener(this.#sandbox, self, port, localip, registration);
    };
  }

  #openUdp({ localip, localport }: ListenRow): Open<MessCallback> {
    return async (self, registration) => {
      const port = await this.#sandbox.network.udp.open(self, localport, { active: false, ip: localip });
      return new UdpListener(this.#sandbox, self, port, localip, registration);
    };
  }

  #stop<Callback>(table: Table<ListenRow, Registration<Callback>>, handle: CommHandle): boolean {
    const row = { localip: handle.ip, localport: handle.port };
    const registration = table.find(row);
    if (registration?.listener?.handle !== handle) return false;
    table.remove(row, registration);
    registration.listener.stop();
    this.#sandbox.discharge();
    return true;
  }
}
