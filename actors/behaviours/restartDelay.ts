/**
 * Pauses before restarts, which OTP does not have: for a child whose resource (a port, a peer, a disk) is away and comes back. Without one a supervisor uses up
 * the restarts that it may make in a fraction of a second.
 */
import { Countdown, checkDelay, checkKeys, checkPeriod, Internal, tell } from '../../runtime/behaviour.js';
import { type AnySelf, BadArg } from '../../runtime/index.js';
import type { Child } from './children.js';

/** A pause that grows with each restart: from `firstMs` by `factor` (2 unless given) to `maxMs`. It begins anew after the child has run for `maxMs`. */
export interface GrowingDelay {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly factor?: number;
}

/** Milliseconds, each time the same, or growing. */
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

/** How long the next restart of a child is put off, 0 for not at all. Each call counts as one restart. */
export function nextDelayMs(child: Child, nowMs: number): number {
  const { restartDelay = 0 } = child.spec;
  if (typeof restartDelay === 'number') return restartDelay;
  const { firstMs, maxMs, factor = 2 } = restartDelay;
  if (child.startedMs !== undefined && nowMs - child.startedMs >= maxMs) child.restarts = 0;
  const delayMs = Math.min(maxMs, firstMs * factor ** child.restarts);
  child.restarts += 1;
  child.startedMs = undefined;
  return delayMs;
}

/** Children that wait together for their restart: what the supervisor tells itself when the time has come. One that is ended or started meanwhile leaves. */
export class DelayedRestart extends Internal {
  private readonly children = new Set<Child>();
  private readonly countdown: Countdown;

  constructor(self: AnySelf, children: readonly Child[], delayMs: number) {
    super();
    for (const child of children) {
      this.children.add(child);
      child.delayed = this;
    }
    this.countdown = new Countdown(self.pid, () => tell(self.pid, this));
    this.countdown.start(delayMs);
  }

  /** Those that still wait, in order. They do not any longer. */
  release(): readonly Child[] {
    const waiting = [...this.children];
    for (const child of waiting) this.leave(child);
    return waiting;
  }

  leave(child: Child): void {
    child.delayed = undefined;
    this.children.delete(child);
    if (this.children.size === 0) this.countdown.end();
  }
}
