/** Random programs for the two ends of a connection of TCP: what each end does, step by step, and what the network does meanwhile. */
import type { Active } from '../../../actors/socket/index.js';
import type { LinkConditions } from '../../../actors/testing/index.js';

export type Packet = 0 | 1 | 2 | 4 | 'line';

/** A step of the actor that owns one end. */
export type Step =
  | { readonly do: 'send'; readonly data: string }
  /** Takes some of the messages that have come. */
  | { readonly do: 'receive'; readonly most: number; readonly afterMs: number }
  /** Of a passive socket, when all messages that came before have been taken. */
  | { readonly do: 'recv'; readonly length: number; readonly afterMs: number }
  | { readonly do: 'active'; readonly value: Active }
  | { readonly do: 'packet'; readonly packet: Packet; readonly active: Active | undefined }
  | { readonly do: 'mode'; readonly mode: 'list' | 'binary' }
  | { readonly do: 'unrecv'; readonly data: string }
  | { readonly do: 'handoff'; readonly active: Active | undefined }
  | { readonly do: 'pause'; readonly ms: number }
  /** What no program comes back from. */
  | { readonly do: 'close' | 'die' | 'reset' };

export interface StreamProgram {
  /** Of both ends. */
  readonly options: {
    readonly buffer: number;
    readonly recbuf: number;
    readonly sndbuf: number;
    readonly highWatermark: number;
    readonly packetSize: number;
  };
  readonly scripts: readonly [readonly Step[], readonly Step[]];
  readonly conditions: LinkConditions;
  /** When the way is cut, and for how long, in milliseconds. */
  readonly cuts: readonly (readonly [afterMs: number, forMs: number])[];
  /** Both ends read until the other has ended, so every byte that was sent has to arrive. */
  readonly isGraceful: boolean;
}

/** Bytes in which ends of lines and headers of short packets are frequent, and no header announces more than any mode allows. */
const alphabet = '\0\0\0\x01\x02\x03\n\nA';

export function streamProgram(random: () => number, kind: 'simulated' | 'real'): StreamProgram {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const textOf = (length: number): string => Array.from({ length }, () => alphabet[below(alphabet.length)]).join('');
  const active = (): Active => pick([true, true, false, false, 'once', 1, 2, 3, 10, 0, -1]);
  const time = (): number => (kind === 'real' ? below(2) : pick([0, 1, 5, 50]));
  const data = (): string => textOf(below(10) === 0 ? below(3000) : below(12));
  const step = (): Step => {
    const roll = below(100);
    if (roll < 35) return { do: 'send', data: data() };
    if (roll < 50) return { do: 'receive', most: 1 + below(5), afterMs: time() };
    if (roll < 62) return { do: 'recv', length: below(3) === 0 ? 1 + below(40) : 0, afterMs: time() };
    if (roll < 74) return { do: 'active', value: active() };
    if (roll < 84) return { do: 'packet', packet: pick([0, 0, 1, 2, 4, 'line']), active: below(3) === 0 ? active() : undefined };
    if (roll < 87) return { do: 'mode', mode: pick(['list', 'binary']) };
    if (roll < 91) return { do: 'unrecv', data: textOf(below(8)) };
    if (roll < 96) return { do: 'handoff', active: below(3) === 0 ? active() : undefined };
    return { do: 'pause', ms: time() };
  };
  const isGraceful = below(4) > 0;
  const script = (): Step[] => {
    const steps = Array.from({ length: 4 + below(25) }, step);
    if (!isGraceful && below(2) === 0) steps.splice(below(steps.length + 1), 0, { do: pick(['close', 'die', 'reset'] as const) });
    return steps;
  };
  const share = (value: number): number => (below(3) === 0 ? value : 0);
  return {
    options: {
      buffer: pick([1, 3, 8, 30, 1460]),
      recbuf: pick([1200, 5000, 50_000]),
      sndbuf: pick([2400, 5000, 50_000]),
      highWatermark: pick([0, 100, 8192]),
      // Random bytes announce packets of any length. An announced packet that never comes is an end that the model knows.
      packetSize: 0x7fffffff,
    },
    scripts: [script(), script()],
    conditions: {
      latencyMs: share(7),
      jitterMs: share(5),
      loss: share(0.2),
      ...(below(3) === 0 ? { pieceBytes: pick([1, 2, 7, 100]) } : {}),
      ...(below(4) === 0 ? { bytesPerSecond: 20_000 } : {}),
    },
    cuts: below(4) === 0 ? [[below(20), 1 + below(2000)]] : [],
    isGraceful,
  };
}
