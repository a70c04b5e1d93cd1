/** What flow control needs of a transport, and what it gets from one: items, and the end of a stream. */

/** First elements of the messages that a transport's sockets send; `passive` is among `all`. */
export interface MessageTags {
  readonly passive: string;
  readonly all: ReadonlySet<string>;
}

/** The reading side of a transport, as flow control needs it. */
export interface Source {
  /**
   * From now on the transport may offer `items` (0: none) of `bytes` of payload together (Infinity: any number). The item that uses up the bytes may be longer
   * than the rest of them. The credit holds in the middle of a batch, too.
   */
  setCredit(items: number, bytes: number): void;
  /** Has the transport give at once the items that it has and the credit allows, by `deliver` or `offer`. */
  drain(): void;
  /**
   * The transport goes on by itself, in a batch of its own, when a batch is over and the credit has been raised. The owner runs between two batches then, and
   * messages do not grow old in its mailbox.
   */
  readonly goesOn?: boolean;
  /** The weight in a mailbox of one byte of payload, in the form in which messages have it. */
  readonly payloadWeight: number;
  /** The weight in a mailbox of a message of this socket. */
  weigh(message: readonly unknown[]): number;
  /**
   * The next item is to be of exactly so many bytes; 0: as usual, if that item has not come. Needed of transports whose items are pieces of a stream.
   */
  expect?(bytes: number): void;
}

/** The end of a stream. It is told to whoever asks for an item behind the last one: to a `recv`, and to the owner of an active socket. */
export interface StreamEnd {
  /** Why a `recv` fails that meets the end now. */
  readonly reason: string;
  /** What the owner of an active socket is to get now, in order; none of it counts. */
  readonly messages: readonly (readonly unknown[])[];
  /** A `recv` has been told, or the owner. The socket may close itself in this call. */
  told(whom: 'recv' | 'owner'): void;
}

/** An item in the shapes of its two ways out: a message to the owner, or the answer of `recv`. */
export interface Item<Result> {
  /** Its weight in the owner's mailbox. */
  readonly bytes: number;
  readonly message: readonly unknown[];
  readonly result: Result;
}

/** An error of reading, which has its place among the items: a message to the owner that does not count, or the failure of a `recv` (FC-25, RV-12). */
export interface ReadError {
  readonly message: readonly unknown[];
  readonly error: Error;
}
