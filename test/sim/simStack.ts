/**
 * An SCTP stack in memory with the addon's contract: sockets of one process that associate with each other over a perfect network. It has real
 * queues, windows, credit and back-pressure, so tests of flow control and ownership do not need the addon. A test can tell it to fail. It is one file,
 * because sockets, associations and the stack reach into each other at every step.
 */
import { constants } from 'node:os';
import {
  type BatchCallback,
  flag,
  type Handle,
  kind,
  option,
  type SctpOpenParams,
  type SctpStack,
  unlimitedCredit,
} from '../../native/contract/sctp.js';
import { SimBatch, type SimItem } from './simBatch.js';
import { defaultOptions, keyedOptions, settingProblem, settled, shareLifetime } from './simOptions.js';
import { sendOneByOne } from './simSends.js';

const { EINVAL, EAGAIN, EPIPE, EMSGSIZE, EADDRINUSE, EADDRNOTAVAIL, EISCONN, EALREADY, EBADF, ENOTSUP, ENOPROTOOPT } =
  constants.errno;
const ESHUTDOWN = 108;

const commUp = 0;
const commLost = 1;
const shutdownComp = 3;
const cantAssoc = 4;
/** Cause 12, User Initiated Abort. */
const userAbort = 12;
const dataBytesDefault = 256 * 1024;
const establishedState = 4;
/** As Linux's net.core.somaxconn. */
const mostBacklog = 4096;
/** The value that a peeled-off socket has in place of the port of an opened one. */
const peeledPort = -1;

interface Outgoing {
  readonly item: Omit<SimItem, 'kind' | 'assocId' | 'address' | 'port'>;
  readonly payload: Uint8Array;
}

interface SimAssoc {
  readonly id: number;
  socket: SimSocket | undefined;
  peer: SimAssoc | undefined;
  readonly address: string;
  readonly port: number;
  state: 'connecting' | 'up' | 'ending' | 'over';
  watched: boolean;
  outbound: number;
  inbound: number;
  readonly ssn: Map<number, number>;
  tsn: number;
  readonly outgoing: Outgoing[];
  outgoingBytes: number;
  incomingBytes: number;
  wantsRoom: boolean;
  defaults: number[];
}

interface SimSocket {
  readonly handle: Handle;
  readonly params: SctpOpenParams;
  readonly port: number;
  oneToOne: boolean;
  peeled: boolean;
  /** 0: it does not listen. */
  backlog: number;
  credit: number;
  creditBytes: number;
  queue: SimItem[];
  readonly urgent: SimItem[];
  readonly assocs: Map<number, SimAssoc>;
  readonly options: Map<number, number[]>;
  /** The associations that wait to be accepted, at a listening one-to-one socket. */
  accepted: Handle[];
  wantsAccept: boolean;
}

/** The bit of `events` that each kind of event needs. */
const eventBits = new Map<number, number>([
  [kind.assocChange, 2],
  [kind.peerAddrChange, 4],
  [kind.sendFailed, 8],
  [kind.remoteError, 16],
  [kind.shutdownEvent, 32],
  [kind.partialDelivery, 64],
  [kind.adaptation, 128],
]);

/** The association of that id; on a one-to-one socket any id is that of its only one (SD-11). */
function named(socket: SimSocket, assocId: number): SimAssoc | undefined {
  return socket.oneToOne ? socket.assocs.values().next().value : socket.assocs.get(assocId);
}

export class SimStack implements SctpStack {
  readonly name = 'embedded';
  readonly takesRuns = true;
  readonly #batch = new SimBatch();
  readonly meta = this.#batch.meta;
  readonly slab = this.#batch.slab;
  readonly large = this.#batch.large;
  readonly #onBatch: BatchCallback;
  readonly #sockets = new Map<Handle, SimSocket>();
  readonly #assocs = new Set<SimAssoc>();
  readonly #failures = new Map<string, number>();
  /** Ports whose packets get lost: connects to them neither succeed nor fail. */
  readonly #silent = new Set<number>();
  #nextHandle = 1;
  #nextAssocId = 3;
  #nextPort = 40000;
  #scheduled = false;
  #inBatch = false;

