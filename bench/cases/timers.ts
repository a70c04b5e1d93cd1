/** 100,000 timers at a time: set and cancelled, as those of calls mostly are, or set and waited for. */
import { cancelTimer, sendAfter, type TimerRef } from 'mailport';
import { type Case, runner } from '../case.js';
import { erlang } from '../yardsticks/erlang.js';
import { nodeTimers } from '../yardsticks/nodeTimers.js';
import { inActor, perSecond } from './measuring.js';

const timers = 100_000;
const rounds = 10;

type Tick = readonly ['tick', number];

export const timersCancel: Case = {
  name: 'actor-timers',
  unit: 'timers/s',
  moreIsBetter: true,
  start: async () =>
    runner(() =>
      inActor<number, Tick>(async (self) => {
        const startedMs = performance.now();
        for (let round = 0; round < rounds; round += 1) {
          const set: TimerRef[] = [];
          for (let index = 0; index < timers; index += 1) set.push(sendAfter(self.pid, ['tick', index], 5_000 + (index % 100)));
          for (const timer of set) cancelTimer(timer);
        }
        return perSecond(timers * rounds, startedMs);
      }),
    ),
  against: [
    { yardstick: erlang('timers'), budget: 1 },
    { yardstick: nodeTimers('cancel'), budget: 1 },
  ],
};

export const timersFire: Case = {
  name: 'actor-timers-fire',
  unit: 'timers/s',
  moreIsBetter: true,
  start: async () =>
    runner(() =>
      inActor<number, Tick>(async (self) => {
        const startedMs = performance.now();
        for (let round = 0; round < rounds; round += 1) {
          for (let index = 0; index < timers; index += 1) sendAfter(self.pid, ['tick', index], 1 + (index % 8));
          for (let index = 0; index < timers; index += 1) self.receiveNow() ?? (await self.receive());
        }
        return perSecond(timers * rounds, startedMs);
      }),
    ),
  against: [
    { yardstick: erlang('timers_fire'), budget: 1 },
    { yardstick: nodeTimers('fire'), budget: 1 },
  ],
};
