/** A supervised server under a name, a state machine that makes its callers wait, and a task: no sockets in here. */
import {
  type Asks,
  type Call,
  CallError,
  type Cast,
  call,
  cast,
  defaultSystem,
  type From,
  type GenServer,
  genServer,
  mainActor,
  name,
  replyTo,
  type Self,
  send,
  stateMachine,
  supervisor,
  task,
} from 'mailport';
import { setup } from 'xstate';

type Request = Asks<readonly ['total'], number> | Asks<readonly ['add', number], number>;

/** The name by which others find the server, with the type of the messages that it takes. It stays when another actor becomes the server. */
const till = name<Call<Request, number> | Cast<'crash'>>('till');

const tillServer: GenServer<number, Request, number, 'crash'> = {
  init: () => ['ok', 0],
  handleCall: (request, _from, total) => {
    const sum = request[0] === 'add' ? total + request[1] : total;
    return ['reply', sum, sum];
  },
  handleCast: () => {
    throw 'out of paper';
  },
};

type DoorEvent = { readonly type: 'unlock' } | { readonly type: 'enter'; readonly from: From<string> };

/** A caller that wants to enter while the door is locked gets its answer when the door is open. */
const door = setup({ types: { events: {} as DoorEvent } }).createMachine({
  initial: 'locked',
  states: {
    locked: { on: { unlock: 'open', enter: { actions: stateMachine.postpone } } },
    open: { after: { 60000: 'locked' }, on: { enter: { actions: ({ event }) => replyTo(event.from, 'welcome') } } },
  },
});

const self: Self = mainActor();
await supervisor.startLink(self, {
  children: [{ id: 'till', start: (parent) => genServer.startLink(parent, tillServer, { name: till }) }],
});

console.log('total', await call(self, till, ['add', 5]));
cast(till, 'crash'); // Its supervisor starts another, which has the name and a new state.
console.log('after the crash', await totalOfNext());

const pid = await stateMachine.start(door);
const visitor = task.async(self, (own) => call(own, pid, { type: 'enter' }));
console.log('entered at once:', (await task.yield(self, visitor, 20)) !== undefined);
send(pid, { type: 'unlock' });
console.log(await task.await(self, visitor));

await defaultSystem.stop(); // Ends all of them, in order, and lets Node exit.

/** A call may reach the server that is about to crash, or find no server. */
async function totalOfNext(): Promise<number> {
  for (;;) {
    try {
      return await call(self, till, ['total']);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      console.log('no answer:', error.reason);
    }
  }
}
