/**
 * The weight of messages from ports. A port knows how many bytes it delivers, and an envelope holds that figure until the message is taken. The size of other
 * messages is not known without effort, so they are counted and not weighed.
 */
/** How many bytes of a port wait in its owner's mailbox. */
export class PortBacklog {
  bytes = 0;
}

/** The totals that a mailbox keeps. */
export interface MailboxWeight {
  /** The bytes of all messages that wait. */
  bytes: number;
  /** How many of the messages that wait have a weight. */
  weights: number;
}

/** The envelope of a message with a weight, in its place in a mailbox. */
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

  /** Takes the message out of its envelope: it leaves the mailbox. */
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

/** The message in a place of a mailbox, which leaves the mailbox. */
export function messageOutOf(place: unknown): unknown {
  return place instanceof Weighed ? place.release() : place;
}
