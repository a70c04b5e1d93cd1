/** What an actor may wait for: the kinds of `receive`, and the answer to a call. */

export type Match = (message: unknown) => boolean;

export const anyMessage = 0;
export const byKey = 1;
export const byMatch = 2;
export const byAnswer = 3;

/** A call that an actor has made, as the actor sees it. */
export interface PendingCall {
  /** It has an answer, or an error. */
  readonly isSettled: boolean;
  readonly error: Error | null;
  readonly answer: unknown;
  /** The time is over, or the actor has ended: gives what to reject with. */
  giveUp(): Error;
}
