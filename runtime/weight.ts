/**
 * What waits in a mailbox by its weight: a port knows how many bytes it delivers, and an envelope holds the figure until the message is taken. Other
 * messages have no size that is known for nothing; they are counted, not weighed.
 */

/** What a port has in its owner's mailbox, in bytes. */
export class PortBacklog {
  bytes = 0;
}

/** What a mailbox keeps of them. */
export interface MailboxWeight {
  /** Bytes of all messages that wait. */
  bytes: number;
  /** Messages among them that have a weight. */
  weights: number;
}

/** A message that weighs something, in its place in a mailbox. */
export class Weighed {
  readonly message: unknown;
  private readonly mailbox: MailboxWeight;
  private readonly port: PortBacklog;
  private readonly bytes: number;

  constructor(message: unknown, mailbox: MailboxWeight, port: PortBacklog, bytes: number) {
    this.message = message;
    this.mailbox = mailbox;
    this.port = port;
    this.bytes = bytes;
    mailbox.bytes += bytes;
    mailbox.weights += 1;
    port.bytes += bytes;
  }

  /** The message leaves the mailbox. */
  release(): unknown {
    this.mailbox.bytes -= this.bytes;
    this.mailbox.weights -= 1;
    this.port.bytes -= this.bytes;
    return this.message;
  }
}

/** The message in a place of a mailbox. */
export function messageIn(place: unknown): unknown {
  return place instanceof Weighed ? place.message : place;
}

/** The message that leaves a place of a mailbox. */
export function messageOutOf(place: unknown): unknown {
  return place instanceof Weighed ? place.release() : place;
}
