/** Children for tests of supervisors. They note their starts and ends, and end when told. */
import {
  type AnySelf,
  type ChildSpec,
  isAlive,
  type Pid,
  type SupervisorMessage,
  send,
  spawnHandler,
  supervisor,
} from 'mailport';
import { nextTurn, type TestSystem } from '../runtime/testSystem.js';

export interface Nursery {
  /** What children did, in order: `start a`, `end a shutdown`. */
  readonly log: string[];
  /** The actor that each child is at present. */
  readonly pids: Record<string, Pid<string>>;
  /** A child that ends with the reason that it is sent. A `stubborn` one ends only by a kill. */
  child(id: string, spec?: Partial<ChildSpec> & { readonly stubborn?: boolean }): ChildSpec;
  /** Ends a child, and waits until its supervisor has dealt with the end. */
  end(id: string, reason: string, top: Pid<SupervisorMessage>): Promise<void>;
}

export function nursery({ main }: TestSystem): Nursery {
  const log: string[] = [];
  const pids: Record<string, Pid<string>> = {};
  const child: Nursery['child'] = (id, { stubborn = false, ...spec } = {}) => ({
    id,
    start: (self: AnySelf) => {
      log.push(`start ${id}`);
      const pid = spawnHandler<string>(
        {
          init: (me) => {
            me.signal.addEventListener('abort', () => log.push(`end ${id} ${(me.signal.reason as { reason: unknown }).reason}`));
            return (reason) => {
              if (!Array.isArray(reason)) me.exit(reason);
            };
          },
        },
        { link: self, trapExit: stubborn },
      );
      pids[id] = pid;
      return pid;
    },
    ...spec,
  });
  const end: Nursery['end'] = async (id, reason, top) => {
    send(pids[id] as Pid<string>, reason);
    await nextTurn();
    if (!isAlive(top)) return;
    try {
      await supervisor.whichChildren(main, top);
    } catch (error) {
      // On a busy machine the supervisor may still have been at it then, and has ended instead of answering.
      if (isAlive(top)) throw error;
    }
  };
  return { log, pids, child, end };
}
