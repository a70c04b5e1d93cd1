/**
 * How the addon hands over what has arrived, whatever the transport: records and payloads of many sockets in one batch, and a credit for each socket that
 * says how much of it may come. Numbers and bytes, no actors.
 *
 * Every call of a stack that can fail returns a negative errno (`-os.constants.errno.EPIPE`), never throws for an operating failure, and never calls back
 * into JavaScript while it runs: what has arrived is handed over either by a batch callback of its own or by the return of `drain`.
 */

/** A socket of a stack. Never reused while the environment lives. */
export type Handle = number;

/** Called with the number of records in `BatchSource.meta`. All of them must be consumed before it returns: the memory is used again. */
export type BatchCallback = (records: number) => void;

/** The part of a stack that reads. */
export interface BatchSource {
  /** Records of the present batch: `batchRecord.words` 32-bit words each, laid out as `batchRecord` says, and as the transport's own `record` goes on. */
  readonly meta: Uint32Array;
  /** Payload of the present batch. A source has this or `pages`. */
  readonly slab?: Uint8Array;
  /** The same in several pieces of one size, each a memory of its own. Word `offset` counts through all of them, and no payload lies in two. */
  readonly pages?: readonly Uint8Array[];
  /** Payloads of the present batch that are too large for these. */
  readonly large: Uint8Array[];

  /**
   * How many more items may be delivered, and how many bytes of payload: 0 passive, 0xffffffff no limit. The item that uses up the bytes is delivered
   * whole.
   */
  setCredit(socket: Handle, items: number, bytes: number): void;
  /** Moves what is queued and allowed into a batch at once; the number of records, to be consumed before any other call here but `keepPage`. */
  drain(socket: Handle): number;
  /**
   * While a batch is consumed: one of its pages is the reader's from now on, and `pages` has another one in its place. False: the page is still the source's, because
   * less than half of it is used, or because there is no memory for another one.
   */
  keepPage?(index: number): boolean;
}

/** One whose payloads are always copied. */
export interface SlabSource extends BatchSource {
  readonly slab: Uint8Array;
}

export const unlimitedCredit = 0xffffffff;

/**
 * Word offsets in a record, those that mean the same for every transport; the other words are the transport's. Addresses: word `address` holds IPv4 in host
 * order if `family` is 4, else four words hold IPv6.
 */
export const batchRecord = {
  words: 24,
  socket: 0,
  kind: 1,
  family: 3,
  address: 4,
  scopeId: 8,
  port: 9,
  /** Offset in `slab` or `pages`, or index in `large`: see `where`. */
  offset: 10,
  length: 11,
  where: 12,
} as const;

/** Where the payload of a record is: the values of word `where`. `slab` stands for `pages`, too. */
export const where = { slab: 0, large: 1 } as const;

/** Kinds of records, those that every transport has. */
export const batchKind = {
  data: 0,
  /** There is room again for sends that were refused with EAGAIN. */
  writable: 9,
  /** Somebody has come to a listening socket, whose `accept` had given EAGAIN. */
  acceptable: 13,
} as const;
