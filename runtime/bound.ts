/**
 * A limit to what may wait in a mailbox. It concerns what is sent by actors and timers. What the runtime tells an actor (exits, ends, answers to
 * its calls) always gets in, and so does what a socket has read: that stops reading instead. The sender never notices.
 */
import { BadArg } from './errors.js';
import { checkKeys } from './keys.js';
import { Ref } from './pid.js';

export interface MailboxOptions {
  /** So many messages may wait, 1 or more; any number if only `limitBytes` is given. */
  readonly limit?: number;
  /**
   * What sockets deliver may come to so many bytes, 1 or more: then they read no more. They count what they deliver; what actors send has no size
   * that is known. Each socket may have one message there, however large, until four times as much is there.
   */
  readonly limitBytes?: number;
  /**
   * What becomes of one message more than `limit`: 'drop_newest' it is dropped, 'drop_oldest' the oldest that may be dropped is, 'exit' the actor ends
   * with the reason `['mailbox_limit', limit]`. The first unless given.
   */
  readonly policy?: 'drop_newest' | 'drop_oldest' | 'exit';
}

export class Bound {
  readonly limit: number;
  readonly limitBytes: number;
  readonly policy: NonNullable<MailboxOptions['policy']>;
  /** Messages dropped so far. */
  dropped = 0;
  /** Messages have been dropped since the mailbox was last half full: nobody needs to be told again. */
  overflowing = false;

  constructor(options: MailboxOptions) {
    this.limit = options.limit ?? Number.POSITIVE_INFINITY;
    this.limitBytes = options.limitBytes ?? Number.POSITIVE_INFINITY;
    this.policy = options.policy ?? 'drop_newest';
  }
}

const keys = new Set(['limit', 'limitBytes', 'policy'] satisfies (keyof MailboxOptions)[]);

export function checkMailboxOptions(argument: string, options: MailboxOptions): Bound {
  if (typeof options !== 'object' || options === null) throw new BadArg(argument, 'must be an object');
  checkKeys(argument, options, keys);
  const { limit, limitBytes, policy } = options;
  if (limitBytes !== undefined && !isLimit(limitBytes))
    throw new BadArg(`${argument}.limitBytes`, 'must be an integer of 1 or more');
  if (limit === undefined ? limitBytes === undefined : !isLimit(limit))
    throw new BadArg(`${argument}.limit`, 'must be an integer of 1 or more');
  if (policy !== undefined && !['drop_newest', 'drop_oldest', 'exit'].includes(policy))
    throw new BadArg(`${argument}.policy`, "must be 'drop_newest', 'drop_oldest' or 'exit'");
  return new Bound(options);
}

function isLimit(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}

/** What the runtime and its behaviours tell an actor that is one of them. */
export class Internal {}

/**
 * Whether a message may be dropped: it came by `send`, as far as can be seen. Signals, answers, and what ports have read must not be lost, nor requests,
 * for which somebody waits: at the limit they are refused instead.
 */
export function mayDrop(message: unknown): boolean {
  if (!Array.isArray(message)) return !(message instanceof Internal);
  const [tag, second] = message as unknown[];
  if (tag === 'EXIT' || tag === 'DOWN' || tag === '$gen_call' || tag === 'system' || tag instanceof Ref) return false;
  return !(typeof second === 'object' && second !== null && typeof (second as { onExit?: unknown }).onExit === 'function');
}
