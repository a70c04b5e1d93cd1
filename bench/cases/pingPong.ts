/** Two actors of one process, one message under way at a time: the cost of waking an actor. In both styles. */
import { makeRef, type Pid, reply, send, spawn, spawnHandler } from 'mailport';
import { type Case, runner } from '../case.js';
import { barePromises } from '../yardsticks/barePromises.js';
import { erlang } from '../yardsticks/erlang.js';
import { nact, xstate } from '../yardsticks/otherActors.js';
import { type Done, inActor, perSecond } from './measuring.js';

const messages = 2_000_000;

type Ping = readonly ['ping', Pid<Pong>] | readonly ['stop'];
type Pong = readonly ['pong'];

function handlers(whenDone: () => void): void {
  const pong = spawnHandler<Ping>((message, self) => {
    if (message[0] === 'stop') self.exit('normal');
    else send(message[1], ['pong']);
  });
  spawnHandler<Pong>({
    init: (self) => {
      let left = messages / 2;
      send(pong, ['ping', self.pid]);
      return () => {
        left -= 1;
        if (left > 0) {
          send(pong, ['ping', self.pid]);
          return;
        }
        send(pong, ['stop']);
        whenDone();
        self.exit('normal');
      };
    },
  });
}

function asyncFunctions(whenDone: () => void): void {
  const pong = spawn<Ping>(async (self) => {
    for (;;) {
      const message = await self.receive();
      if (message[0] === 'stop') return;
      send(message[1], ['pong']);
    }
  });
  spawn<Pong>(async (self) => {
    for (let left = messages / 2; left > 0; left -= 1) {
      send(pong, ['ping', self.pid]);
      await self.receive();
    }
    send(pong, ['stop']);
    whenDone();
  });
}

const pingPong = (name: string, run: (whenDone: () => void) => void, against: Case['against']): Case => ({
  name,
  unit: 'msg/s',
  moreIsBetter: true,
  start: async () =>
    runner(() =>
      inActor(async (self) => {
        const done = makeRef();
        const startedMs = performance.now();
        run(() => send<Done>(self.pid, [done]));
        await self.receive(reply(done));
        return perSecond(messages, startedMs);
      }),
    ),
  against,
});

export const pingPongHandlers = pingPong('actor-pingpong', handlers, [
  { yardstick: erlang('ping_pong'), budget: 2 },
  { yardstick: nact('ping_pong'), budget: 1 },
  { yardstick: xstate('ping_pong'), budget: 1 },
]);
/** Bare promises are less than twice as fast as Erlang, so the most that can be wanted of actors is half of that. */
export const pingPongAsync = pingPong('actor-pingpong-async', asyncFunctions, [
  { yardstick: erlang('ping_pong'), budget: 0.8 },
  { yardstick: barePromises, budget: 0.5 },
]);
