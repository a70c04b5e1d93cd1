/** The memory that peers make all sockets of an environment hold, on the embedded stack, and its limits. */
import { option, type SctpStack } from '../../native/contract/sctp.js';
import { BadArg } from '../../runtime/index.js';
import { checkKeys } from '../../runtime/ports.js';

/** Bytes, with the memory for their bookkeeping. */
export interface SctpMemory {
  /** Data that peers have sent to open sockets of this environment and that nobody has read. */
  readonly heldBytes: number;
  /** Its limit. */
  readonly maxHeldBytes: number;
  /** Data that was sent and that peers have not acknowledged, data of closed sockets included. */
  readonly sendingBytes: number;
  /** Its limit. */
  readonly maxSendingBytes: number;
}

/** Limits of all sockets; those that are not given stay as they are. */
export type SctpMemoryLimits = Partial<Pick<SctpMemory, 'maxHeldBytes' | 'maxSendingBytes'>>;

const limitOptions = { maxHeldBytes: option.maxHeldOfAll, maxSendingBytes: option.maxSendingOfAll } as const;
const names: ReadonlySet<string> = new Set(Object.keys(limitOptions));
const leastBytes = 65536;
const mostBytes = 0xffffffff;
/** All sockets. */
const everybody = 0;

/** Two words, the higher one first. */
export function bytesOf(words: readonly number[]): number {
  return (words[0] ?? 0) * 2 ** 32 + (words[1] ?? 0);
}

/** @throws BadArg */
export function checkMemory(limits: unknown): SctpMemoryLimits {
  if (limits === undefined) return {};
  if (typeof limits !== 'object' || limits === null) {
    throw new BadArg('limits', 'must be an object with maxHeldBytes, maxSendingBytes or both');
  }
  checkKeys('limits', limits, names);
  for (const [name, bytes] of Object.entries(limits)) {
    if (bytes === undefined || (Number.isInteger(bytes) && bytes >= leastBytes && bytes <= mostBytes)) continue;
    throw new BadArg(`limits.${name}`, `must be an integer in ${leastBytes}..${mostBytes}`);
  }
  return limits;
}

export function memoryOf(stack: SctpStack, limits: SctpMemoryLimits): SctpMemory {
  for (const name of ['maxHeldBytes', 'maxSendingBytes'] as const) {
    const bytes = limits[name];
    if (bytes !== undefined) stack.setOption(everybody, limitOptions[name], 0, [bytes]);
  }
  const read = (number: number): readonly number[] => {
    const words = stack.getOption(everybody, number, 0);
    return typeof words === 'number' ? [] : words;
  };
  return {
    heldBytes: bytesOf(read(option.held)),
    maxHeldBytes: read(option.maxHeldOfAll)[0] ?? 0,
    sendingBytes: bytesOf(read(option.sending)),
    maxSendingBytes: read(option.maxSendingOfAll)[0] ?? 0,
  };
}
