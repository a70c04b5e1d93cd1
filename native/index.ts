/** The native half of mailport as `actors/<transport>/stacks.ts` sees it: the contract, and the stacks that offer it. */
import { type Addon, type BusyWaits, loadAddon } from './addon.js';
import type { BatchCallback } from './contract/batch.js';
import type { SctpStack } from './contract/sctp.js';
import type { SteppedSctpStack } from './contract/stepped.js';
import type { TcpStack } from './contract/tcp.js';
import type { UdpStack } from './contract/udp.js';

export * from './contract/batch.js';
export * from './contract/carrier.js';
export * from './contract/inet.js';
export * from './contract/sctp.js';
export * from './contract/stepped.js';
export * from './contract/tcp.js';
export * from './contract/udp.js';

let addon: Addon | undefined;

/** In microseconds. A loop that waits longer without sleep takes more from the machine than it saves a peer. */
const mostBusyWait = 1000;

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

/** A new embedded stack by the time of its caller, for a simulation. `seed`: 32 bits. @throws Error as {@link embeddedSctp} */
export function steppedSctp(seed: number): SteppedSctpStack {
  return theAddon().steppedSctp(seed);
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

/** How often this environment's loop has waited for a message without sleep, and how often in vain. @throws Error as {@link kernelSctp} */
export function busyWaits(): BusyWaits {
  return theAddon().busyWaits();
}

function theAddon(): Addon {
  if (addon === undefined) {
    const wait = busyWaitOf(process.env.MAILPORT_BUSY_WAIT);
    const loaded = loadAddon();
    if (wait !== undefined) loaded.setBusyWait(wait);
    addon = loaded;
  }
  return addon;
}

/** `MAILPORT_BUSY_WAIT`: undefined if it is not set. */
function busyWaitOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const microseconds = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (microseconds <= mostBusyWait) return microseconds;
  throw new Error(
    `mailport: MAILPORT_BUSY_WAIT is ${JSON.stringify(text)} and must be microseconds, from 0 (sleep at once) to ${mostBusyWait}`,
  );
}
