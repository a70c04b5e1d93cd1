/** Rows of the matrix: what arrives, in which order, by which path, and what need not arrive. */
import { expect } from 'vitest';
import type { Arrived, End, Item } from './end.js';
import { byStream, bySum, directions, end, isData, type Meet, numbered, sendAll, withoutNumber } from './meeting.js';

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

export const deliveryRows = {
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
