/** The matrix: what has to hold between our engine and every other stack. Each row is one promise; who the ends are and what carries their packets is the caller's affair. */
import { expect, test } from 'vitest';
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

const directions = ({ ours, theirs }: Meeting) =>
  [
    { from: ours, to: theirs },
    { from: theirs, to: ours },
  ] as const;

const numbered = (count: number, make: (index: number) => Outgoing): Outgoing[] =>
  Array.from({ length: count }, (_, index) => make(index));

async function sendAll(from: End, messages: readonly Outgoing[]): Promise<void> {
  for (const message of messages) await from.send(message);
}

/** Ends an association of which everything has been read, from the first end if that can. */
async function end(one: End, other: End): Promise<void> {
  const [from, to] = one.canShutDown ? [one, other] : [other, one];
  await from.shutdown();
  await to.event('shutdown_event');
  await Promise.all([to.event('shutdown_comp'), from.event('shutdown_comp')]);
}

const withoutNumber = ({ ssn: _, ...rest }: Arrived) => rest;
const bySum = (a: { sum: number }, b: { sum: number }) => a.sum - b.sum;
/** The messages of each stream, in the order in which they came. */
function byStream(messages: readonly Arrived[]): ReadonlyMap<number, Arrived[]> {
  const streams = new Map<number, Arrived[]>();
  for (const message of messages) {
    const before = streams.get(message.stream);
    if (before === undefined) streams.set(message.stream, [message]);
    else before.push(message);
  }
  return streams;
}

const isData = (item: Item): item is Arrived => typeof item !== 'string';

/** The next message. Events may come before: what had not been acknowledged when an association ended, or began anew, comes back. */
async function nextData(at: End): Promise<Arrived> {
  for (;;) {
    const item = await at.item();
    if (isData(item)) return item;
  }
}

/** In each direction a message that is given up on a cut line, and one that is not: the latter arrives alone, and the sender is told of the former. */
async function givenUp(meet: Meet, limit: readonly ['ttl' | 'rtx', number]): Promise<void> {
  const meeting = await meet({ line: true });
  for (const { from, to } of directions(meeting)) {
    const [given, kept] = [
      { stream: 1, bytes: 500, seed: 1, ppid: 7, limit },
      { stream: 1, bytes: 500, seed: 2, ppid: 8 },
    ];
    meeting.line.cut();
    await from.send(given);
    await from.send(kept);
    if (from.tellsOfGivenUp) await from.event('send_failed 1 7');
    await meeting.line.mend();
    expect(withoutNumber(await to.data())).toEqual(to.expects(kept));
  }
  await end(meeting.ours, meeting.theirs);
}

