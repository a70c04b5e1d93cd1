/** What an actor can wait for: a message, by one of the kinds of `receive`, or the answer to a call. */

export type Match = (message: unknown) => boolean;

export const anyMessage = 0;
export const byKey = 1;
export const byMatch = 2;
export const byAnswer = 3;

/** A call under way, as its caller sees it. */
export interface PendingCall {
  /** The call has its answer, or an error. */
  readonly isSettled: boolean;
  readonly error: Error | null;
  readonly answer: unknown;
  /** Ends the call, because the time is over or the caller has ended. Returns the error to reject with. */
  giveUp(): Error;
}
