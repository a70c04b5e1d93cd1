/** What peers make all sockets of an environment hold, on the embedded stack: how much it is, and how much it may be. */
import { option, type SctpStack } from '../../native/contract.js';
import { BadArg } from '../../runtime/index.js';
import { checkKeys } from '../../runtime/ports.js';

/** Bytes, with what holding them costs beside. */
export interface SctpMemory {
  /** What peers make the sockets of this environment hold, closed ones no longer among them. */
  readonly heldBytes: number;
  /** How much that may be. */
  readonly maxHeldBytes: number;
}

const names: ReadonlySet<string> = new Set(['maxHeldBytes']);
const leastHeldBytes = 65536;
const mostHeldBytes = 0xffffffff;
/** All sockets. */
const everybody = 0;

/** Two words, the higher one first. */
export function heldBytes(words: readonly number[]): number {
  return (words[0] ?? 0) * 2 ** 32 + (words[1] ?? 0);
}

/** @throws BadArg */
export function checkMemory(limits: unknown): number | undefined {
  if (limits === undefined) return undefined;
  if (typeof limits !== 'object' || limits === null) throw new BadArg('limits', 'must be an object with maxHeldBytes');
  checkKeys('limits', limits, names);
  const { maxHeldBytes } = limits as { readonly maxHeldBytes?: unknown };
  if (maxHeldBytes === undefined) return undefined;
  if (Number.isInteger(maxHeldBytes) && (maxHeldBytes as number) >= leastHeldBytes && (maxHeldBytes as number) <= mostHeldBytes) {
    return maxHeldBytes as number;
  }
  throw new BadArg('limits.maxHeldBytes', `must be an integer in ${leastHeldBytes}..${mostHeldBytes}`);
}

export function memoryOf(stack: SctpStack, maxHeldBytes: number | undefined): SctpMemory {
  if (maxHeldBytes !== undefined) stack.setOption(everybody, option.maxHeldOfAll, 0, [maxHeldBytes]);
  const held = stack.getOption(everybody, option.held, 0);
  const most = stack.getOption(everybody, option.maxHeldOfAll, 0);
  return {
    heldBytes: typeof held === 'number' ? 0 : heldBytes(held),
    maxHeldBytes: typeof most === 'number' ? 0 : most[0]!,
  };
}
