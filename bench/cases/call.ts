/** Request and reply, one under way at a time: by `call` to a genServer, and by hand with a reference, without a monitor of the server. */
import { type Asks, call, exit, genServer, makeRef, type Pid, type Ref, reply, send, spawnHandler } from 'mailport';
import { type Case, runner } from '../case.js';
import { erlang } from '../yardsticks/erlang.js';
import { nact } from '../yardsticks/otherActors.js';
import { inActor, perSecond } from './measuring.js';

const calls = 500_000;

const startCounter = () =>
  genServer.start({
    init: () => ['ok', 0],
    handleCall: ([, number]: Asks<readonly ['add', number], number>, _from, count) => ['reply', count, count + number],
  });

export const callServer: Case = {
  name: 'actor-call',
  unit: 'calls/s',
  moreIsBetter: true,
  start: async () =>
    runner(() =>
      inActor(async (self) => {
        const counter = await startCounter();
        const startedMs = performance.now();
        for (let index = 0; index < calls; index += 1) await call(self, counter, ['add', index]);
        const rate = perSecond(calls, startedMs);
        exit(counter, 'shutdown');
        return rate;
      }),
    ),
  against: [
    { yardstick: erlang('call'), budget: 1 },
    { yardstick: nact('query'), budget: 1 },
  ],
};

type Answer = readonly [Ref, number];
type Request = readonly [Ref, from: Pid<Answer>, number];

export const requestByHand: Case = {
  name: 'actor-request',
  unit: 'calls/s',
  moreIsBetter: true,
  start: async () =>
    runner(() =>
      inActor<number, Answer>(async (self) => {
        const server = spawnHandler<Request>(([ref, from, number]) => send(from, [ref, number]));
        const startedMs = performance.now();
        for (let index = 0; index < calls; index += 1) {
          const ref = makeRef();
          send(server, [ref, self.pid, index]);
          await self.receive(reply(ref));
        }
        const rate = perSecond(calls, startedMs);
        exit(server, 'shutdown');
        return rate;
      }),
    ),
  against: [{ yardstick: erlang('request'), budget: 1 }],
};
