/**
 * Bytes of a stream that have come and that nobody has taken yet, in order. Every operation costs as much as the bytes that it is about, also if they came one at
 * a time: large pieces stay where they are, small ones are gathered in blocks.
 */

/** Up to here a piece is copied into a block; larger ones are kept as they are. */
const smallBytes = 512;
/** The first block. The next ones are as large as what is held by then, up to the second figure. */
const firstBlockBytes = 128;
const mostBlockBytes = 4096;
/** A rest that needs less than this part of its memory gets memory of its own. */
const wasteFactor = 4;
/** Below this a loop beats the view that `indexOf` and `set` need. */
const loopBytes = 24;

interface Piece {
  readonly bytes: Uint8Array;
  /** Bytes before it have been taken. */
  start: number;
  end: number;
  /** It is a block: there may be room behind `end`. */
  readonly isBlock: boolean;
  next: Piece | undefined;
}

export class ByteQueue {
  #head: Piece | undefined;
  #tail: Piece | undefined;
  #length = 0;
  /** So many bytes from the front on do not hold the byte that was looked for last. They end in this piece, at this place. */
  #scanned = 0;
  #scanPiece: Piece | undefined;
  #scanAt = 0;
  #scanFor = -1;

  get length(): number {
    return this.#length;
  }

  /** Adds bytes at the end. The queue keeps `bytes` itself: the caller must not use them again. */
  push(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length === 0) return;
    if (length > smallBytes) this.#append({ bytes, start: 0, end: length, isBlock: false, next: undefined });
    else this.#gather(bytes);
    this.#length += length;
  }

  /** Puts a copy of bytes in front of all others. */
  unshift(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const head: Piece = { bytes: Uint8Array.from(bytes), start: 0, end: bytes.length, isBlock: false, next: this.#head };
    this.#head = head;
    this.#tail ??= head;
    this.#length += bytes.length;
    this.#rescan();
  }

  /** The unsigned big-endian number that the first `count` bytes are. There must be so many. */
  peek(count: number): number {
    let value = 0;
    let piece = this.#head!;
    let at = piece.start;
    for (let index = 0; index < count; index += 1) {
      while (at === piece.end) {
        piece = piece.next!;
        at = piece.start;
      }
      value = value * 256 + piece.bytes[at]!;
      at += 1;
    }
    return value;
  }

  /** Where `byte` is first among the first `limit` bytes, or -1. No byte is looked at twice, however often this is asked before bytes are taken. */
  indexOf(byte: number, limit: number): number {
    if (byte !== this.#scanFor) {
      this.#rescan();
      this.#scanFor = byte;
    }
    const end = Math.min(limit, this.#length);
    while (this.#scanned < end) {
      const piece = this.#scanFrom();
      const to = Math.min(piece.end, this.#scanAt + end - this.#scanned);
      const found = place(piece.bytes, byte, this.#scanAt, to);
      const at = found < 0 ? to : found;
      this.#scanned += at - this.#scanAt;
      this.#scanAt = at;
      if (found >= 0) return this.#scanned;
    }
    return -1;
  }

  /** Drops the first `count` bytes. There must be so many. */
  skip(count: number): void {
    this.#consume(count, undefined, 0);
  }

  /** Moves the first `count` bytes to `target`. There must be so many. */
  take(count: number, target: Uint8Array, at: number): void {
    this.#consume(count, target, at);
  }

  /** Bytes that are to be held for some time pin no more memory than a few times their number. */
  trim(): void {
    const head = this.#head;
    if (head === undefined || head.start === 0) return;
    const rest = head.end - head.start;
    if (rest * wasteFactor > head.bytes.buffer.byteLength || head.bytes.length <= firstBlockBytes) return;
    const piece: Piece = { bytes: head.bytes.slice(head.start, head.end), start: 0, end: rest, isBlock: false, next: head.next };
    if (this.#scanPiece === head) this.#scanAt -= head.start;
    if (this.#scanPiece === head) this.#scanPiece = piece;
    if (this.#tail === head) this.#tail = piece;
    this.#head = piece;
  }

  clear(): void {
    this.#head = undefined;
    this.#tail = undefined;
    this.#length = 0;
    this.#rescan();
  }

  #append(piece: Piece): void {
    if (this.#tail === undefined) this.#head = piece;
    else this.#tail.next = piece;
    this.#tail = piece;
  }

  #gather(bytes: Uint8Array): void {
    let tail = this.#tail;
    if (tail === undefined || !tail.isBlock || tail.end + bytes.length > tail.bytes.length) {
      const room = Math.max(firstBlockBytes, bytes.length, Math.min(this.#length, mostBlockBytes));
      tail = { bytes: new Uint8Array(room), start: 0, end: 0, isBlock: true, next: undefined };
      this.#append(tail);
    }
    copy(bytes, 0, bytes.length, tail.bytes, tail.end);
    tail.end += bytes.length;
  }

  #consume(count: number, target: Uint8Array | undefined, at: number): void {
    this.#length -= count;
    this.#rescan();
    for (let left = count, to = at; left > 0; ) {
      const head = this.#head!;
      const part = Math.min(left, head.end - head.start);
      if (target !== undefined) copy(head.bytes, head.start, head.start + part, target, to);
      head.start += part;
      left -= part;
      to += part;
      if (head.start === head.end) this.#dropHead(head);
    }
  }

  #dropHead(head: Piece): void {
    if (head.next === undefined && head.isBlock && head.bytes.length <= smallBytes) {
      // A small block is used again from its beginning: streams of small messages need no other.
      head.start = 0;
      head.end = 0;
      return;
    }
    this.#head = head.next;
    if (this.#head === undefined) this.#tail = undefined;
  }

  #scanFrom(): Piece {
    if (this.#scanPiece === undefined) {
      this.#scanPiece = this.#head!;
      this.#scanAt = this.#scanPiece.start;
    }
    while (this.#scanAt === this.#scanPiece.end) {
      this.#scanPiece = this.#scanPiece.next!;
      this.#scanAt = this.#scanPiece.start;
    }
    return this.#scanPiece;
  }

  #rescan(): void {
    this.#scanned = 0;
    this.#scanPiece = undefined;
  }
}

function place(bytes: Uint8Array, byte: number, from: number, to: number): number {
  if (to - from > loopBytes) {
    const index = bytes.subarray(from, to).indexOf(byte);
    return index < 0 ? -1 : from + index;
  }
  for (let index = from; index < to; index += 1) if (bytes[index] === byte) return index;
  return -1;
}

function copy(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number): void {
  if (to - from > loopBytes) target.set(source.subarray(from, to), at);
  else for (let index = from; index < to; index += 1) target[at + index - from] = source[index]!;
}
