/** Steps of actors that call, and of actors that answer without being behaviours. Counterpart of scenario_calls.erl. */
import { type Call, CallError, type Cast, call, cast, type From, type Name, type Pid, replyTo } from 'mailport';
import { type Actor, Seen } from './actor.js';
import { type Steps, target, value } from './step.js';

type Server = Pid<Call<unknown> | Cast<unknown>> & Name<Call<unknown> | Cast<unknown>>;

const server = (actor: Actor, name: string): Server => target(actor, name) as unknown as Server;

export const calls = {
  call: (actor, to, request, ms) => attempt(() => call(actor.self, server(actor, to), value(actor, request), ms)),
  cast: (actor, to, message) => cast(server(actor, to), value(actor, message), actor.world.system),
  receiveCall: async ({ world, self }, ref) => {
    const isCall = (message: unknown) => Array.isArray(message) && message[0] === '$gen_call';
    const [, from, request] = (await self.receive(isCall)) as Call<unknown>;
    world.named(ref, from);
    return new Seen(request);
  },
  keepFrom: ({ world, from }, ref) => world.named(ref, from),
  replyTo: (actor, ref, answer) => replyTo(value(actor, ref) as From<unknown>, value(actor, answer)),
} satisfies Partial<Steps>;

/** The result of a call, or the reason for which it failed. */
export async function attempt(action: () => Promise<unknown>): Promise<Seen> {
  try {
    return new Seen(await action());
  } catch (error) {
    if (error instanceof CallError) return new Seen(['failed', error.reason]);
    throw error;
  }
}
