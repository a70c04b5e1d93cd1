/** The native half of mailport as `actors/<transport>/port.ts` sees it: the contract, and the stacks that offer it. */
import { type Addon, loadAddon } from './addon.js';
import type { BatchCallback, SctpStack } from './contract.js';

export * from './contract.js';

let addon: Addon | undefined;

/**
 * A new SCTP stack in user space (SCTP over UDP, RFC 6951) on this environment's event loop. One per environment is enough: sockets of
 * different stacks share nothing, not even an encapsulation port. It lives as long as the environment; open sockets keep the event loop alive.
 *
 * @param onBatch called from the loop with what has arrived, see {@link BatchCallback}. What it throws is an uncaught exception.
 * @throws Error if the addon cannot be loaded, saying what to run
 */
export function embeddedSctp(onBatch: BatchCallback): SctpStack {
  addon ??= loadAddon();
  return addon.embeddedSctp(onBatch);
}
