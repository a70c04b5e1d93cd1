/**
 * The limit of a mailbox. It holds for messages that actors and timers send. Messages of the runtime (exits, ends of monitored actors, answers) always
 * get in. So does data from sockets, but a socket stops reading when the mailbox is full. The sender is not told of a message that is dropped.
 */
import { BadArg } from './errors.js';
import { checkKeys } from './keys.js';
import { Ref } from './pid.js';

/** The limit of a mailbox, in messages, in bytes, or both. */
export interface MailboxOptions {
  /** How many messages may wait, 1 or more. Any number if only `limitBytes` is given. */
  readonly limit?: number;
  /**
   * How many bytes of data from sockets may wait, 1 or more. At the limit the actor's sockets stop reading. Messages that actors send do not count, since
   * their size is not known. A socket that has nothing in the mailbox may still deliver one message, however large, up to four times the limit in all.
   */
  readonly limitBytes?: number;
  /**
   * What happens when one more message than `limit` comes. 'drop_newest' (the default): that message is dropped. 'drop_oldest': the oldest message that may be
   * dropped makes room. 'exit': the actor ends with the reason `['mailbox_limit', limit]`.
   */
  readonly policy?: 'drop_newest' | 'drop_oldest' | 'exit';
}

export class Bound {
  readonly limit: number;
  readonly limitBytes: number;
  readonly policy: NonNullable<MailboxOptions['policy']>;
  /** How many messages have been dropped so far. */
  dropped = 0;
  /** Observers have been told of the overflow. They are told again only after half of the mailbox has been taken. */
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

/** A message by which the runtime and behaviours talk to their own actors. Such a message is never dropped. */
export class Internal {}

/**
 * Whether a message may be dropped: whether it came by `send`, as far as can be seen. Signals, answers and data from ports must not be lost. Nor must requests,
 * whose callers wait: at the limit a request is refused instead.
 */
export function mayDrop(message: unknown): boolean {
  if (!Array.isArray(message)) return !(message instanceof Internal);
  const [tag, second] = message as unknown[];
  if (tag === 'EXIT' || tag === 'DOWN' || tag === '$gen_call' || tag === 'system' || tag instanceof Ref) return false;
  return !(typeof second === 'object' && second !== null && typeof (second as { onExit?: unknown }).onExit === 'function');
}
