/** The times that users give, in milliseconds: what each kind may be, checked in the same way wherever one is taken. */
import { BadArg } from './errors.js';

/** The longest that anything waits for an answer, or for an end: Erlang's, 32 bits of milliseconds, 49.7 days. */
const longestMs = 2 ** 32 - 1;

/** How far ahead something may be planned: 8,900 years. Erlang's timers, too, may be further away than its timeouts. */
const farthestMs = 2 ** 48;

/** How long to wait, as Erlang takes it: `Infinity`, its `infinity`, included. */
export function isTimeout(timeoutMs: unknown): timeoutMs is number {
  if (typeof timeoutMs !== 'number') return false;
  return timeoutMs >= 0 && (timeoutMs <= longestMs || timeoutMs === Number.POSITIVE_INFINITY);
}

/** @throws BadArg unless it is how long to wait */
export function checkTimeout(argument: string, timeoutMs: unknown): number {
  if (isTimeout(timeoutMs)) return timeoutMs;
  throw new BadArg(argument, 'must be milliseconds from 0 to 4294967295, or Infinity');
}

/** @throws BadArg unless it is how far ahead something is to happen */
export function checkDelay(argument: string, delayMs: unknown): number {
  if (typeof delayMs === 'number' && delayMs >= 0 && delayMs <= farthestMs) return delayMs;
  throw new BadArg(argument, 'must be milliseconds from 0 to 2^48');
}

/** For clocks, which know no limit. @throws BadArg unless it is a length of time */
export function checkSpan(argument: string, spanMs: unknown): number {
  if (typeof spanMs === 'number' && spanMs >= 0 && spanMs < Number.POSITIVE_INFINITY) return spanMs;
  throw new BadArg(argument, 'must be milliseconds of 0 or more, and not Infinity');
}

/** @throws BadArg unless it is a period, which has a length */
export function checkPeriod(argument: string, periodMs: unknown): number {
  if (typeof periodMs === 'number' && periodMs > 0 && periodMs <= farthestMs) return periodMs;
  throw new BadArg(argument, 'must be milliseconds above 0, and not above 2^48');
}
