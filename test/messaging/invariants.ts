/** What must hold of every step of the model, said without the model's own operators. */
import type { Conn, Outcome, State, Step } from './model.js';

/** The names of the invariants. */
export type Invariant =
  | 'ids smallest free'
  | 'first in, first out'
  | 'no message invented or lost'
  | 'stop exact'
  | 'nothing else changes'
  | 'servers have their connections';

const isCounted = (queue: readonly number[]): boolean => queue.every((message, index) => message === index + 1);
const same = (one: Conn | undefined, other: Conn | undefined): boolean =>
  one === other ||
  (one !== undefined &&
    other !== undefined &&
    one.id === other.id &&
    one.dst === other.dst &&
    one.req.length === other.req.length &&
    one.res.length === other.res.length);

/** Of each queue, by how many messages it grows. */
const growth: { readonly [kind: string]: readonly [req: number, res: number] } = {
  clientSend: [1, 0],
  serverReceive: [-1, 0],
  serverReply: [-1, 1],
  serverHandle: [-1, 1],
  serverSend: [0, 1],
  clientReceive: [0, -1],
  clientReply: [1, -1],
  clientHandle: [1, -1],
};

/** The invariants that a step breaks. */
export function broken(before: State, step: Step, { state: after, delivered }: Outcome): Invariant[] {
  const found: Invariant[] = [];
  const say = (holds: boolean, invariant: Invariant): void => {
    if (!holds && !found.includes(invariant)) found.push(invariant);
  };
  for (const conn of after.conns) {
    if (conn === undefined) continue;
    say(isCounted(conn.req) && isCounted(conn.res), 'first in, first out');
    say(after.servers[conn.dst] === true, 'servers have their connections');
  }
  if (step.kind === 'start' || step.kind === 'stop') {
    const runs = step.kind === 'start';
    say(
      after.servers.every((is, server) => is === (server === step.of ? runs : before.servers[server])),
      'nothing else changes',
    );
  } else
    say(
      after.servers.every((is, server) => is === before.servers[server]),
      'nothing else changes',
    );
  changes(before, step, after, delivered, say);
  return found;
}

type Say = (holds: boolean, invariant: Invariant) => void;

/** What a step does to the connections. */
function changes(before: State, step: Step, after: State, delivered: number | undefined, say: Say): void {
  const { kind, of } = step;
  const ids = [...new Set([...before.conns.keys(), ...after.conns.keys()])].filter(
    (id) => !same(before.conns[id], after.conns[id]),
  );
  if (kind === 'start') say(ids.length === 0, 'nothing else changes');
  else if (kind === 'stop') say(dropsExactly(of, before, after), 'stop exact');
  else if (kind === 'disconnect') say(ids.join() === String(of) && after.conns[of] === undefined, 'nothing else changes');
  else if (kind === 'connect') connects(before, after, ids, say);
  else {
    say(ids.join() === String(of), 'nothing else changes');
    moves(before.conns[of]!, after.conns[of], growth[kind]!, delivered, say);
  }
}

/** Whether the connections of a server are gone, and all others are as they were. */
function dropsExactly(server: number, before: State, after: State): boolean {
  return before.conns.every((conn, id) => (conn?.dst === server ? after.conns[id] === undefined : same(conn, after.conns[id])));
}

function connects(before: State, after: State, ids: readonly number[], say: Say): void {
  let free = 1;
  while (before.conns[free] !== undefined) free += 1;
  const made = after.conns[free];
  say(ids.join() === String(free) && made?.id === free, 'ids smallest free');
  say(made === undefined || made.req.length + made.res.length === 0, 'no message invented or lost');
}

function moves(
  one: Conn,
  other: Conn | undefined,
  [req, res]: readonly [req: number, res: number],
  delivered: number | undefined,
  say: Say,
): void {
  const isMoved = other !== undefined && other.req.length - one.req.length === req && other.res.length - one.res.length === res;
  say(isMoved, 'no message invented or lost');
  if (Math.min(req, res) < 0) say(delivered === 1, 'first in, first out');
}
