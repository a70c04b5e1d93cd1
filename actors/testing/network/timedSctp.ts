/** The calls of an SCTP stack over one that has no time of its own: before each call it is told the time, and after each a step is due. */
import type { Handle } from '../../../native/contract/batch.js';
import type { SctpCarrierParams } from '../../../native/contract/carrier.js';
import type { SctpOpenParams, SctpStack } from '../../../native/contract/sctp.js';
import type { SteppedSctpStack } from '../../../native/contract/stepped.js';

export abstract class TimedSctp implements SctpStack {
  readonly name = 'simulated';
  readonly takesRuns: boolean;
  readonly meta: Uint32Array;
  readonly slab: Uint8Array;
  readonly large: Uint8Array[];
  protected readonly below: SteppedSctpStack;

  constructor(below: SteppedSctpStack) {
    this.below = below;
    this.takesRuns = below.takesRuns;
    this.meta = below.meta;
    this.slab = below.slab;
    this.large = below.large;
  }

  abstract open(params: SctpOpenParams): Handle | number;
  abstract close(socket: Handle, abort: boolean): number;
  abstract drain(socket: Handle): number;
  /** The stack below, which knows the time, and whose next step is due. */
  protected abstract wake(): SteppedSctpStack;

  setCredit(socket: Handle, items: number, bytes: number): void {
    this.wake().setCredit(socket, items, bytes);
  }

  listen(socket: Handle, backlog: number): number {
    return this.wake().listen(socket, backlog);
  }

  connect(socket: Handle, addresses: readonly string[], port: number, watch: boolean): number {
    return this.wake().connect(socket, addresses, port, watch);
  }

  unwatch(socket: Handle, assocId: number): void {
    this.wake().unwatch(socket, assocId);
  }

  send(...args: Parameters<SctpStack['send']>): number {
    return this.wake().send(...args);
  }

  sendMany(socket: Handle, words: Uint32Array, payloads: readonly Uint8Array[]): number {
    return this.wake().sendMany(socket, words, payloads);
  }

  accept(socket: Handle): number {
    return this.wake().accept(socket);
  }

  bindx(socket: Handle, addresses: readonly string[], add: boolean): number {
    return this.wake().bindx(socket, addresses, add);
  }

  resetStreams(socket: Handle, assocId: number, directions: number, streams: readonly number[]): number {
    return this.wake().resetStreams(socket, assocId, directions, streams);
  }

  resetAssociation(socket: Handle, assocId: number): number {
    return this.wake().resetAssociation(socket, assocId);
  }

  addStreams(socket: Handle, assocId: number, inbound: number, outbound: number): number {
    return this.wake().addStreams(socket, assocId, inbound, outbound);
  }

  peeloff(socket: Handle, assocId: number): number {
    return this.wake().peeloff(socket, assocId);
  }

  setOption(...args: Parameters<SctpStack['setOption']>): number {
    return this.wake().setOption(...args);
  }

  getOption(...args: Parameters<SctpStack['getOption']>): number[] | number {
    return this.below.getOption(...args);
  }

  sockname(socket: Handle): ReturnType<SctpStack['sockname']> {
    return this.below.sockname(socket);
  }

  localNames(socket: Handle, assocId: number): string[] | number {
    return this.below.localNames(socket, assocId);
  }

  peernames(socket: Handle, assocId: number): ReturnType<SctpStack['peernames']> {
    return this.below.peernames(socket, assocId);
  }

  findAssociation(socket: Handle, address: string, port: number): number {
    return this.below.findAssociation(socket, address, port);
  }

  queuedBytes(socket: Handle): [number, number] {
    return this.below.queuedBytes(socket);
  }

  stats(): Record<string, number> {
    return this.below.stats();
  }

  openCarrier(params: SctpCarrierParams): Handle | number {
    return this.below.openCarrier(params);
  }

  closeCarrier(carrier: Handle, evenIfUsed: boolean): number {
    return this.below.closeCarrier(carrier, evenIfUsed);
  }

  input(...args: Parameters<SctpStack['input']>): number {
    return this.wake().input(...args);
  }

  carrierStats(carrier: Handle): Record<string, number> {
    return this.below.carrierStats(carrier);
  }
}
