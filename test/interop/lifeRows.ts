/** Rows of the matrix: what changes while an association is there, and how it ends. */
import { expect } from 'vitest';
import type { End } from './end.js';
import { directions, end, isData, type Meet, nextData, numbered, sendAll, withoutNumber } from './meeting.js';

export const lifeRows = {
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
} as const satisfies Readonly<Record<string, (meet: Meet) => Promise<void>>>;
