/** An actor for the body of a test, whose sockets close with it. */
import { exit, isAlive, mainActor, type Pid, reply, type Self, spawnMonitor } from 'mailport';
import { afterEach } from 'vitest';

const actors = new Set<Pid<never>>();

// Runs after a test that has run out of time.
afterEach(() => {
  for (const actor of actors) if (isAlive(actor)) exit(actor, 'kill');
  actors.clear();
});

/** Runs a test as an actor. What the body throws is thrown. */
export async function inActor<Message>(body: (self: Self<Message>) => Promise<void>): Promise<void> {
  const [actor, ref] = spawnMonitor<Message>(mainActor(), body);
  actors.add(actor as Pid<never>);
  const down = await mainActor().receive(reply(ref));
  if (down[4] !== 'normal') throw down[4];
}
