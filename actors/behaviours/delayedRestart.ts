/** Restarts that are put off: for how long, and which children wait together. */
import { Countdown, Internal, tell } from '../../runtime/behaviour.js';
import type { AnySelf } from '../../runtime/index.js';
import type { Child, RestartPause } from './child.js';

/** How long the next restart of a child is put off; 0 for not at all. Each call counts as one restart. */
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

/** A message that the supervisor sends to itself when the pause is over, with the children that wait for it. A child that is ended or started meanwhile leaves. */
export class DelayedRestart extends Internal implements RestartPause {
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

  /** Ends the pause. Returns the children that still waited, in order. */
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