  constructor(onBatch: BatchCallback) {
    this.#onBatch = onBatch;
  }

  // For tests ---------------------------------------------------------------------------------------------------------------------------

  /** The next call of that method fails with a positive errno. */
  failNext(method: 'open' | 'listen' | 'connect' | 'accept' | 'send' | 'peeloff' | 'setOption', errno: number): void {
    this.#failures.set(method, errno);
  }

  /** Packets to that port get lost from now on, or arrive again. */
  silence(port: number, silent: boolean): void {
    if (silent) this.#silent.add(port);
    else this.#silent.delete(port);
    this.#schedule();
  }

  /** Puts an item into a socket's queue as if it had come from the network. */
  inject(handle: Handle, item: SimItem): void {
    this.#enqueue(this.#sockets.get(handle), item);
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  get associations(): number {
    return this.#assocs.size;
  }

  /** The handle of the newest socket. */
  get lastHandle(): Handle {
    return this.#nextHandle - 1;
  }

  creditOf(handle: Handle): number {
    return this.#sockets.get(handle)?.credit ?? 0;
  }

  // The contract ------------------------------------------------------------------------------------------------------------------------

  open(params: SctpOpenParams): Handle | number {
    const failure = this.#failure('open');
    if (failure !== 0) return failure;
    if (params.addresses.length > 1) return -ENOTSUP;
    const [address = ''] = params.addresses;
    if (address.startsWith('203.0.113.')) return -EADDRNOTAVAIL;
    const port = params.port === 0 ? this.#nextPort++ : params.port;
    for (const other of this.#sockets.values()) if (other.port === port && other.params.port !== peeledPort) return -EADDRINUSE;
    return this.#addSocket(params, port, new Map(defaultOptions(params, params.recbuf || dataBytesDefault))).handle;
  }

  listen(handle: Handle, backlog: number): number {
    const socket = this.#sockets.get(handle);
    const failure = this.#failure('listen');
    if (failure !== 0) return failure;
    if (socket === undefined) return -EBADF;
    if (socket.params.port === peeledPort || (socket.oneToOne && socket.assocs.size > 0)) return -EINVAL;
    if (backlog === 0 && socket.backlog === 0) return -EINVAL;
    socket.backlog = Math.min(backlog, mostBacklog);
    return 0;
  }

  connect(handle: Handle, addresses: readonly string[], port: number, watch: boolean): number {
    const socket = this.#sockets.get(handle);
    const failure = this.#failure('connect');
    if (failure !== 0) return failure;
    if (socket === undefined) return -EBADF;
    if (addresses.length > 1) return -ENOTSUP;
    const address = addresses[0] ?? '';
    if (port === 0 || address === '0.0.0.0' || address === '::') return -EINVAL;
    const known = [...socket.assocs.values()].find((assoc) => assoc.port === port && assoc.address === address);
    if (known !== undefined) return known.state === 'connecting' ? -EALREADY : -EISCONN;
    if (socket.oneToOne && (socket.assocs.size > 0 || socket.backlog > 0)) return -EISCONN;
    const peeled = [...this.#assocs].some(
      (other) => this.#isPeeledFrom(socket, other) && other.port === port && other.address === address,
    );
    if (peeled) return -EADDRNOTAVAIL;
    const assoc = this.#addAssoc(socket, address, port);
    assoc.watched = watch;
    this.#schedule();
    return assoc.id;
  }

  unwatch(handle: Handle, assocId: number): void {
    const assoc = this.#sockets.get(handle)?.assocs.get(assocId);
    if (assoc !== undefined) assoc.watched = false;
  }

  send(
    handle: Handle,
    assocId: number,
    stream: number,
    flags: number,
    ppid: number,
    context: number,
    timeToLive: number,
    useDefaults: boolean,
    data: Uint8Array,
  ): number {
    const socket = this.#sockets.get(handle);
    const failure = this.#failure('send');
    if (failure !== 0) return failure;
    if (socket === undefined) return -EBADF;
    const assoc = named(socket, assocId);
    if (assoc === undefined) return -EPIPE;
    if ((flags & (flag.abort | flag.eof)) !== 0 && socket.oneToOne && !socket.peeled) return -EINVAL;
    if ((flags & flag.abort) !== 0 && (flags & flag.eof) === 0) {
      this.#abort(assoc);
      return 0;
    }
    if ((flags & flag.eof) !== 0) {
      if (data.length > 0) return -EINVAL;
      if (assoc.state === 'connecting') this.#drop(assoc);
      assoc.state = 'ending';
      this.#schedule();
      return 0;
    }
    if (assoc.state === 'ending' || assoc.peer?.state === 'ending') return -ESHUTDOWN;
    if (data.length === 0 || stream >= assoc.outbound || (flags & flag.addrOver) !== 0) return -EINVAL;
    const sndbuf = socket.options.get(option.sndbuf)?.[0] ?? 0;
    if (data.length > sndbuf) return -EMSGSIZE;
    if (assoc.outgoingBytes + data.length > sndbuf) {
      assoc.wantsRoom = true;
      return -EAGAIN;
    }
    const [, defaultFlags = 0, defaultPpid = 0, defaultContext = 0] = assoc.defaults;
    const unordered = ((useDefaults ? defaultFlags : flags) & flag.unordered) !== 0;
    const ssn = unordered ? 0 : (assoc.ssn.get(stream) ?? 0);
    if (!unordered) assoc.ssn.set(stream, (ssn + 1) & 0xffff);
    assoc.tsn += 1;
    assoc.outgoing.push({
      payload: Uint8Array.from(data),
      item: {
        stream,
        ssn,
        flags: unordered ? flag.unordered : 0,
        ppid: useDefaults ? defaultPpid : ppid,
        context: useDefaults ? defaultContext : context,
        timeToLive,
        tsn: assoc.tsn,
        cumTsn: unordered ? assoc.tsn : 0,
      },
    });
    assoc.outgoingBytes += data.length;
    this.#schedule();
    return 0;
  }

  sendMany(handle: Handle, words: Uint32Array, payloads: readonly Uint8Array[]): number {
    return sendOneByOne(this, handle, words, payloads);
  }

  setCredit(handle: Handle, items: number, bytes: number): void {
    const socket = this.#sockets.get(handle);
    if (socket === undefined) return;
    socket.credit = items;
    socket.creditBytes = bytes;
    if (items > 0 && bytes > 0) this.#schedule();
  }

  drain(handle: Handle): number {
    const socket = this.#sockets.get(handle);
    // As in the addon: the items that are there come as the next batch of this turn.
    if (this.#inBatch) return 0;
    this.#batch.clear();
    if (socket !== undefined) this.#fill(socket);
    return this.#batch.count;
  }

  peeloff(handle: Handle, assocId: number): number {
    const parent = this.#sockets.get(handle);
    const failure = this.#failure('peeloff');
    if (failure !== 0) return failure;
    const assoc = parent?.assocs.get(assocId);
    if (parent === undefined || parent.oneToOne || assoc === undefined) return -EINVAL;
    const peeled = this.#addSocket({ ...parent.params, port: peeledPort, oneToOne: true }, parent.port, new Map(parent.options));
    peeled.peeled = true;
    parent.assocs.delete(assocId);
    peeled.assocs.set(assocId, assoc);
    assoc.socket = peeled;
    peeled.queue = parent.queue.filter((item) => item.assocId === assocId);
    parent.queue = parent.queue.filter((item) => item.assocId !== assocId);
    return peeled.handle;
  }

  accept(handle: Handle): number {
    const socket = this.#sockets.get(handle);
    const failure = this.#failure('accept');
    if (failure !== 0) return failure;
    if (socket === undefined || socket.backlog === 0) return -EINVAL;
    const accepted = socket.accepted.shift();
    socket.wantsAccept = accepted === undefined;
    return accepted ?? -EAGAIN;
  }

  bindx(): number {
    return -ENOTSUP;
  }

  resetStreams(): number {
    return -ENOPROTOOPT;
  }

  resetAssociation(): number {
    return -ENOPROTOOPT;
  }

  addStreams(): number {
    return -ENOPROTOOPT;
  }

  close(handle: Handle, abort: boolean): number {
    const socket = this.#sockets.get(handle);
    if (socket === undefined) return -EBADF;
    for (const accepted of socket.accepted) this.close(accepted, true);
    const linger = socket.options.get(option.linger) ?? [];
    const aborts = abort || (linger[0] === 1 && linger[1] === 0) || socket.queue.some((item) => item.kind === kind.data);
    this.#sockets.delete(handle);
    for (const assoc of socket.assocs.values()) {
      assoc.socket = undefined;
      if (aborts) this.#abort(assoc);
      else assoc.state = 'ending';
    }
    this.#schedule();
    return 0;
  }

  setOption(handle: Handle, number: number, assocId: number, values: readonly number[], address?: string, port = 0): number {
    const failure = this.#failure('setOption');
    if (failure !== 0) return failure;
    const socket = this.#sockets.get(handle);
    if (socket === undefined) return -EBADF;
    const assoc = number === option.setPeerPrimary ? undefined : this.#keyed(socket, assocId, address, port);
    if (typeof assoc === 'number') return assoc;
    if (number === option.primaryAddr) return assoc === undefined || address === undefined ? -EINVAL : 0;
    const present = socket.options.get(number);
    const problem = settingProblem(number, values, present);
    if (problem !== 0 || present === undefined) return problem;
    if (assoc !== undefined) {
      if (number !== option.defaultSendParam) return keyedOptions.has(number) ? 0 : -EINVAL;
      assoc.defaults = [...values];
      return 0;
    }
    socket.options.set(number, settled(number, values, present));
    shareLifetime(number, socket.options);
    return 0;
  }

  getOption(handle: Handle, number: number, assocId: number, address?: string, port = 0): number[] | number {
    const socket = this.#sockets.get(handle);
    if (socket === undefined) return -EBADF;
    const keyed = this.#keyed(socket, assocId, address, port);
    if (typeof keyed === 'number') return keyed;
    const assoc = keyed ?? (socket.oneToOne ? [...socket.assocs.values()][0] : undefined);
    const peer = [4, 0x7f000001, 0, 0, 0, assoc?.port ?? 0, 0];
    const path = [1, 131072, 0, 3000, 1500, ...peer, assoc?.id ?? 0];
    switch (number) {
      case option.peerAddrInfo:
        return assoc === undefined ? -EINVAL : path;
      case option.primaryAddr:
        return assoc === undefined ? -EINVAL : peer;
      case option.status: {
        if (assoc === undefined) return -EINVAL;
        const state = assoc.state === 'connecting' ? 2 : establishedState;
        return [state, dataBytesDefault, assoc.outgoing.length, 0, assoc.inbound, assoc.outbound, 1452, ...path];
      }
      case option.assocStats:
        return assoc === undefined ? -EINVAL : [...peer, ...Array.from({ length: 30 }, () => 0)];
      case option.prAssocStatus:
        return assoc === undefined ? -EINVAL : Array.from({ length: 12 }, () => 0);
      case option.defaultSendParam:
        if (keyed !== undefined) return [...keyed.defaults];
        break;
      case option.setPeerPrimary:
        return -ENOTSUP;
    }
    const words = socket.options.get(number);
    return words === undefined ? -EINVAL : [...words];
  }

  /** The association that an option is about, or none, or a negative errno. */
  #keyed(socket: SimSocket, assocId: number, address: string | undefined, port: number): SimAssoc | undefined | number {
    if (address === undefined || address === '0.0.0.0') {
      if (assocId === 0) return undefined;
      return named(socket, assocId) ?? -EINVAL;
    }
    const found = [...socket.assocs.values()].find((assoc) => assoc.address === address && assoc.port === port);
    return found === undefined || (assocId !== 0 && assocId !== found.id) ? -EINVAL : found;
  }

  sockname(handle: Handle): { addresses: string[]; port: number; udpPort: number } | number {
    const socket = this.#sockets.get(handle);
    if (socket === undefined) return -EBADF;
    return { addresses: [...socket.params.addresses], port: socket.port, udpPort: socket.port };
  }

  localNames(handle: Handle, assocId: number): string[] | number {
    const socket = this.#sockets.get(handle);
    if (socket === undefined) return -EBADF;
    return named(socket, assocId) === undefined ? -EINVAL : [...socket.params.addresses];
  }

  peernames(handle: Handle, assocId: number): { assocId: number; address: string; port: number }[] | number {
    const socket = this.#sockets.get(handle);
    if (socket === undefined) return -EBADF;
    const assocs = assocId === 0 ? [...socket.assocs.values()] : [socket.assocs.get(assocId)];
    return assocs.flatMap((assoc) =>
      assoc === undefined ? [] : [{ assocId: assoc.id, address: assoc.address, port: assoc.port }],
    );
  }

  findAssociation(handle: Handle, address: string, port: number): number {
    const assocs = [...(this.#sockets.get(handle)?.assocs.values() ?? [])];
    return assocs.find((assoc) => assoc.address === address && assoc.port === port)?.id ?? 0;
  }

  queuedBytes(handle: Handle): [number, number] {
    const assocs = [...(this.#sockets.get(handle)?.assocs.values() ?? [])];
    return [
      assocs.reduce((sum, assoc) => sum + assoc.incomingBytes, 0),
      assocs.reduce((sum, assoc) => sum + assoc.outgoingBytes, 0),
    ];
  }

  stats(): Record<string, number> {
    return { associations: this.#assocs.size };
  }

  openCarrier(): number {
    return -ENOTSUP;
  }

  closeCarrier(): number {
    return -ENOTSUP;
  }

  input(): number {
    return -ENOTSUP;
  }

  carrierStats(): Record<string, number> {
    return {};
  }

  // Inside ------------------------------------------------------------------------------------------------------------------------------

  #failure(method: string): number {
    const errno = this.#failures.get(method) ?? 0;
    this.#failures.delete(method);
    return -errno;
  }

  #isPeeledFrom(socket: SimSocket, assoc: SimAssoc): boolean {
    return assoc.socket !== undefined && assoc.socket.params.port === peeledPort && assoc.socket.port === socket.port;
  }

  #addSocket(params: SctpOpenParams, port: number, options: Map<number, number[]>): SimSocket {
    const handle = this.#nextHandle++;
    const { oneToOne } = params;
    const socket = {
      handle,
      params,
      port,
      oneToOne,
      peeled: false,
      backlog: 0,
      credit: 0,
      creditBytes: unlimitedCredit,
      queue: [],
      urgent: [],
      assocs: new Map(),
      options,
      accepted: [],
      wantsAccept: false,
    };
    this.#sockets.set(handle, socket);
    return socket;
  }

  #addAssoc(socket: SimSocket, address: string, port: number): SimAssoc {
    const [outbound = 10, inbound = 10] = socket.options.get(option.initMsg) ?? [];
    const assoc: SimAssoc = {
      id: this.#nextAssocId++,
      socket,
      peer: undefined,
      address,
      port,
      state: 'connecting',
      watched: false,
      outbound,
      inbound,
      ssn: new Map(),
      tsn: 0,
      outgoing: [],
      outgoingBytes: 0,
      incomingBytes: 0,
      wantsRoom: false,
      defaults: [...(socket.options.get(option.defaultSendParam) ?? [])],
    };
    socket.assocs.set(assoc.id, assoc);
    this.#assocs.add(assoc);
    return assoc;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  /** One turn: the network moves, and then everything is delivered that may be. */
  #run(): void {
    for (const assoc of [...this.#assocs]) this.#step(assoc);
    for (let more = true; more; ) {
      this.#batch.clear();
      for (const socket of this.#sockets.values()) this.#fill(socket);
      more = this.#batch.count > 0;
      if (!more) break;
      this.#inBatch = true;
      this.#onBatch(this.#batch.count);
      this.#inBatch = false;
    }
  }

  #step(assoc: SimAssoc): void {
    if (assoc.state === 'connecting') this.#handshake(assoc);
    if (assoc.peer !== undefined && assoc.state !== 'over') this.#transmit(assoc, assoc.peer);
    if (assoc.state === 'ending' && assoc.outgoing.length === 0) this.#shutDown(assoc);
  }

  #handshake(assoc: SimAssoc): void {
    const from = assoc.socket;
    if (from === undefined) {
      this.#drop(assoc);
      return;
    }
    if (this.#silent.has(assoc.port)) return;
    const to = [...this.#sockets.values()].find((socket) => socket.port === assoc.port && socket.params.port !== peeledPort);
    // One more than the backlog may wait to be accepted, as on Linux.
    if (to === undefined || to.backlog === 0 || to.accepted.length > to.backlog) {
      this.#drop(assoc);
      this.#change(from, assoc, cantAssoc, 0);
      return;
    }
    const [bound = '0.0.0.0'] = from.params.addresses;
    const owner = to.oneToOne ? this.#addSocket({ ...to.params, port: peeledPort }, to.port, new Map(to.options)) : to;
    const peer = this.#addAssoc(owner, bound === '0.0.0.0' ? '127.0.0.1' : bound === '::' ? '::1' : bound, from.port);
    peer.outbound = Math.min(peer.outbound, assoc.inbound);
    assoc.outbound = Math.min(assoc.outbound, peer.inbound);
    peer.inbound = assoc.outbound;
    assoc.inbound = peer.outbound;
    assoc.peer = peer;
    peer.peer = assoc;
    assoc.state = 'up';
    peer.state = 'up';
    this.#change(owner, peer, commUp, 0);
    this.#change(from, assoc, commUp, 0);
    if (owner === to) return;
    to.accepted.push(owner.handle);
    if (!to.wantsAccept) return;
    to.wantsAccept = false;
    to.urgent.push({ kind: kind.acceptable, assocId: 0, address: '0.0.0.0', port: 0 });
  }

  #transmit(assoc: SimAssoc, peer: SimAssoc): void {
    const window = peer.socket?.options.get(option.recbuf)?.[0] ?? 0;
    while (assoc.outgoing.length > 0) {
      const { item, payload } = assoc.outgoing[0]!;
      if (peer.socket !== undefined && peer.incomingBytes > 0 && peer.incomingBytes + payload.length > window) break;
      assoc.outgoing.shift();
      assoc.outgoingBytes -= payload.length;
      peer.incomingBytes += payload.length;
      const whence = { kind: kind.data, assocId: peer.id, address: peer.address, port: peer.port };
      this.#enqueue(peer.socket, { ...whence, ...item, context: 0, timeToLive: 0, payload });
    }
    if (!assoc.wantsRoom || assoc.socket === undefined) return;
    const sndbuf = assoc.socket.options.get(option.sndbuf)?.[0] ?? 0;
    if (assoc.outgoingBytes > sndbuf / 2) return;
    assoc.wantsRoom = false;
    assoc.socket.urgent.push({ kind: kind.writable, assocId: assoc.id, address: assoc.address, port: assoc.port });
    this.#schedule();
  }

  /** All our messages have arrived. The peer hears of the end, sends its own that are left, and both ends are done. */
  #shutDown(assoc: SimAssoc): void {
    const { peer } = assoc;
    const mine = assoc.socket;
    if (peer === undefined) {
      this.#drop(assoc);
      return;
    }
    this.#transmit(peer, assoc);
    if (mine !== undefined && peer.outgoing.length > 0) return;
    const theirs = peer.socket;
    this.#drop(assoc);
    this.#drop(peer);
    if (peer.state !== 'ending') {
      this.#enqueue(theirs, { kind: kind.shutdownEvent, assocId: peer.id, address: peer.address, port: peer.port });
    }
    this.#change(theirs, peer, shutdownComp, 0);
    this.#change(mine, assoc, shutdownComp, 0);
  }

  #abort(assoc: SimAssoc): void {
    for (const end of [assoc, assoc.peer]) {
      if (end === undefined) continue;
      const { socket } = end;
      this.#drop(end);
      this.#change(socket, end, end.state === 'connecting' ? cantAssoc : commLost, userAbort);
      for (const { item, payload } of end.outgoing) {
        const whence = { kind: kind.sendFailed, assocId: end.id, address: end.address, port: end.port, error: userAbort };
        this.#enqueue(socket, { ...item, ...whence, transmitted: false, payload });
      }
      if (end.wantsRoom) socket?.urgent.push({ kind: kind.writable, assocId: end.id, address: end.address, port: end.port });
      end.state = 'over';
    }
  }

  #drop(assoc: SimAssoc): void {
    this.#assocs.delete(assoc);
    assoc.socket?.assocs.delete(assoc.id);
    if (assoc.wantsRoom && assoc.state !== 'over') {
      assoc.wantsRoom = false;
      assoc.socket?.urgent.push({ kind: kind.writable, assocId: assoc.id, address: assoc.address, port: assoc.port });
    }
  }

  #change(socket: SimSocket | undefined, assoc: SimAssoc, state: number, error: number): void {
    const whence = { assocId: assoc.id, address: assoc.address, port: assoc.port };
    const streams = state === commUp ? { outboundStreams: assoc.outbound, inboundStreams: assoc.inbound } : {};
    if (assoc.watched && socket !== undefined) {
      assoc.watched = false;
      socket.urgent.push({ kind: kind.connectResult, ...whence, ...streams, state, error });
      this.#schedule();
    } else this.#enqueue(socket, { kind: kind.assocChange, ...whence, ...streams, state, error });
  }

  #enqueue(socket: SimSocket | undefined, item: SimItem): void {
    if (socket === undefined) return;
    const mask = socket.options.get(option.events)?.[0] ?? 0;
    const needs = eventBits.get(item.kind);
    if (needs !== undefined && (mask & needs) === 0) return;
    socket.queue.push(item);
    this.#schedule();
  }

  /** Moves the items of the socket into the batch, as far as credit and room go. */
  #fill(socket: SimSocket): void {
    while (socket.urgent.length > 0 && this.#batch.add(socket.handle, socket.urgent[0]!)) socket.urgent.shift();
    let taken = 0;
    while (taken < socket.queue.length && socket.credit > 0 && socket.creditBytes > 0) {
      const item = socket.queue[taken]!;
      if (!this.#batch.add(socket.handle, item)) break;
      taken += 1;
      if (socket.credit !== unlimitedCredit) socket.credit -= 1;
      if (socket.creditBytes !== unlimitedCredit)
        socket.creditBytes = Math.max(0, socket.creditBytes - (item.payload?.length ?? 0));
      const assoc = socket.assocs.get(item.assocId);
      if (assoc === undefined || item.payload === undefined || item.kind !== kind.data) continue;
      assoc.incomingBytes -= item.payload.length;
      this.#schedule();
    }
    socket.queue.splice(0, taken);
  }
}
