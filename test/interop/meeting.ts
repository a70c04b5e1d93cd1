/** What a row of the matrix (matrix.ts) is about: two ends that are associated, and a line between them. */
import type { Arrived, End, Item, Offer, Outgoing } from './end.js';

/** What is between two ends. */
export interface Line {
  /** From now on the first path loses everything, and tells nobody. */
  cut(): void;
  /** What has been sent by now is lost for good if the line was cut. From then on everything passes. */
  mend(): Promise<void>;
  /** From now on 1 % is lost, and some packets are overtaken. */
  roughen(): void;
}

/** What a row needs. */
export interface Wish {
  /** Outgoing streams of each end; 10 by default. */
  readonly streams?: number;
  readonly offers?: readonly Offer[];
  /** Addresses of each end, each reached by a path of its own; 1 by default. */
  readonly paths?: 1 | 2;
  /** Whether the row uses the line. */
  readonly line?: boolean;
  /** Send buffer of each end, in bytes; 4 MiB by default. */
  readonly sndbuf?: number;
}

/** Two ends that are associated. */
export interface Meeting {
  readonly ours: End;
  readonly theirs: End;
  readonly line: Line;
}

export type Meet = (wish?: Wish) => Promise<Meeting>;

export const directions = ({ ours, theirs }: Meeting) =>
  [
    { from: ours, to: theirs },
    { from: theirs, to: ours },
  ] as const;

export const numbered = (count: number, make: (index: number) => Outgoing): Outgoing[] =>
  Array.from({ length: count }, (_, index) => make(index));

export async function sendAll(from: End, messages: readonly Outgoing[]): Promise<void> {
  for (const message of messages) await from.send(message);
}

/** Ends an association of which everything has been read, from the first end if that can. */
export async function end(one: End, other: End): Promise<void> {
  const [from, to] = one.canShutDown ? [one, other] : [other, one];
  await from.shutdown();
  await to.event('shutdown_event');
  await Promise.all([to.event('shutdown_comp'), from.event('shutdown_comp')]);
}

export const withoutNumber = ({ ssn: _, ...rest }: Arrived) => rest;
export const bySum = (a: { sum: number }, b: { sum: number }) => a.sum - b.sum;
/** The messages of each stream, in the order in which they came. */
export function byStream(messages: readonly Arrived[]): ReadonlyMap<number, Arrived[]> {
  const streams = new Map<number, Arrived[]>();
  for (const message of messages) {
    const before = streams.get(message.stream);
    if (before === undefined) streams.set(message.stream, [message]);
    else before.push(message);
  }
  return streams;
}

export const isData = (item: Item): item is Arrived => typeof item !== 'string';

/** The next message. Events may come before: what had not been acknowledged when an association ended, or began anew, comes back. */
export async function nextData(at: End): Promise<Arrived> {
  for (;;) {
    const item = await at.item();
    if (isData(item)) return item;
  }
}
