/** One actor takes the messages of another that never waits: the cost of queueing and taking a message. In both styles; the async one with and without `receiveNow`. */
import { makeRef, type Pid, reply, send, spawn, spawnHandler } from 'mailport';
import { type Case, runner } from '../case.js';
import { erlang } from '../yardsticks/erlang.js';
import { nact, xstate } from '../yardsticks/otherActors.js';
import { type Done, inActor, perSecond } from './measuring.js';

const messages = 4_000_000;
/** Messages that the sender sends before it lets others run. Erlang's scheduler stops its sender after about as many. */
const burst = 1_000;

type Drop = readonly ['drop', number];

function handlerSink(whenDone: () => void): Pid<Drop> {
  let left = messages;
  return spawnHandler<Drop>((_message, self) => {
    left -= 1;
    if (left > 0) return;
    whenDone();
    self.exit('normal');
  });
}

function asyncSink(whenDone: () => void): Pid<Drop> {
  return spawn<Drop>(async (self) => {
    for (let left = messages; left > 0; left -= 1) self.receiveNow() ?? (await self.receive());
    whenDone();
  });
}

/** A promise for each message. */
function awaitingSink(whenDone: () => void): Pid<Drop> {
  return spawn<Drop>(async (self) => {
    for (let left = messages; left > 0; left -= 1) await self.receive();
    whenDone();
  });
}

/** Never waits for the sink: a message to itself keeps it going. */
function pour(sink: Pid<Drop>): void {
  let sent = 0;
  const sender = spawnHandler<'on'>((on, self) => {
    for (const end = sent + burst; sent < end; sent += 1) send(sink, ['drop', sent]);
    if (sent < messages) send(self.pid, on);
    else self.exit('normal');
  });
  send(sender, 'on');
}

const flood = (name: string, sink: (whenDone: () => void) => Pid<Drop>, against: Case['against']): Case => ({
  name,
  unit: 'msg/s',
  moreIsBetter: true,
  start: async () =>
    runner(() =>
      inActor(async (self) => {
        const done = makeRef();
        const startedMs = performance.now();
        pour(sink(() => send<Done>(self.pid, [done])));
        await self.receive(reply(done));
        return perSecond(messages, startedMs);
      }),
    ),
  against,
});

export const floodHandler = flood('actor-flood', handlerSink, [
  { yardstick: erlang('flood'), budget: 4 },
  { yardstick: nact('flood'), budget: 1 },
  { yardstick: xstate('flood'), budget: 1 },
]);
export const floodAsync = flood('actor-flood-async', asyncSink, [{ yardstick: erlang('flood'), budget: 4 }]);
export const floodAwait = flood('actor-flood-await', awaitingSink, [{ yardstick: erlang('flood'), budget: 1 }]);
