/** One direction of a way between two addresses: what is sent arrives after a time, or is lost, as the conditions have it. */
import type { Timer } from '../../../runtime/index.js';
import type { Conditions } from './conditions.js';
import type { Wire } from './wire.js';

/** TCP waits so long, at least, before it sends a segment again (RFC 6298 says 1 s, Linux has 200 ms). */
const retransmissionMs = 200;
const heldBackMs = 10;

interface Underway {
  readonly dueMs: number;
  /** A datagram: it does not wait for a way that is cut. */
  readonly isLoose: boolean;
  readonly arrive: () => void;
}

export class Channel {
  readonly #wire: Wire;
  readonly #from: string;
  readonly #to: string;
  /** In the order of their arrival. */
  readonly #underway: Underway[] = [];
  #timer: Timer | undefined;
  #timerMs = 0;
  #isWoken = false;
  /** When the last byte that was sent has left. */
  #busyUntilMs = 0;
  /** In the middle of a burst of losses. */
  #isLosing = false;
  readonly #step = { run: (): void => this.#run() };

  constructor(wire: Wire, from: string, to: string) {
    this.#wire = wire;
    this.#from = from;
    this.#to = to;
  }

  /** Whether nothing comes through. */
  get isCut(): boolean {
    return this.#wire.isCut(this.#from, this.#to);
  }

  /** The length of the next piece of a stream that has so many bytes to send. */
  pieceOf(bytes: number): number {
    const { pieceBytes, cutsAtRandom } = this.#wire.conditions(this.#from, this.#to);
    return Math.min(bytes, cutsAtRandom ? 1 + this.#wire.randomness.below(pieceBytes) : pieceBytes);
  }

  /** A part of a stream: it arrives behind all parts that were sent before. While the way is cut it waits. */
  send(bytes: number, arrive: () => void): void {
    const wire = this.#wire;
    let dueMs = this.#dueMs(bytes);
    for (let times = 1; times <= 6 && wire.chance(wire.conditions(this.#from, this.#to).loss); times += 1) {
      dueMs += retransmissionMs * 2 ** (times - 1);
    }
    this.#add({ dueMs: Math.max(dueMs, this.#underway.at(-1)?.dueMs ?? 0), isLoose: false, arrive });
  }

  /** A datagram: it may be lost, doubled, overtaken and changed. @param arrive is told whether a bit of it has changed @param mayBeFragmented it gets through, however long it is */
  sendLoose(bytes: number, arrive: (isChanged: boolean) => void, mayBeFragmented = false): void {
    const wire = this.#wire;
    const conditions = wire.conditions(this.#from, this.#to);
    const { duplication, reordering, corruption, mtu } = conditions;
    if (this.isCut || (bytes > mtu && !mayBeFragmented) || this.#loses(conditions) || this.#isFull(bytes, conditions)) return;
    for (let copies = wire.chance(duplication) ? 2 : 1; copies > 0; copies -= 1) {
      const heldMs = wire.chance(reordering) ? wire.randomness.next() * heldBackMs : 0;
      const isChanged = wire.chance(corruption);
      this.#add({ dueMs: this.#dueMs(bytes) + heldMs, isLoose: true, arrive: () => arrive(isChanged) });
    }
  }

  /** Losses come by themselves, or in bursts as of Gilbert: in one of two states everything is lost, and chance leads from one to the other. */
  #loses({ loss, burstPackets }: Conditions): boolean {
    const wire = this.#wire;
    if (burstPackets === 1 || loss === 1) return wire.chance(loss);
    const turns = this.#isLosing ? 1 / burstPackets : loss / (burstPackets * (1 - loss));
    if (wire.chance(Math.min(1, turns))) this.#isLosing = !this.#isLosing;
    return this.#isLosing;
  }

  #isFull(bytes: number, { bytesPerSecond, queueBytes }: Conditions): boolean {
    if (queueBytes === Number.POSITIVE_INFINITY || bytesPerSecond === Number.POSITIVE_INFINITY) return false;
    const waitingBytes = (Math.max(0, this.#busyUntilMs - this.#wire.nowMs) * bytesPerSecond) / 1000;
    return waitingBytes + bytes > queueBytes && waitingBytes > 0;
  }

  #dueMs(bytes: number): number {
    const wire = this.#wire;
    const { latencyMs, jitterMs, bytesPerSecond } = wire.conditions(this.#from, this.#to);
    const leavesMs = Math.max(wire.nowMs, this.#busyUntilMs) + (bytes * 1000) / bytesPerSecond;
    this.#busyUntilMs = leavesMs;
    return leavesMs + latencyMs + (jitterMs > 0 ? wire.randomness.next() * jitterMs : 0);
  }

  #add(packet: Underway): void {
    const index = this.#underway.findLastIndex((other) => other.dueMs <= packet.dueMs);
    this.#underway.splice(index + 1, 0, packet);
    this.#wake();
  }

  #wake(): void {
    const next = this.#underway[0];
    if (next === undefined || this.#isWoken) return;
    const wire = this.#wire;
    const delayMs = next.dueMs - wire.nowMs;
    if (this.#timer !== undefined) {
      if (this.#timerMs <= next.dueMs) return;
      wire.cancel(this.#timer);
      this.#timer = undefined;
    }
    if (delayMs <= 0) {
      this.#isWoken = true;
      wire.soon(this.#step);
      return;
    }
    this.#timerMs = next.dueMs;
    this.#timer = wire.after(delayMs, () => {
      this.#timer = undefined;
      this.#run();
    });
  }

  #run(): void {
    this.#isWoken = false;
    const wire = this.#wire;
    for (let next = this.#underway[0]; next !== undefined && next.dueMs <= wire.nowMs; next = this.#underway[0]) {
      const { isCut } = this;
      if (isCut && !next.isLoose) {
        this.#isWoken = true;
        wire.park(this.#step);
        return;
      }
      this.#underway.shift();
      if (!isCut) next.arrive();
    }
    this.#wake();
  }
}
