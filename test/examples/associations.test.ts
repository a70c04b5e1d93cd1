/** How the examples of protocols take associations and hand them over, over both stacks. A failure ends one association, and not the listener. */
import { type AnySelf, type Pid, type Self, spawnLink, stateMachine, supervisor } from 'mailport';
import { type SctpAssocChange, type SctpOpenOptions, type SctpSocket, sctp } from 'mailport/sctp';
import { expect, test } from 'vitest';
import { setup } from 'xstate';
import { Association, type AssociationEvent, eventReader, type Protocol, serviceChild } from '../../examples/associations.js';
import { type Actors, actors, overStacks, RawPeer } from './peers.js';

const ppid = 77;

/** A protocol of echoes. */
type Said = { readonly type: 'said'; readonly data: Buffer };
const echo: Protocol<Said> = {
  ppid,
  credit: 1,
  read: (data) => ({ type: 'said', data }),
};
const echoEvents = eventReader(echo);

function session(parent: AnySelf, socket: SctpSocket, change: SctpAssocChange): Promise<Pid> {
  return stateMachine.startLink(
    parent,
    (self) => {
      const association = new Association(self.pid, socket, change, echo);
      const more = () => association.more();
      return setup({ types: { events: {} as Said | AssociationEvent } }).createMachine({
        on: {
          'association.yours': { actions: more },
          'association.passive': { actions: more },
          said: { actions: ({ event }) => association.say(event.data) },
        },
      });
    },
    { toEvent: echoEvents },
  );
}

async function service({ system }: Actors<never>, options: SctpOpenOptions, startSession: typeof session): Promise<number> {
  let listening = (_port: number): void => {};
  const port = new Promise<number>((resolve) => {
    listening = resolve;
  });
  const children = [serviceChild({ port: 0, options, startSession, onListening: listening, log: () => undefined })];
  await supervisor.start({ children }, { system });
  return port;
}

overStacks((options) => {
  test('what came before a session had its socket is not lost', async () => {
    const the = actors<never>();
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const port = await service(the, options, async (...args) => {
      await begun;
      return session(...args);
    });
    const peer = await RawPeer.connect(the.main, options, port, ppid);
    for (const text of ['a', 'b', 'c']) await peer.say(Buffer.from(text));
    begin();
    for (const text of ['a', 'b', 'c']) expect(String(await peer.next())).toBe(text);
  });

  test.each<[string, (self: AnySelf) => Pid | Promise<Pid>]>([
    ['cannot be started', () => Promise.reject(new Error('no'))],
    ['has ended before it got its socket', (parent) => spawnLink(parent, () => undefined)],
  ])('a session that %s costs its association, and the next one is served', async (_, failing) => {
    const the = actors<never>();
    let count = 0;
    const port = await service(the, options, async (parent, socket, change) => {
      count += 1;
      return count === 1 ? failing(parent) : session(parent, socket, change);
    });
    expect(await (await RawPeer.connect(the.main, options, port, ppid)).next()).toMatch(/^(shutdown_comp|comm_lost)$/);
    const peer = await RawPeer.connect(the.main, options, port, ppid);
    await peer.say(Buffer.from('hello'));
    expect(String(await peer.next())).toBe('hello');
  });

  test('messages of a socket that was closed are not taken for those of the next one', async () => {
    const the = actors<never>();
    const socket = await sctp.open(the.main as Self<never>, options);
    const message = ['sctp', socket, '127.0.0.1', 1, [[], Buffer.from('late')]];
    expect(echoEvents(message)).toMatchObject({ type: 'said' });
    socket.close();
    expect(echoEvents(message)).toEqual({ type: 'association.other', message });
  });
});
