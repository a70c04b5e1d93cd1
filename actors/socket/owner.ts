/**
 * The controlling process: who may give a socket away, to whom, which messages go along, and whose end closes it. Pure decisions; `socketPort.ts`
 * carries them out in one synchronous step. Mirrors inet.erl, udp_controlling_process, with its defects repaired (CP-6, CP-15, CP-19).
 */

/** The facts on which a handoff is decided. */
export interface HandoffQuestion {
  readonly isOpen: boolean;
  readonly callerOwns: boolean;
  readonly newOwnerOwns: boolean;
  readonly newOwnerIsAlive: boolean;
  /** The handoff has options: a message for the new owner, or a mode. */
  readonly saysMore: boolean;
}

/** 'transfer': do it; 'unchanged': succeed and do nothing; the rest: fail for that reason with nothing changed. */
export type HandoffDecision = 'transfer' | 'unchanged' | 'closed' | 'not_owner' | 'badarg';

/** Every check comes before anything is touched, in Erlang's order (CP-3, CP-4, CP-5, CP-8). */
export function decideHandoff(question: HandoffQuestion): HandoffDecision {
  if (!question.isOpen) return 'closed';
  if (question.newOwnerOwns && !question.saysMore) return 'unchanged';
  if (!question.callerOwns) return 'not_owner';
  if (!question.newOwnerIsAlive) return 'badarg';
  return 'transfer';
}

/**
 * Whether a mailbox entry is a message that `socket` sent: a tuple of one of the transport's tags with the socket second. All of
 * these move with the socket (CP-11, CP-15); messages of others about the socket stay (CP-16).
 */
export function carriesSocket(message: unknown, socket: object, tags: ReadonlySet<string>): boolean {
  return Array.isArray(message) && message[1] === socket && typeof message[0] === 'string' && tags.has(message[0]);
}

/**
 * Whether an exit signal closes the socket: the owner's end always does, 'normal' too (OW-1); anybody else's only if it is not 'normal',
 * as for any port.
 */
export function exitCloses(fromOwner: boolean, reason: unknown): boolean {
  return fromOwner || reason !== 'normal';
}