const rowList = {
  'messages of 64 bytes to 1 MiB arrive whole, each way': async (meet: Meet) => {
    const meeting = await meet();
    const sent = [64, 1024, 16_384, 65_536, 262_144, 1_048_576].map((bytes, seed) => ({
      stream: seed % 3,
      bytes,
      seed,
      ppid: 46,
    }));
    for (const { from, to } of directions(meeting)) {
      for (const message of sent) {
        await from.send(message);
        expect(withoutNumber(await to.data())).toEqual(to.expects(message));
      }
    }
    await end(meeting.ours, meeting.theirs);
  },

  'unordered messages arrive once, each way': async (meet: Meet) => {
    const meeting = await meet();
    const sent = numbered(200, (seed) => ({ stream: seed % 5, bytes: 100 + seed * 40, seed, unordered: true }));
    for (const { from, to } of directions(meeting)) {
      const [arrived] = await Promise.all([to.messages(sent.length), sendAll(from, sent)]);
      expect(arrived.map(withoutNumber).sort(bySum)).toEqual(sent.map((message) => to.expects(message)).sort(bySum));
    }
    await end(meeting.theirs, meeting.ours);
  },

  'hundreds of streams each keep their order, each way': async (meet: Meet) => {
    const streams = 250;
    const meeting = await meet({ streams });
    const sent = numbered(streams * 3, (seed) => ({ stream: (seed * 7) % streams, bytes: 50 + (seed % 90), seed }));
    for (const { from, to } of directions(meeting)) {
      const expected = byStream(sent.map((message, index) => to.expects(message, Math.floor(index / streams))));
      const [arrived] = await Promise.all([to.messages(sent.length), sendAll(from, sent)]);
      expect(byStream(arrived)).toEqual(expected);
    }
    await end(meeting.ours, meeting.theirs);
  },

  'the primary path is cut under load: everything arrives once and in order by the other, and the path comes back': async (
    meet: Meet,
  ) => {
    const { ours, theirs, line } = await meet({ paths: 2, line: true });
    await Promise.all([ours.until(`addr_confirmed ${theirs.addresses[1]}`), theirs.until(`addr_confirmed ${ours.addresses[1]}`)]);
    const sent = numbered(300, (seed) => ({ stream: 0, bytes: 1000, seed }));
    const sending = async (from: End, cuts: boolean) => {
      for (const [index, message] of sent.entries()) {
        if (cuts && index === 100) line.cut();
        await from.send(message);
      }
    };
    const until = async (at: End, peer: End): Promise<void> => {
      const items: Item[] = [];
      const unreachable = `addr_unreachable ${peer.addresses[0]}`;
      while (items.filter(isData).length < sent.length || !items.includes(unreachable)) items.push(await at.item());
      expect(items.filter(isData)).toEqual(sent.map((message, ssn) => at.expects(message, ssn)));
    };
    await Promise.all([sending(ours, true), sending(theirs, false), until(ours, theirs), until(theirs, ours)]);
    await line.mend();
    await Promise.all([ours.until(`addr_available ${theirs.addresses[0]}`), theirs.until(`addr_available ${ours.addresses[0]}`)]);
    await end(ours, theirs);
  },

  'a message whose lifetime is over is given up, and the rest arrives, each way (RFC 3758)': (meet: Meet) =>
    givenUp(meet, ['ttl', 1]),

  'a message that may not be sent again is given up, and the rest arrives, each way (RFC 7496)': (meet: Meet) =>
    givenUp(meet, ['rtx', 0]),

  'without room, less important messages of ours are given up for one of more, and the rest arrives (RFC 7496)': async (
    meet: Meet,
  ) => {
    const { ours, theirs, line } = await meet({ line: true, sndbuf: 20_000 });
    line.cut();
    const bytes = 900;
    // They need more room than there is.
    const all = numbered(40, (seed) => ({ stream: 1, bytes, seed, ppid: seed, limit: ['prio', 100 - seed] as const }));
    await sendAll(ours, all);
    await line.mend();
    await ours.send({ stream: 0, bytes, seed: 99 });
    const arrived: Arrived[] = [];
    while (arrived.at(-1)?.stream !== 0) arrived.push(await theirs.data());
    await ours.shutdown();
    const failed = (await ours.until('shutdown_comp')).map((item) => Number(/^send_failed 1 (\d+)$/.exec(String(item))?.[1]));
    expect(failed.length).toBeGreaterThan(10);
    const kept = all.filter(({ seed }) => !failed.includes(seed));
    const last = { stream: 0, bytes, seed: 99 };
    expect(arrived.map(withoutNumber).sort(bySum)).toEqual([...kept, last].map((message) => theirs.expects(message)).sort(bySum));
    await theirs.event('shutdown_event');
    await theirs.event('shutdown_comp');
  },

  'a short message passes a long one that has begun, each way (I-DATA, RFC 8260)': async (meet: Meet) => {
    const meeting = await meet({ offers: ['idata'] });
    const [long, short] = [
      { stream: 1, bytes: 1_048_576, seed: 1 },
      { stream: 2, bytes: 64, seed: 2, ppid: 3 },
    ];
    for (const { from, to } of directions(meeting)) {
      const arriveBoth = to.messages(2);
      await from.send(long);
      await from.send(short);
      expect((await arriveBoth).map(withoutNumber)).toEqual([to.expects(short), to.expects(long)]);
    }
    await end(meeting.ours, meeting.theirs);
  },

  'streams begin anew and are added, asked for by either end (RFC 6525)': async (meet: Meet) => {
    const meeting = await meet({ offers: ['reconfig'] });
    let seed = 0;
    const ssnOf = async (from: End, to: End, stream: number): Promise<number | undefined> => {
      seed += 1;
      await from.send({ stream, bytes: 100, seed });
      return (await to.data()).ssn;
    };
    let streams = 10;
    for (const { from: asks, to: answers } of directions(meeting)) {
      const both = (its: string, others: string) => Promise.all([asks.event(its), answers.event(others)]);
      await ssnOf(asks, answers, 1);
      await ssnOf(answers, asks, 1);
      await asks.resetStreams('outgoing', [1]);
      await both('stream_reset outgoing 1', 'stream_reset incoming 1');
      expect(await ssnOf(asks, answers, 1)).toBe(0);
      await asks.resetStreams('incoming', [1]);
      await both('stream_reset incoming 1', 'stream_reset outgoing 1');
      expect(await ssnOf(answers, asks, 1)).toBe(0);
      await asks.addStreams(0, 2);
      await both('stream_change', 'stream_change');
      expect(await ssnOf(asks, answers, streams + 1)).toBe(0);
      await asks.addStreams(2, 0);
      await both('stream_change', 'stream_change');
      expect(await ssnOf(answers, asks, streams + 1)).toBe(0);
      streams += 2;
    }
    await end(meeting.ours, meeting.theirs);
  },

  'messages under a key of both ends arrive, each way (AUTH, RFC 4895)': async (meet: Meet) => {
    const meeting = await meet({ offers: ['auth'] });
    const sent = [64, 1452, 65_536, 262_144].map((bytes, seed) => ({ stream: 0, bytes, seed }));
    for (const { from, to } of directions(meeting)) {
      const [arrived] = await Promise.all([to.messages(sent.length), sendAll(from, sent)]);
      expect(arrived.map(withoutNumber)).toEqual(sent.map((message) => to.expects(message)));
    }
    await end(meeting.ours, meeting.theirs);
  },

  'an address of either end goes, comes back and is preferred (ASCONF, RFC 5061)': async (meet: Meet) => {
    const meeting = await meet({ offers: ['asconf'], paths: 2 });
    const { ours, theirs } = meeting;
    await Promise.all([ours.until(`addr_confirmed ${theirs.addresses[1]}`), theirs.until(`addr_confirmed ${ours.addresses[1]}`)]);
    for (const { from: moves, to: sees } of directions(meeting)) {
      const [first, second] = moves.addresses as readonly [string, string];
      await moves.bindx(second, 'remove');
      await sees.until(`addr_removed ${second}`);
      await moves.bindx(second, 'add');
      await sees.until(`addr_added ${second}`);
      await sees.until(`addr_confirmed ${second}`);
      for (const preferred of [second, first]) {
        await moves.prefer(preferred);
        await sees.until(`addr_made_prim ${preferred}`);
        const message = { stream: 0, bytes: 3000, seed: 1 };
        await sees.send(message);
        expect(withoutNumber(await moves.data())).toEqual(moves.expects(message));
      }
    }
    await end(ours, theirs);
  },

  'an end that has forgotten the association and comes again restarts it, either one (RFC 9260 §5.2.4.1)': async (meet: Meet) => {
    const meeting = await meet({ line: true });
    for (const { from: forgets, to: remembers } of directions(meeting)) {
      const sent = [1, 2].map((seed) => ({ stream: 1, bytes: 1000, seed }));
      await forgets.send(sent[0]!);
      expect(withoutNumber(await remembers.data())).toEqual(remembers.expects(sent[0]!));
      // Its ABORT is lost, and nobody hears of its end.
      meeting.line.cut();
      await forgets.abort();
      await forgets.until('comm_lost');
      await meeting.line.mend();
      await Promise.all([forgets.connect(remembers), remembers.until('restart')]);
      for (const { from, to } of directions(meeting)) {
        await from.send(sent[1]!);
        expect(await nextData(to)).toEqual(to.expects(sent[1]!, 0));
      }
    }
    await end(meeting.ours, meeting.theirs);
  },

  'an abort by either end is comm_lost with its cause at the other (RFC 9260 §3.3.10.12)': async (meet: Meet) => {
    for (const who of [0, 1] as const) {
      const { from, to } = directions(await meet())[who];
      await from.send({ stream: 0, bytes: 100, seed: 1 });
      await to.data();
      await from.abort();
      await to.event(`comm_lost ${from.abortCause}`);
    }
  },

  'a shutdown by either end, with messages under way from both, ends it when all have arrived (RFC 9260 §9.2)': async (
    meet: Meet,
  ) => {
    for (const who of [0, 1] as const) {
      const { from, to } = directions(await meet())[who];
      if (!from.canShutDown) continue;
      const sent = numbered(100, (seed) => ({ stream: 0, bytes: 2000, seed }));
      await Promise.all([sendAll(from, sent), sendAll(to, sent)]);
      await from.shutdown();
      for (const at of [from, to]) {
        const before = await at.until('shutdown_comp');
        expect(before.filter(isData)).toEqual(sent.map((message, ssn) => at.expects(message, ssn)));
        expect(before.includes('shutdown_event')).toBe(at === to);
      }
    }
  },

  'with 1 % loss and packets that are overtaken everything arrives once and in order, both ways at once': async (meet: Meet) => {
    const { ours, theirs, line } = await meet({ line: true });
    line.roughen();
    const sizes = [64, 1000, 1452, 9000, 65_536];
    // usrsctp waits for its timer at most losses, so more of them take long.
    const sent = numbered(40, (seed) => ({ stream: 0, bytes: sizes[seed % sizes.length]!, seed }));
    const expectedAt = (end: End) => sent.map((message, ssn) => end.expects(message, ssn));
    const [atTheirs, atOurs] = await Promise.all([
      theirs.messages(sent.length),
      ours.messages(sent.length),
      sendAll(ours, sent),
      sendAll(theirs, sent),
    ]);
    expect(atTheirs).toEqual(expectedAt(theirs));
    expect(atOurs).toEqual(expectedAt(ours));
    await line.mend();
    await end(ours, theirs);
  },
} as const satisfies Readonly<Record<string, (meet: Meet) => Promise<void>>>;

export type Row = keyof typeof rowList;

/** In the order of docs/interop.md. */
export const rows = Object.keys(rowList) as Row[];

/**
 * Declares a test for each row.
 *
 * @param cannot rows that these ends cannot do, with the reason, which is shown
 */
export function matrix(meet: Meet, cannot: Partial<Record<Row, string>> = {}): void {
  for (const row of rows) {
    const why = cannot[row];
    test(why === undefined ? row : `${row} (skipped: ${why})`, async (context) => {
      if (why !== undefined) context.skip(why);
      await rowList[row](meet);
    });
  }
}
