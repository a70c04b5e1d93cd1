/**
 * The option `restartDelay`: a pause before restarts, for a child whose resource (a port, a peer, a disk) is away and comes back. Without a pause the supervisor
 * makes all the restarts that it may make within a fraction of a second, and gives up. OTP has no such pause.
 */
import { checkDelay, checkKeys, checkPeriod } from '../../runtime/behaviour.js';
import { BadArg } from '../../runtime/index.js';

/**
 * A pause that grows with each restart: from `firstMs`, by `factor` (2 unless given), up to `maxMs`. When the child has run for `maxMs`, the next pause is
 * `firstMs` again.
 */
export interface GrowingDelay {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly factor?: number;
}

/** A pause in milliseconds that is always the same, or one that grows. */
export type RestartDelay = number | GrowingDelay;

/** @throws BadArg */
export function checkRestartDelay(argument: string, delay: RestartDelay, restart: string): void {
  if (restart === 'temporary') throw new BadArg(argument, 'is not for a temporary child, which is never restarted');
  if (typeof delay === 'number') checkDelay(argument, delay);
  else if (typeof delay !== 'object' || delay === null) {
    throw new BadArg(argument, 'must be milliseconds from 0 to 2^48, or { firstMs, maxMs, factor }');
  } else checkGrowing(argument, delay);
}

const keys = new Set(['firstMs', 'maxMs', 'factor'] satisfies (keyof GrowingDelay)[]);

function checkGrowing(argument: string, delay: GrowingDelay): void {
  checkKeys(argument, delay, keys);
  const { firstMs, maxMs, factor = 2 } = delay;
  checkPeriod(`${argument}.firstMs`, firstMs);
  checkPeriod(`${argument}.maxMs`, maxMs);
  if (maxMs < firstMs) throw new BadArg(`${argument}.maxMs`, 'must not be less than firstMs');
  if (!Number.isFinite(factor) || factor < 1) throw new BadArg(`${argument}.factor`, 'must be a number of 1 or more');
}
