/** An actor links itself to 10,000 others and ends, which ends them all, and a monitor of each tells of its end: the cost of making and using links. */
import { type Message, reply, type Self, spawn, spawnMonitor } from 'mailport';
import { type Case, runner } from '../case.js';
import { erlang } from '../yardsticks/erlang.js';
import { inActor } from './measuring.js';

const linked = 10_000;
const rounds = 30;

/** Milliseconds that one storm takes. The linked actors wait for a message when it begins. */
async function storm(self: Self<Message>): Promise<number> {
  const others = Array.from({ length: linked }, () => spawnMonitor(self, (other) => other.receive())[0]);
  const [, ref] = spawnMonitor(self, () => undefined);
  await self.receive(reply(ref));
  const startedMs = performance.now();
  spawn((hub) => {
    for (const pid of others) hub.link(pid);
    // A failure would be reported, which is not to be measured.
    hub.exit('shutdown');
  });
  for (let left = linked; left > 0; left -= 1) self.receiveNow() ?? (await self.receive());
  return performance.now() - startedMs;
}

export const linkStorm: Case = {
  name: 'actor-link-storm',
  unit: 'links/s',
  moreIsBetter: true,
  start: async () =>
    runner(() =>
      inActor<number, Message>(async (self) => {
        let tookMs = 0;
        for (let round = 0; round < rounds; round += 1) tookMs += await storm(self);
        return (linked * rounds * 1000) / tookMs;
      }),
    ),
  against: [{ yardstick: erlang('link_storm'), budget: 0.6 }],
};
