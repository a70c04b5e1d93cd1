/** What the actor cases share: a measurement made by an actor, as a user's program would make it. */
import { type Ref, type Self, spawn } from 'mailport';

/** Tells the measuring actor that a run is over. */
export type Done = readonly [Ref];

/** Runs `body` as an actor and gives what it gives; rejects with what it throws. */
export function inActor<T, M = Done>(body: (self: Self<M>) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    spawn<M>((self) => body(self).then(resolve, reject));
  });
}

export const perSecond = (count: number, startedMs: number): number => (count * 1000) / (performance.now() - startedMs);
