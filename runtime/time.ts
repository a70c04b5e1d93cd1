/** Checks of the times that users give, in milliseconds. Each kind of time has one check, used wherever such a time is taken. */
import { BadArg } from './errors.js';

/** The longest timeout of a wait: 32 bits of milliseconds, 49.7 days, as in Erlang. */
const longestMs = 2 ** 32 - 1;

/** The longest delay of a timer: 8,900 years. In Erlang, too, timers may be longer than timeouts. */
const farthestMs = 2 ** 48;

/** Whether it is a time to wait as Erlang takes it; `Infinity` stands for Erlang's `infinity`. */
export function isTimeout(timeoutMs: unknown): timeoutMs is number {
  if (typeof timeoutMs !== 'number') return false;
  return timeoutMs >= 0 && (timeoutMs <= longestMs || timeoutMs === Number.POSITIVE_INFINITY);
}

/** A time to wait. @throws BadArg unless it is one */
export function checkTimeout(argument: string, timeoutMs: unknown): number {
  if (isTimeout(timeoutMs)) return timeoutMs;
  throw new BadArg(argument, 'must be milliseconds from 0 to 4294967295, or Infinity');
}

/** A delay of a timer. @throws BadArg unless it is one */
export function checkDelay(argument: string, delayMs: unknown): number {
  if (typeof delayMs === 'number' && delayMs >= 0 && delayMs <= farthestMs) return delayMs;
  throw new BadArg(argument, 'must be milliseconds from 0 to 2^48');
}

/** A length of time for a clock, which has no limit but infinity. @throws BadArg unless it is one */
export function checkSpan(argument: string, spanMs: unknown): number {
  if (typeof spanMs === 'number' && spanMs >= 0 && spanMs < Number.POSITIVE_INFINITY) return spanMs;
  throw new BadArg(argument, 'must be milliseconds of 0 or more, and not Infinity');
}

/** The length of a period, which must not be 0. @throws BadArg unless it is one */
export function checkPeriod(argument: string, periodMs: unknown): number {
  if (typeof periodMs === 'number' && periodMs > 0 && periodMs <= farthestMs) return periodMs;
  throw new BadArg(argument, 'must be milliseconds above 0, and not above 2^48');
}
