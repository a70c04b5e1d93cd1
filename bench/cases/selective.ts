/** An actor receives by tag past 1,000 or 100,000 other messages: the cost of a mailbox that is full of messages nobody asks for. */
import { send, spawn, tag } from 'mailport';
import { type Case, runner } from '../case.js';
import { erlang } from '../yardsticks/erlang.js';
import { perSecond } from './measuring.js';

const messages = 1_000_000;

type Item = readonly ['other', number] | readonly ['wanted', number];

const measure = (unmatched: number) =>
  new Promise<number>((resolve, reject) => {
    spawn<Item>(async (self) => {
      for (let index = 0; index < unmatched; index += 1) send(self.pid, ['other', index]);
      const startedMs = performance.now();
      for (let index = 0; index < messages; index += 1) {
        send(self.pid, ['wanted', index]);
        const [, received] = await self.receive(tag('wanted'));
        if (received !== index) reject(new Error(`expected ${index}, received ${received}`));
      }
      resolve(perSecond(messages, startedMs));
    });
  });

const selectivePast = (name: string, unmatched: number, against: Case['against']): Case => ({
  name,
  unit: 'msg/s',
  moreIsBetter: true,
  start: async () => runner(() => measure(unmatched)),
  against,
});

export const selective = selectivePast('actor-selective', 1_000, [{ yardstick: erlang('selective'), budget: 10 }]);
export const selective100k = selectivePast('actor-selective-100k', 100_000, [
  { yardstick: erlang('selective_100k'), budget: 10 },
]);
