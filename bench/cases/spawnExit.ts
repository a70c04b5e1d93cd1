/** Actors that do nothing and end, each awaited by its monitor before the next begins. */
import { reply, spawnMonitor } from 'mailport';
import { type Case, runner } from '../case.js';
import { erlang } from '../yardsticks/erlang.js';
import { nact, xstate } from '../yardsticks/otherActors.js';
import { inActor, perSecond } from './measuring.js';

const actors = 500_000;

export const spawnExit: Case = {
  name: 'actor-spawn-exit',
  unit: 'actors/s',
  moreIsBetter: true,
  start: async () =>
    runner(() =>
      inActor(async (self) => {
        const startedMs = performance.now();
        for (let index = 0; index < actors; index += 1) {
          const [, ref] = spawnMonitor(self, () => {});
          await self.receive(reply(ref));
        }
        return perSecond(actors, startedMs);
      }),
    ),
  against: [
    { yardstick: erlang('spawn_exit'), budget: 1 },
    { yardstick: nact('spawn_exit'), budget: 1 },
    { yardstick: xstate('spawn_exit'), budget: 1 },
  ],
};
