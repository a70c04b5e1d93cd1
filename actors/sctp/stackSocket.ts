/** A socket as its stack knows it: what all parts of an `SctpSocket` that call the stack have in common. */
import type { Handle, SctpStack } from '../../native/contract/sctp.js';

/** Stands for the handle of a socket that the stack has not made yet. No socket of a stack has it. */
export const noHandle: Handle = 0;

export class StackSocket {
  readonly stack: SctpStack;
  /** Set once more at the most, when the stack makes the socket after us (peeled off, accepted). */
  handle: Handle;
  readonly oneToOne: boolean;

  constructor(stack: SctpStack, handle: Handle, oneToOne: boolean) {
    this.stack = stack;
    this.handle = handle;
    this.oneToOne = oneToOne;
  }

  /** Sends of one association wait behind each other. A one-to-one socket has one association, whatever the id says (SD-11). */
  laneOf(assocId: number): number {
    return this.oneToOne ? 0 : assocId;
  }
}
