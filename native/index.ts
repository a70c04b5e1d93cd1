/** The native half of mailport as `actors/<transport>/stacks.ts` sees it: the contract, and the stacks that offer it. */
import { type Addon, loadAddon } from './addon.js';
import type { BatchCallback } from './contract/batch.js';
import type { SctpStack } from './contract/sctp.js';
import type { TcpStack } from './contract/tcp.js';
import type { UdpStack } from './contract/udp.js';

export * from './contract/batch.js';
export * from './contract/inet.js';
export * from './contract/sctp.js';
export * from './contract/tcp.js';
export * from './contract/udp.js';

let addon: Addon | undefined;

/**
 * A new SCTP stack in user space (SCTP over UDP, RFC 6951) on this environment's event loop. One per environment is enough: sockets of
 * different stacks share nothing, not even an encapsulation port. It lives as long as the environment; open sockets keep the event loop alive.
 *
 * @param onBatch called from the loop with what has arrived, see {@link BatchCallback}. What it throws is an uncaught exception.
 * @throws Error if the addon cannot be loaded, saying what to run
 */
export function embeddedSctp(onBatch: BatchCallback): SctpStack {
  return theAddon().embeddedSctp(onBatch);
}

/**
 * A new stack over the kernel's SCTP (RFC 6458 on Linux), as {@link embeddedSctp}; both may be used at once. Where the kernel has no SCTP, every
 * `open` fails with what {@link kernelSctpStatus} says.
 *
 * @throws Error if the addon cannot be loaded, saying what to run
 */
export function kernelSctp(onBatch: BatchCallback): SctpStack {
  return theAddon().kernelSctp(onBatch);
}

/** 0 if this kernel has SCTP, else the negative errno that says why not. @throws Error as {@link kernelSctp} */
export function kernelSctpStatus(): number {
  return theAddon().kernelSctpStatus();
}

/**
 * A new stack over the kernel's TCP, and over its local (Unix-domain) stream sockets, as {@link embeddedSctp}: one per environment is enough.
 *
 * @throws Error as {@link kernelSctp}
 */
export function kernelTcp(onBatch: BatchCallback): TcpStack {
  return theAddon().kernelTcp(onBatch);
}

/** A new stack over the kernel's UDP, and over Unix-domain datagrams, as {@link embeddedSctp}. @throws Error as {@link kernelSctp} */
export function kernelUdp(onBatch: BatchCallback): UdpStack {
  return theAddon().kernelUdp(onBatch);
}

function theAddon(): Addon {
  addon ??= loadAddon();
  return addon;
}
