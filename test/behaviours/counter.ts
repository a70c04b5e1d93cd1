/** A generic server for tests that look into one from outside. */
import { genServer, type NoReply, type Pid, replyTo, type ServerMessage } from 'mailport';
import type { TestSystem } from '../runtime/testSystem.js';

export type Counter = Pid<ServerMessage<'get' | 'later', number, number, string>>;

/** Adds each number that is cast to its state, which is a number. Any other message sets the state to its own length. */
export function counter({ system }: TestSystem, options: { trapExit?: boolean; name?: string } = {}): Promise<Counter> {
  return genServer.start<number, 'get' | 'later', number, number, string>(
    {
      init: () => ['ok', 0],
      handleCall: (request, from, count) => {
        if (request === 'get') return ['reply', count, count];
        replyTo(from, count);
        return ['noreply', count];
      },
      handleCast: (number, count): NoReply<number> => ['noreply', count + number],
      handleInfo: (text, _count): NoReply<number> => ['noreply', text.length],
    },
    { system, ...options },
  );
}
