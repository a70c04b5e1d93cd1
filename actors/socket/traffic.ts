/** Counters of the messages that a socket has sent and received, and the statistics that inet:getstat makes of them (SD-13). */

/** The result of `getstat`. Events count as packets without bytes; each message counts once, however many fragments it took. */
export interface Getstat {
  /** Bytes received. */
  readonly recvOct: number;
  /** Packets received: messages and events. */
  readonly recvCnt: number;
  /** Bytes of the largest. */
  readonly recvMax: number;
  /** Bytes of the average one. */
  readonly recvAvg: number;
  /** How much, in bytes, sizes deviate from the average on average. */
  readonly recvDvi: number;
  /** Bytes that peers make the socket hold at the moment, as `info` tells them. */
  readonly recvPend: number;
  readonly sendOct: number;
  readonly sendCnt: number;
  readonly sendMax: number;
  readonly sendAvg: number;
  /** Bytes that wait for room. */
  readonly sendPend: number;
}

export type StatName = keyof Getstat;

/** One direction. */
export class Traffic {
  count = 0;
  bytes = 0;
  max = 0;
  #deviations = 0;

  add(bytes: number): void {
    this.count += 1;
    this.bytes += bytes;
    if (bytes > this.max) this.max = bytes;
    this.#deviations += Math.abs(bytes - this.bytes / this.count);
  }

  get average(): number {
    return this.count === 0 ? 0 : Math.trunc(this.bytes / this.count);
  }

  get deviation(): number {
    return this.count === 0 ? 0 : Math.trunc(this.#deviations / this.count);
  }
}

/** @param pending bytes that peers make the socket hold, and bytes that wait for room */
export function statistics(received: Traffic, sent: Traffic, pending: { readonly recv: number; readonly send: number }): Getstat {
  return {
    recvOct: received.bytes,
    recvCnt: received.count,
    recvMax: received.max,
    recvAvg: received.average,
    recvDvi: received.deviation,
    recvPend: pending.recv,
    sendOct: sent.bytes,
    sendCnt: sent.count,
    sendMax: sent.max,
    sendAvg: sent.average,
    sendPend: pending.send,
  };
}
